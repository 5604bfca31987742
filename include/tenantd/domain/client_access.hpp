// What an OAuth client was given: scopes (RFC 6749 section 3.3). Those of OpenID Connect tell it who somebody
// is; all others are permissions, and let it act for that person through the API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/domain/permission_set.hpp"

namespace tenantd {

enum class IdentityScope : std::uint8_t { openid = 1, profile = 2, email = 4, offline_access = 8, org = 16 };

struct Scopes {
  std::uint8_t identity = 0;  // bits of IdentityScope
  PermissionSet permissions;

  constexpr bool has(IdentityScope scope) const { return (identity & static_cast<std::uint8_t>(scope)) != 0; }
  constexpr bool empty() const { return identity == 0 && permissions == PermissionSet{}; }
  constexpr bool covers(const Scopes& other) const {
    return (other.identity & ~identity) == 0 && permissions.covers(other.permissions);
  }
  friend constexpr Scopes operator&(const Scopes& a, const Scopes& b) {
    return {static_cast<std::uint8_t>(a.identity & b.identity), a.permissions & b.permissions};
  }
  friend constexpr Scopes operator|(const Scopes& a, const Scopes& b) {
    return {static_cast<std::uint8_t>(a.identity | b.identity), a.permissions | b.permissions};
  }
  friend constexpr bool operator==(const Scopes&, const Scopes&) = default;
};

// True for the name of a scope.
bool is_scope(std::string_view name);
// The scopes that `text` names, with blanks between. nullopt if one of them is none.
std::optional<Scopes> parse_scopes(std::string_view text);
// Their names in one order, with blanks between.
std::string format_scopes(const Scopes& scopes);
std::vector<std::string_view> scope_names(const Scopes& scopes);
// Every scope that there is.
Scopes every_scope();

// A client that acts for an account, by a token that it was given.
struct ClientAccess {
  ClientId id;
  Scopes scopes;
};

}  // namespace tenantd
