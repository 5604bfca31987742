#include "tenantd/domain/role_alias.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tenantd/base/text.hpp"

namespace tenantd {

std::optional<std::string> role_alias(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kAliases{
      {{"tenant_admin", "admin"}, {"project_manager", "manager"}, {"user", "member"}, {"staff", "member"}}};
  const auto typed = ascii_lower(trim(name));
  const auto* found =
      std::find_if(kAliases.begin(), kAliases.end(), [&](const auto& alias) { return alias.first == typed; });
  if (found == kAliases.end()) return std::nullopt;
  return std::string{found->second};
}

}  // namespace tenantd
