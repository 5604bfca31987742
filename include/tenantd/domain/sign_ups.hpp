// Who may make an account, and who an organization: the setting SIGNUP.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenantd {

// In the order of their strictness. invite: an account arises by an invitation, an administrator, a provider
// or an import. closed: the same, and super-admins alone make organizations.
enum class SignUps : std::int8_t { open, invite, closed };

std::optional<SignUps> parse_sign_ups(std::string_view name);

}  // namespace tenantd
