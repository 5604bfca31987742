#include <criterion/criterion.h>

#include <bit>
#include <set>
#include <string>

#include "support/check.hpp"
#include "tenantd/domain/permission.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

PermissionSet of(std::string_view role) {
  const auto* found = find_system_role(role);
  require(found != nullptr, "no role " + std::string{role});
  return found->permissions;
}

PermissionSet everything() {
  PermissionSet set;
  for (std::size_t i = 0; i < kPermissionCount; ++i) set = set.with(static_cast<Permission>(i));
  return set;
}

std::string action_of(std::string_view name) { return std::string{name.substr(name.find(':') + 1)}; }

}  // namespace

Test(permission, names_are_resource_and_action_and_unique) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPermissionCount; ++i) {
    const auto name = permission_name(static_cast<Permission>(i));
    const auto colon = name.find(':');
    require(colon != std::string_view::npos && colon > 0 && colon + 1 < name.size(), std::string{name});
    require_equal(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_:"), std::string_view::npos,
                  std::string{name});
    require_equal(name.rfind(':'), colon, std::string{name});
    require(names.insert(name).second, "twice: " + std::string{name});
  }
}

Test(permission, each_name_is_parsed_back) {
  for (std::size_t i = 0; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    require(parse_permission(permission_name(permission)) == permission,
            std::string{permission_name(permission)});
  }
}

Test(permission, an_unknown_name_is_no_permission) {
  for (const char* name : {"", "users", "users:", ":read", "users:*", "*", "Users:Read", " users:read",
                           "users:read ", "users:read,users:create", "users:reads"})
    require(!parse_permission(name), name);
}

Test(permission, a_set_is_written_and_read_back) {
  for (std::size_t i = 0; i < kPermissionCount; ++i) {
    const auto one = PermissionSet{}.with(static_cast<Permission>(i));
    require(parse_permissions(format_permissions(one)) == one, "one");
    const auto rest = everything().without(static_cast<Permission>(i));
    require(parse_permissions(format_permissions(rest)) == rest, "all but one");
  }
  require_equal(format_permissions({}), "");
  require(parse_permissions("") == PermissionSet{}, "empty");
  require_equal(format_permissions(parse_permissions("users:read,users:create")), "users:create,users:read");
}

Test(permission, unknown_names_in_a_set_grant_nothing) {
  const auto set = parse_permissions(",users:read,,users:*,*,USERS:CREATE, users:delete,owner");
  require(set == PermissionSet{}.with(Permission::users_read), format_permissions(set));
}

Test(permission, all_names_fit_into_the_column_of_a_custom_role) {
  require(format_permissions(everything()).size() <= 2000, "role.permissions is VARCHAR(2000)");
}

Test(permission, a_set_covers_what_it_holds_and_no_more) {
  const auto read = PermissionSet{}.with(Permission::users_read);
  const auto both = read.with(Permission::users_invite);
  require(both.covers(read) && both.covers(both) && both.covers({}), "more covers less");
  require(!read.covers(both) && !PermissionSet{}.covers(read), "less does not cover more");
  require(!read.covers(PermissionSet{}.with(Permission::users_create)), "another one");
  require(both.without(Permission::users_invite) == read, "without");
  require(read.without(Permission::users_delete) == read, "without what it does not hold");
}

Test(permission, a_set_has_room_for_256) {
  for (const std::size_t i : {0U, 63U, 64U, 127U, 128U, 255U}) {
    const auto one = PermissionSet{}.with(static_cast<Permission>(i));
    for (std::size_t other = 0; other < PermissionSet::kCapacity; ++other)
      require(one.has(static_cast<Permission>(other)) == (other == i), std::to_string(i));
    require((one | everything()).covers(one) &&
                (one & everything()) == (i < kPermissionCount ? one : PermissionSet{}),
            std::to_string(i));
    require(one.without(static_cast<Permission>(i)) == PermissionSet{}, std::to_string(i));
  }
}

Test(permission, the_five_system_roles_are_found_by_name_alone) {
  std::string names;
  for (const auto& role : system_roles()) {
    names += std::string{role.name} + ' ';
    require(find_system_role(role.name) == &role, std::string{role.name});
    require(!role.description.empty(), std::string{role.name});
  }
  require_equal(names, "owner admin manager member viewer ");
  for (const char* name : {"", "Owner", "owner ", "root", "super"})
    require(find_system_role(name) == nullptr, name);
  require(find_system_role(kOwnerRole) != nullptr && find_system_role(kDefaultInviteRole) != nullptr,
          "named roles");
}

Test(permission, each_role_includes_the_one_below_and_more) {
  const auto& roles = system_roles();
  for (std::size_t i = 1; i < roles.size(); ++i) {
    require(roles[i - 1].permissions.covers(roles[i].permissions), std::string{roles[i].name});
    require(!roles[i].permissions.covers(roles[i - 1].permissions), std::string{roles[i - 1].name});
  }
}

Test(permission, the_owner_has_every_permission_and_no_bit_beyond) {
  require(of("owner") == everything(), format_permissions(of("owner")));
  std::size_t bits = 0;
  for (const auto word : of("owner").words()) bits += static_cast<std::size_t>(std::popcount(word));
  require_equal(bits, kPermissionCount);
}

Test(permission, the_admin_lacks_exactly_billing_transfer_and_deletion_of_the_tenant) {
  const auto lacks = of("owner").without(of("admin"));
  require_equal(format_permissions(lacks), "tenant:billing,tenant:transfer,tenant:delete");
}

Test(permission, the_manager_deletes_nothing_and_assigns_no_roles) {
  for (std::size_t i = 0; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    if (action_of(permission_name(permission)) == "delete")
      require(!of("manager").has(permission), std::string{permission_name(permission)});
  }
  for (const auto p : {Permission::roles_assign, Permission::roles_create, Permission::users_delete,
                       Permission::tenant_manage, Permission::audit_read, Permission::api_keys_manage,
                       Permission::webhooks_manage})
    require(!of("manager").has(p), std::string{permission_name(p)});
  for (const auto p : {Permission::users_invite, Permission::users_read, Permission::stats_read,
                       Permission::purchase_requests_approve})
    require(of("manager").has(p), std::string{permission_name(p)});
}

Test(permission, the_member_neither_approves_nor_invites) {
  for (const auto p : {Permission::purchase_requests_approve, Permission::users_invite,
                       Permission::users_read, Permission::stats_read, Permission::projects_create})
    require(!of("member").has(p), std::string{permission_name(p)});
  for (const auto p :
       {Permission::purchase_requests_create, Permission::purchase_requests_submit, Permission::stock_create})
    require(of("member").has(p), std::string{permission_name(p)});
}

Test(permission, the_viewer_only_reads_and_downloads_business_data) {
  for (std::size_t i = 0; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    if (!of("viewer").has(permission)) continue;
    const auto name = permission_name(permission);
    const auto action = action_of(name);
    require(action == "read" || action == "download", std::string{name});
    for (const char* people : {"users:", "roles:", "tenant:", "audit:", "events:", "stats:"})
      require(!name.starts_with(people), std::string{name});
  }
  require(of("viewer").has(Permission::documents_download) && of("viewer").has(Permission::stock_read),
          "reads");
}
