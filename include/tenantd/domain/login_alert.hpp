// Of which sign-ins the account's owner gets a mail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenantd {

// In the order of their strictness, as the database keeps them. A device is a program on a network (/24
// of IPv4, /64 of IPv6); it is new when nobody has signed in with it in 90 days.
enum class LoginAlert : std::int8_t { never = 0, new_device = 1, always = 2 };

// "never", "new_device", "always"; nullopt of nullopt.
std::optional<std::string> login_alert_name(const std::optional<LoginAlert>& alert);
std::optional<LoginAlert> parse_login_alert(std::string_view name);

}  // namespace tenantd
