#include "identity/scim/group_roles.hpp"

#include <algorithm>
#include <set>

#include "identity/members/members.hpp"
#include "identity/scim/groups.hpp"
#include "identity/sso/provider_rules.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// One person's, as the groups are now.
void follow_groups_of(const Work& work, const store::ScimSetup& setup, DirectoryId id,
                      const std::map<DirectoryId, std::int64_t>& places, const PermissionSet& authority) {
  const auto person = store::find_person(work.txn, work.scope, id);
  const auto member =
      person && person->user ? store::find_member(work.txn, work.scope, *person->user) : std::nullopt;
  if (member && member->role.name == kOwnerRole) return;
  const auto place = places.find(id);
  const auto wanted = place == places.end() ? setup.default_role
                                            : setup.groups.at(static_cast<std::size_t>(place->second)).role;
  if (member && member->role.id == wanted && !member->role.expires_at) return;
  const auto role = store::find_role(work.txn, work.scope, wanted);
  if (!role || role->name == kOwnerRole) return;
  // Judged of people who are invited too, and of a table that nobody answers for now: it may be answered for,
  // and they may come.
  const auto held = member ? member->role.permissions : PermissionSet{};
  if (!authority.covers(role->permissions | held))
    throw ApiError(ErrorCode::role_outranks,
                   "A role that groups give or take exceeds that of whoever made the key or calls");
  if (!member || !setup.kept_by) return;
  const auto needs = role->permissions.with(Permission::identity_providers_manage) | held;
  // Else the role stays until somebody answers for the table who may give it.
  if (!stands_for_good(work.txn, work.scope, *setup.kept_by, needs)) return;
  follow_provider(work, work.scope, *member, *role);
}

}  // namespace

bool gives_role(const store::ScimSetup& setup, const std::string& name) {
  return std::any_of(setup.groups.begin(), setup.groups.end(),
                     [&](const auto& each) { return store::name_key(each.group) == store::name_key(name); });
}

void follow_groups(const Work& work, const store::ScimSetup& setup, const std::vector<DirectoryId>& people,
                   const PermissionSet& authority) {
  const auto places = store::places_of(work.txn, work.scope, people);
  for (const auto& id : people) follow_groups_of(work, setup, id, places, authority);
}

StoredRoles store_scim_roles(const Work& work, const ScimRolesForm& form) {
  stand_for_good(work);
  store::meet_newcomers(work.txn, work.scope, work.context.now);
  const auto before = store::find_scim_setup(work.txn, work.scope);
  store::ScimSetup setup;
  const auto role = grantable_role(work.txn, work.scope, form.default_role);
  setup.default_role = role.id;
  setup.default_role_name = role.name;
  setup.kept_by = work.scope.user();
  setup.updated_at = work.context.now;
  for (std::size_t i = 0; i < form.groups.size(); ++i) {
    const auto pointer = "/group_roles/" + std::to_string(i);
    const auto& [group, name] = form.groups[i];
    if (gives_role(setup, group))
      throw ApiError(ErrorCode::validation_failed).field(pointer + "/group", "is named twice");
    const auto given = grantable_role(work.txn, work.scope, name, pointer + "/role_name");
    setup.groups.push_back({group, given.id, given.name});
  }
  store::write_scim_setup(work.txn, work.scope, setup);
  const auto told = [](const store::ScimSetup& of) {
    std::vector<std::string> groups;
    for (const auto& each : of.groups) groups.push_back(each.group + ": " + each.role_name);
    json::Object values;
    return std::move(values.set("default_role_name", of.default_role_name)
                         .set("group_roles", groups)
                         .set("kept_by", of.kept_by));
  };
  record(work, {"scim_roles.updated", "scim_roles", work.scope.org().bytes(),
                before ? told(*before) : json::Object{}, told(setup)});
  std::set<DirectoryId> people;
  std::set<std::string> names;
  for (const auto& each : setup.groups) names.insert(store::name_key(each.group));
  if (before)
    for (const auto& each : before->groups) names.insert(store::name_key(each.group));
  StoredRoles stored{std::move(setup), true};
  for (const auto& name : names) {
    const auto group = store::find_group(work.txn, work.scope, name);
    if (!group) continue;
    for (const auto& each : store::members_of_group(work.txn, work.scope, group->id, kMostMembersChanged + 1))
      people.insert(each.id);
  }
  std::vector<DirectoryId> ids{people.begin(), people.end()};
  stored.complete = static_cast<std::int64_t>(ids.size()) <= kMostMembersChanged;
  if (!stored.complete) ids.resize(static_cast<std::size_t>(kMostMembersChanged));
  // Where the setter may not change a role it stays: the keeper of the table is judged, who is the setter.
  follow_groups(work, stored.setup, ids, every_permission());
  return stored;
}

}  // namespace tenantd::service
