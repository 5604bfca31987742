#include "tenantd/domain/permission.hpp"

#include "tenantd/base/json.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd {
namespace {

constexpr std::array<std::string_view, kPermissionCount> kPermissionNames = {
#define X(name, text) text,
    TENANTD_PERMISSIONS(X)
#undef X
};

constexpr std::string_view action_of(std::string_view name) { return name.substr(name.find(':') + 1); }

constexpr std::string_view resource_of(std::string_view name) { return name.substr(0, name.find(':')); }

constexpr PermissionSet everything() {
  return permissions_where([](std::string_view) { return true; });
}

constexpr PermissionSet viewer() {
  return permissions_where([](std::string_view name) {
    const auto action = action_of(name);
    return is_business(resource_of(name)) && (action == "read" || action == "download");
  });
}

constexpr PermissionSet member() {
  return viewer()
      .with(Permission::documents_create)
      .with(Permission::stock_create)
      .with(Permission::purchase_requests_create)
      .with(Permission::purchase_requests_update)
      .with(Permission::purchase_requests_submit);
}

// All business data except deletion; purchase requests with approval; people: see, invite, count.
constexpr PermissionSet manager() {
  const auto business = permissions_where(
      [](std::string_view name) { return is_business(resource_of(name)) && action_of(name) != "delete"; });
  return (member() | business)
      .with(Permission::users_read)
      .with(Permission::users_invite)
      .with(Permission::stats_read);
}

constexpr PermissionSet admin() {
  return everything()
      .without(Permission::tenant_billing)
      .without(Permission::tenant_transfer)
      .without(Permission::tenant_delete);
}

constexpr std::array<SystemRole, 5> kSystemRoles = {{
    {"owner", "Everything, with billing, ownership transfer and deletion", everything()},
    {"admin", "Everything but billing, ownership transfer and deletion", admin()},
    {"manager", "Runs projects, inventory and purchasing; invites people", manager()},
    {"member", "Works with projects, stock and purchase requests", member()},
    {"viewer", "Reads business data", viewer()},
}};
static_assert(admin().covers(manager()) && manager().covers(member()) && member().covers(viewer()));

}  // namespace

PermissionSet every_permission() { return everything(); }

std::string_view permission_name(Permission permission) {
  return kPermissionNames[static_cast<std::size_t>(permission)];
}

std::optional<Permission> parse_permission(std::string_view name) {
  for (std::size_t i = 0; i < kPermissionCount; ++i)
    if (kPermissionNames[i] == name) return static_cast<Permission>(i);
  return std::nullopt;
}

PermissionSet parse_permissions(std::string_view comma_separated) {
  PermissionSet set;
  for (const auto name : split(comma_separated, ','))
    if (const auto permission = parse_permission(name)) set = set.with(*permission);
  return set;
}

std::string format_permissions(const PermissionSet& set) {
  std::string out;
  for (const auto name : permission_names(set)) {
    if (!out.empty()) out += ',';
    out += name;
  }
  return out;
}

std::vector<std::string_view> permission_names(const PermissionSet& set) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kPermissionCount; ++i)
    if (set.has(static_cast<Permission>(i))) names.push_back(kPermissionNames[i]);
  return names;
}

void write_json(json::Writer& writer, const PermissionSet& set) { writer.value(permission_names(set)); }

const std::array<SystemRole, 5>& system_roles() { return kSystemRoles; }

const SystemRole* find_system_role(std::string_view name) {
  for (const auto& role : kSystemRoles)
    if (role.name == name) return &role;
  return nullptr;
}

}  // namespace tenantd
