// Webhooks: an organization's receivers of its events, and what becomes of each delivery.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tenantd/base/id.hpp"

namespace tenantd {

using WebhookId = Id<struct WebhookTag>;

// Paused: events that happen meanwhile are not kept for it.
enum class WebhookStatus : std::int8_t { active = 0, paused = 1 };
inline constexpr std::array<std::string_view, 2> kWebhookStatusNames{"active", "paused"};
enum class DeliveryStatus : std::int8_t { pending = 0, delivered = 1, dead = 2 };

std::string_view webhook_status_name(WebhookStatus status);
std::string_view delivery_status_name(DeliveryStatus status);

// Takes the word or the number ("dead", "2"); nullopt for anything else.
std::optional<DeliveryStatus> parse_delivery_status(std::string_view text);

}  // namespace tenantd
