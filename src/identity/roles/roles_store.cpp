// A role: its field list and what is asked of it beyond a list.
#include "tenantd/identity/roles_store.hpp"

#include "tenantd/domain/permission.hpp"

namespace tenantd::store {
namespace {

using namespace record;

constexpr db::Sql kInUse{
    "role.in_use",
    "SELECT EXISTS (SELECT 1 FROM member WHERE org_id = ? AND role_id = ?) OR EXISTS "
    "(SELECT 1 FROM invite WHERE org_id = ? AND role_id = ? AND status = 0 AND expires_at > ?) OR EXISTS "
    "(SELECT 1 FROM identity_provider WHERE org_id = ? AND default_role_id = ?) OR EXISTS "
    "(SELECT 1 FROM oidc_provider WHERE org_id = ? AND default_role_id = ?) OR EXISTS "
    "(SELECT 1 FROM provider_group WHERE org_id = ? AND role_id = ?) OR EXISTS "
    "(SELECT 1 FROM scim_setup WHERE org_id = ? AND default_role_id = ?) OR EXISTS "
    "(SELECT 1 FROM scim_group_role WHERE org_id = ? AND role_id = ?) OR EXISTS "
    "(SELECT 1 FROM service_account WHERE org_id = ? AND role_id = ?) OR EXISTS "
    "(SELECT 1 FROM approval_threshold WHERE org_id = ? AND role_id = ?)"};

// role.permissions is a VARCHAR(2000): every name, each with its comma, must fit.
constexpr std::size_t kAllPermissions = 0
#define X(name, text) +sizeof text
    TENANTD_PERMISSIONS(X)
#undef X
    ;
static_assert(kAllPermissions <= 2000);

std::string_view fault_of_name(std::string_view name, std::size_t) {
  const bool padded = name.starts_with(' ') || name.ends_with(' ');
  return padded ? "must neither begin nor end with a blank" : "";
}

// Of a system role nothing is stored: the program knows its permissions. The name is read before.
void set_permissions(void* row, const Value& stored) {
  auto& role = *static_cast<Role*>(row);
  const auto* system = find_system_role(role.name);
  if (text_of(stored))
    assign(role.permissions, stored);
  else
    role.permissions = system == nullptr ? PermissionSet{} : system->permissions;
}

constexpr auto kRole = record::record<Role>(
    "role", reference<&Role::org>("org_id").only(kReply | kStored),
    name<&Role::name>("name")
        .length(1, 64)
        .judged_by(fault_of_name)
        .says("No other role of the organization has it, in whatever case")
        .example("auditor"),
    name<&Role::description>("description").length(0, 500).unless_given("").example("Reads what happened"),
    permissions<&Role::permissions>("permissions")
        .range(0, 100)
        .each_length(0, 64)
        .set_by(set_permissions)
        .says("Names of GET /api/v1/permissions that the caller may grant")
        .each_says("resource:action")
        .example("audit:read,events:read"),
    computed<is_system>("system", Kind::flag)
        .says("One of the five that every organization has and nobody changes"),
    refuses("role_name", ErrorCode::conflict, "/name", "another role has it", "Another role has this name"));

}  // namespace

constexpr Resource role_list = resource(kRole, {.path = "/api/v1/roles"});
const Table<Role> role_table{kRole};

bool is_system(const Role& role) { return find_system_role(role.name) != nullptr; }

void refuse_role_name() { refuse(kRole, "role_name"); }

std::vector<Role> list_roles(db::Txn& txn, const TenantScope& scope, std::int64_t limit) {
  return role_table.list(txn, scope, limit);
}

std::optional<Role> lock_role(db::Txn& txn, const TenantScope& scope, RoleId id) {
  return role_table.lock(txn, scope, id.bytes());
}

void update_role(db::Txn& txn, const TenantScope& scope, const Role& role) {
  // Whatever its holders' sessions may do is read anew.
  txn.touch(scope.org());
  role_table.update(txn, scope, role);
}

bool is_role_in_use(db::Txn& txn, const TenantScope& scope, RoleId id, TimePoint now) {
  auto rows = txn.query(kInUse, scope.org(), id, scope.org(), id, now, scope.org(), id, scope.org(), id,
                        scope.org(), id, scope.org(), id, scope.org(), id, scope.org(), id, scope.org(), id);
  rows.next();
  return rows.flag(0);
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& role_resource() {
  static const api::Described made = record::describe_schemas(store::kRole);
  return made;
}

}  // namespace tenantd::modules
