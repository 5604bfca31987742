#include "tenantd/domain/webhook.hpp"

#include <stdexcept>

namespace tenantd {
namespace {

template <class Status>
std::optional<Status> parse(std::string_view text, std::string_view (*name)(Status), int count) {
  for (int i = 0; i < count; ++i) {
    const auto status = static_cast<Status>(i);
    if (text == name(status) || (text.size() == 1 && text[0] == '0' + i)) return status;
  }
  return std::nullopt;
}

}  // namespace

std::string_view webhook_status_name(WebhookStatus status) {
  switch (status) {
    case WebhookStatus::active: return "active";
    case WebhookStatus::paused: return "paused";
  }
  throw std::logic_error("no such webhook status");
}

std::string_view delivery_status_name(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::pending: return "pending";
    case DeliveryStatus::delivered: return "delivered";
    case DeliveryStatus::dead: return "dead";
  }
  throw std::logic_error("no such delivery status");
}

std::optional<WebhookStatus> parse_webhook_status(std::string_view text) {
  return parse<WebhookStatus>(text, webhook_status_name, 2);
}

std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) {
  return parse<DeliveryStatus>(text, delivery_status_name, 3);
}

}  // namespace tenantd
