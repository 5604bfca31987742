#include "tenantd/domain/client_access.hpp"

#include <array>
#include <utility>

#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

constexpr std::array<std::pair<std::string_view, IdentityScope>, 5> kIdentityScopes = {
    {{"openid", IdentityScope::openid},
     {"profile", IdentityScope::profile},
     {"email", IdentityScope::email},
     {"offline_access", IdentityScope::offline_access},
     {"org", IdentityScope::org}}};

bool add_scope(Scopes& scopes, std::string_view name) {
  for (const auto& [text, scope] : kIdentityScopes)
    if (text == name) {
      scopes.identity |= static_cast<std::uint8_t>(scope);
      return true;
    }
  const auto permission = parse_permission(name);
  if (permission) scopes.permissions = scopes.permissions.with(*permission);
  return permission.has_value();
}

}  // namespace

bool is_scope(std::string_view name) {
  Scopes scopes;
  return add_scope(scopes, name);
}

std::optional<Scopes> parse_scopes(std::string_view text) {
  Scopes scopes;
  for (const auto name : split(text, ' '))
    if (!name.empty() && !add_scope(scopes, name)) return std::nullopt;
  return scopes;
}

std::vector<std::string_view> scope_names(const Scopes& scopes) {
  std::vector<std::string_view> names;
  for (const auto& [text, scope] : kIdentityScopes)
    if (scopes.has(scope)) names.push_back(text);
  for (const auto name : permission_names(scopes.permissions)) names.push_back(name);
  return names;
}

std::string format_scopes(const Scopes& scopes) {
  std::string text;
  for (const auto name : scope_names(scopes)) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

Scopes every_scope() {
  Scopes scopes{0, every_permission()};
  for (const auto& each : kIdentityScopes) scopes.identity |= static_cast<std::uint8_t>(each.second);
  return scopes;
}

}  // namespace tenantd
