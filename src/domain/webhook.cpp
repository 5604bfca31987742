#include "tenantd/domain/webhook.hpp"

#include <string>

namespace tenantd {
namespace {

constexpr std::array<std::string_view, 3> kDeliveryStatusNames{"pending", "delivered", "dead"};

}  // namespace

std::string_view webhook_status_name(WebhookStatus status) {
  return kWebhookStatusNames.at(static_cast<std::size_t>(status));
}

std::string_view delivery_status_name(DeliveryStatus status) {
  return kDeliveryStatusNames.at(static_cast<std::size_t>(status));
}

std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) {
  for (std::size_t i = 0; i < kDeliveryStatusNames.size(); ++i)
    if (text == kDeliveryStatusNames.at(i) || text == std::to_string(i))
      return static_cast<DeliveryStatus>(i);
  return std::nullopt;
}

}  // namespace tenantd
