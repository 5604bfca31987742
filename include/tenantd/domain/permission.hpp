// Permissions and the five system roles: the one table of who may do what (role-based access control, NIST
// RBAC).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/domain/resources.hpp"

namespace tenantd::json {
class Writer;
}

namespace tenantd {

#define TENANTD_RESOURCE_PERMISSIONS(X, one, many) \
  X(many##_create, #many ":create")                \
  X(many##_read, #many ":read")                    \
  X(many##_update, #many ":update")                \
  X(many##_delete, #many ":delete")

// X(enumerator, "resource:action"). Names are stored in custom roles: renaming one needs a migration.
#define TENANTD_PERMISSIONS(X)                              \
  X(users_create, "users:create")                           \
  X(users_read, "users:read")                               \
  X(users_update, "users:update")                           \
  X(users_delete, "users:delete")                           \
  X(users_invite, "users:invite")                           \
  X(roles_create, "roles:create")                           \
  X(roles_read, "roles:read")                               \
  X(roles_update, "roles:update")                           \
  X(roles_delete, "roles:delete")                           \
  X(roles_assign, "roles:assign")                           \
  X(tenant_manage, "tenant:manage")                         \
  X(tenant_billing, "tenant:billing")                       \
  X(tenant_transfer, "tenant:transfer")                     \
  X(tenant_delete, "tenant:delete")                         \
  X(projects_create, "projects:create")                     \
  X(projects_read, "projects:read")                         \
  X(projects_update, "projects:update")                     \
  X(projects_delete, "projects:delete")                     \
  X(documents_create, "documents:create")                   \
  X(documents_read, "documents:read")                       \
  X(documents_update, "documents:update")                   \
  X(documents_delete, "documents:delete")                   \
  X(documents_download, "documents:download")               \
  X(products_create, "products:create")                     \
  X(products_read, "products:read")                         \
  X(products_update, "products:update")                     \
  X(products_delete, "products:delete")                     \
  TENANTD_RESOURCES(TENANTD_RESOURCE_PERMISSIONS, X)        \
  X(stock_create, "stock:create")                           \
  X(stock_read, "stock:read")                               \
  X(purchase_requests_create, "purchase_requests:create")   \
  X(purchase_requests_read, "purchase_requests:read")       \
  X(purchase_requests_update, "purchase_requests:update")   \
  X(purchase_requests_submit, "purchase_requests:submit")   \
  X(purchase_requests_approve, "purchase_requests:approve") \
  X(audit_read, "audit:read")                               \
  X(events_read, "events:read")                             \
  X(stats_read, "stats:read")                               \
  X(webhooks_manage, "webhooks:manage")                     \
  X(api_keys_manage, "api_keys:manage")                     \
  X(identity_providers_manage, "identity_providers:manage")

enum class Permission : std::uint8_t {
#define X(name, text) name,
  TENANTD_PERMISSIONS(X)
#undef X
};

// What the rows of a described list ask for.
struct Rights {
  Permission create, read, update, remove;
};
namespace rights {
#define TENANTD_RIGHTS(X, one, many)                                               \
  inline constexpr Rights many{Permission::many##_create, Permission::many##_read, \
                               Permission::many##_update, Permission::many##_delete};
TENANTD_RESOURCES(TENANTD_RIGHTS, )
#undef TENANTD_RIGHTS
}  // namespace rights

inline constexpr std::size_t kPermissionCount = 0
#define X(name, text) +1
    TENANTD_PERMISSIONS(X)
#undef X
    ;

std::string_view permission_name(Permission permission);
std::optional<Permission> parse_permission(std::string_view name);

class PermissionSet {
 public:
  static constexpr std::size_t kCapacity = 256;
  using Words = std::array<std::uint64_t, kCapacity / 64>;

  constexpr PermissionSet() = default;
  // As words() gave them: permission p is bit p % 64 of word p / 64.
  explicit constexpr PermissionSet(const Words& words) : words_(words) {}

  constexpr bool has(Permission p) const { return (words_[word(p)] & bit(p)) != 0; }
  constexpr PermissionSet with(Permission p) const {
    auto more = *this;
    return more.words_[word(p)] |= bit(p), more;
  }
  constexpr PermissionSet without(Permission p) const { return without(PermissionSet{}.with(p)); }
  constexpr PermissionSet without(const PermissionSet& other) const {
    return each(other, [](std::uint64_t mine, std::uint64_t others) { return mine & ~others; });
  }
  // True if every permission of `other` is held here: a holder may grant `other`, and may act on its holders.
  constexpr bool covers(const PermissionSet& other) const { return other.without(*this) == PermissionSet{}; }
  constexpr const Words& words() const { return words_; }

  friend constexpr PermissionSet operator|(const PermissionSet& a, const PermissionSet& b) {
    return a.each(b, [](std::uint64_t mine, std::uint64_t others) { return mine | others; });
  }
  friend constexpr PermissionSet operator&(const PermissionSet& a, const PermissionSet& b) {
    return a.each(b, [](std::uint64_t mine, std::uint64_t others) { return mine & others; });
  }
  friend constexpr bool operator==(const PermissionSet&, const PermissionSet&) = default;

 private:
  static constexpr std::size_t word(Permission p) { return static_cast<std::size_t>(p) / 64; }
  static constexpr std::uint64_t bit(Permission p) {
    return std::uint64_t{1} << (static_cast<unsigned>(p) % 64);
  }
  template <class Joins>
  constexpr PermissionSet each(const PermissionSet& other, Joins joined) const {
    PermissionSet result;
    for (std::size_t i = 0; i < words_.size(); ++i) result.words_[i] = joined(words_[i], other.words_[i]);
    return result;
  }

  Words words_{};
};
static_assert(kPermissionCount <= PermissionSet::kCapacity);

constexpr PermissionSet every_permission() {
  PermissionSet all;
  for (std::size_t i = 0; i < kPermissionCount; ++i) all = all.with(static_cast<Permission>(i));
  return all;
}

// Comma-separated names, as custom roles store them. Unknown names are skipped: they grant nothing.
PermissionSet parse_permissions(std::string_view comma_separated);
std::string format_permissions(const PermissionSet& set);
std::vector<std::string_view> permission_names(const PermissionSet& set);
// An array of names.
void write_json(json::Writer& writer, const PermissionSet& set);

struct SystemRole {
  std::string_view name;
  std::string_view description;
  PermissionSet permissions;
};

inline constexpr std::string_view kOwnerRole = "owner";
inline constexpr std::string_view kDefaultInviteRole = "member";

// owner, admin, manager, member, viewer: every organization is made with these.
const std::array<SystemRole, 5>& system_roles();
const SystemRole* find_system_role(std::string_view name);

}  // namespace tenantd
