#include "tenantd/domain/login_alert.hpp"

#include <algorithm>
#include <array>

namespace tenantd {
namespace {

constexpr std::array<std::string_view, 3> kAlertNames{"never", "new_device", "always"};

}  // namespace

std::optional<std::string> login_alert_name(const std::optional<LoginAlert>& alert) {
  if (!alert) return std::nullopt;
  return std::string{kAlertNames.at(static_cast<std::size_t>(*alert))};
}

std::optional<LoginAlert> parse_login_alert(std::string_view name) {
  const auto found = std::find(kAlertNames.begin(), kAlertNames.end(), name);
  if (found == kAlertNames.end()) return std::nullopt;
  return static_cast<LoginAlert>(found - kAlertNames.begin());
}

}  // namespace tenantd
