#include "identity/scim/scim_store.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_GROUP "g.id, g.name, g.external_id, g.revision, g.created_at, g.updated_at "
constexpr Sql kGroup{"scim_group.find",
                     "SELECT " TENANTD_GROUP "FROM scim_group g WHERE g.org_id = ? AND g.id = ?"};
constexpr Sql kLockGroup{"scim_group.lock", "SELECT " TENANTD_GROUP
                                            "FROM scim_group g WHERE g.org_id = ? AND g.id = ? FOR UPDATE"};
constexpr Sql kGroupNamed{"scim_group.named",
                          "SELECT " TENANTD_GROUP "FROM scim_group g WHERE g.org_id = ? AND g.name_key = ?"};
constexpr Sql kGroups{"scim_group.list",
                      "SELECT " TENANTD_GROUP
                      "FROM scim_group g WHERE g.org_id = ? ORDER BY g.created_at, g.id LIMIT ?"};
constexpr Sql kGroupsOf{
    "scim_group.of_people",
    "SELECT " TENANTD_GROUP ", x.user FROM " TENANTD_IDS
    "STRAIGHT_JOIN scim_group_member x ON x.org_id = ? AND x.user = UNHEX(ids.id) "
    "STRAIGHT_JOIN scim_group g ON g.org_id = x.org_id AND g.id = x.group_id ORDER BY g.created_at, g.id"};
#undef TENANTD_GROUP
constexpr Sql kCountGroups{"scim_group.count", "SELECT COUNT(*) FROM scim_group WHERE org_id = ?"};
constexpr Sql kInsertGroup{
    "scim_group.insert",
    "INSERT INTO scim_group (org_id, id, name, name_key, external_id, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdateGroup{
    "scim_group.update",
    "UPDATE scim_group SET name = ?, name_key = ?, external_id = ?, revision = revision + 1, "
    "updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kDeleteGroup{"scim_group.delete", "DELETE FROM scim_group WHERE org_id = ? AND id = ?"};
constexpr Sql kMembers{
    "scim_group.members",
    "SELECT x.user, s.user_name FROM scim_group_member x JOIN scim_user s ON s.org_id = x.org_id "
    "AND s.id = x.user WHERE x.org_id = ? AND x.group_id = ? ORDER BY x.user LIMIT ?"};
constexpr Sql kMembersAmong{
    "scim_group.members_among",
    "SELECT x.user FROM " TENANTD_IDS
    "STRAIGHT_JOIN scim_group_member x ON x.org_id = ? AND x.group_id = ? AND x.user = UNHEX(ids.id)"};
constexpr Sql kKnown{"scim_user.known_among",
                     "SELECT s.id, s.user_name FROM " TENANTD_IDS
                     "STRAIGHT_JOIN scim_user s ON s.org_id = ? AND s.id = UNHEX(ids.id)"};
constexpr Sql kInGroups{"scim_group.most_groups",
                        "SELECT x.user FROM " TENANTD_IDS
                        "STRAIGHT_JOIN scim_group_member x ON x.org_id = ? AND x.user = UNHEX(ids.id) "
                        "GROUP BY x.user HAVING COUNT(*) >= ? LIMIT 1"};
constexpr Sql kAdd{
    "scim_group.add",
    "INSERT INTO scim_group_member (org_id, group_id, user) SELECT s.org_id, ?, s.id FROM " TENANTD_IDS
    "STRAIGHT_JOIN scim_user s ON s.org_id = ? AND s.id = UNHEX(ids.id)"};
constexpr Sql kTake{
    "scim_group.take",
    "DELETE FROM scim_group_member WHERE org_id = ? AND group_id = ? AND user " TENANTD_IN_IDS};

constexpr Sql kSetup{"scim_setup.find",
                     "SELECT s.default_role_id, r.name, s.kept_by, s.updated_at FROM scim_setup s "
                     "JOIN role r ON r.org_id = s.org_id AND r.id = s.default_role_id WHERE s.org_id = ?"};
constexpr Sql kGroupRoles{
    "scim_setup.groups",
    "SELECT g.name, g.role_id, r.name FROM scim_group_role g JOIN role r ON r.org_id = g.org_id "
    "AND r.id = g.role_id WHERE g.org_id = ? ORDER BY g.position"};
constexpr Sql kMakeSetup{
    "scim_setup.insert",
    "INSERT INTO scim_setup (org_id, default_role_id, kept_by, updated_at) VALUES (?, ?, ?, ?)"};
constexpr Sql kChangeSetup{
    "scim_setup.update",
    "UPDATE scim_setup SET default_role_id = ?, kept_by = ?, updated_at = ? WHERE org_id = ?"};
constexpr Sql kForgetKeeper{
    "scim_setup.forget_keeper",
    "UPDATE scim_setup SET kept_by = NULL, updated_at = ? WHERE org_id = ? AND kept_by " TENANTD_IN_IDS};
constexpr Sql kForgetGroups{"scim_setup.forget_groups", "DELETE FROM scim_group_role WHERE org_id = ?"};
constexpr Sql kPutGroup{
    "scim_setup.put_group",
    "INSERT INTO scim_group_role (org_id, position, name, name_key, role_id) VALUES (?, ?, ?, ?, ?)"};
constexpr Sql kPlaces{"scim_setup.places",
                      "SELECT x.user, MIN(r.position) FROM " TENANTD_IDS
                      "STRAIGHT_JOIN scim_group_member x ON x.org_id = ? AND x.user = UNHEX(ids.id) "
                      "STRAIGHT_JOIN scim_group g ON g.org_id = x.org_id AND g.id = x.group_id "
                      "STRAIGHT_JOIN scim_group_role r ON r.org_id = g.org_id AND r.name_key = g.name_key "
                      "GROUP BY x.user"};

Group read_group(const db::Rows& rows) {
  return {rows.id<GroupId>(0), rows.text(1), rows.maybe_text(2), rows.integer(3), rows.time(4), rows.time(5)};
}

std::optional<Group> maybe_group(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read_group(rows);
}

std::vector<DirectoryId> read_ids(db::Rows rows) {
  std::vector<DirectoryId> ids;
  while (rows.next()) ids.push_back(rows.id<DirectoryId>(0));
  return ids;
}

}  // namespace

std::optional<Group> find_group(db::Txn& txn, const TenantScope& scope, GroupId id) {
  return maybe_group(txn.query(kGroup, scope.org(), id));
}

std::optional<Group> lock_group(db::Txn& txn, const TenantScope& scope, GroupId id) {
  return maybe_group(txn.lock(kLockGroup, scope.org(), id));
}

std::optional<Group> find_group(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  return maybe_group(txn.query(kGroupNamed, scope.org(), name_key(name)));
}

std::vector<Group> list_groups(db::Txn& txn, const TenantScope& scope, std::int64_t limit) {
  std::vector<Group> groups;
  for (auto rows = txn.query(kGroups, scope.org(), limit); rows.next();) groups.push_back(read_group(rows));
  return groups;
}

std::int64_t count_groups(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kCountGroups, scope.org());
  rows.next();
  return rows.integer(0);
}

void insert_group(db::Txn& txn, const TenantScope& scope, const Group& group) {
  txn.execute(kInsertGroup, scope.org(), group.id, group.name, name_key(group.name), group.external_id,
              group.created_at, group.updated_at);
}

void update_group(db::Txn& txn, const TenantScope& scope, const Group& group) {
  txn.execute(kUpdateGroup, group.name, name_key(group.name), group.external_id, group.updated_at,
              scope.org(), group.id);
}

void delete_group(db::Txn& txn, const TenantScope& scope, GroupId id) {
  txn.execute(kDeleteGroup, scope.org(), id);
}

std::vector<GroupMember> members_of_group(db::Txn& txn, const TenantScope& scope, GroupId id,
                                          std::int64_t limit) {
  std::vector<GroupMember> members;
  for (auto rows = txn.query(kMembers, scope.org(), id, limit); rows.next();)
    members.push_back({rows.id<DirectoryId>(0), rows.text(1)});
  return members;
}

std::vector<DirectoryId> members_among(db::Txn& txn, const TenantScope& scope, GroupId group,
                                       const std::vector<DirectoryId>& people) {
  return read_ids(txn.query(kMembersAmong, id_list(people), scope.org(), group));
}

std::map<DirectoryId, std::string> names_among(db::Txn& txn, const TenantScope& scope,
                                               const std::vector<DirectoryId>& people) {
  std::map<DirectoryId, std::string> names;
  for (auto rows = txn.query(kKnown, id_list(people), scope.org()); rows.next();)
    names.emplace(rows.id<DirectoryId>(0), rows.text(1));
  return names;
}

bool any_in_groups(db::Txn& txn, const TenantScope& scope, const std::vector<DirectoryId>& people,
                   std::int64_t groups) {
  return txn.query(kInGroups, id_list(people), scope.org(), groups).next();
}

void add_to_group(db::Txn& txn, const TenantScope& scope, GroupId group,
                  const std::vector<DirectoryId>& people) {
  txn.execute(kAdd, group, id_list(people), scope.org());
}

void remove_from_group(db::Txn& txn, const TenantScope& scope, GroupId group,
                       const std::vector<DirectoryId>& people) {
  txn.execute(kTake, scope.org(), group, id_list(people));
}

std::multimap<DirectoryId, Group> groups_of(db::Txn& txn, const TenantScope& scope,
                                            const std::vector<DirectoryId>& people) {
  std::multimap<DirectoryId, Group> groups;
  for (auto rows = txn.query(kGroupsOf, id_list(people), scope.org()); rows.next();)
    groups.emplace(rows.id<DirectoryId>(6), read_group(rows));
  return groups;
}

std::optional<ScimSetup> find_scim_setup(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kSetup, scope.org());
  if (!rows.next()) return std::nullopt;
  ScimSetup setup{rows.id<RoleId>(0), rows.text(1), rows.maybe_id<UserId>(2), {}, rows.time(3)};
  for (auto groups = txn.query(kGroupRoles, scope.org()); groups.next();)
    setup.groups.push_back({groups.text(0), groups.id<RoleId>(1), groups.text(2)});
  return setup;
}

void write_scim_setup(db::Txn& txn, const TenantScope& scope, const ScimSetup& setup) {
  if (txn.execute(kChangeSetup, setup.default_role, setup.kept_by, setup.updated_at, scope.org()) == 0)
    txn.execute(kMakeSetup, scope.org(), setup.default_role, setup.kept_by, setup.updated_at);
  txn.execute(kForgetGroups, scope.org());
  std::int64_t position = 0;
  for (const auto& each : setup.groups)
    txn.execute(kPutGroup, scope.org(), position++, each.group, name_key(each.group), each.role);
}

bool forget_scim_keeper(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& keepers,
                        TimePoint now) {
  return txn.execute(kForgetKeeper, now, scope.org(), id_list(keepers)) == 1;
}

std::map<DirectoryId, std::int64_t> places_of(db::Txn& txn, const TenantScope& scope,
                                              const std::vector<DirectoryId>& people) {
  std::map<DirectoryId, std::int64_t> places;
  for (auto rows = txn.query(kPlaces, id_list(people), scope.org()); rows.next();)
    places.emplace(rows.id<DirectoryId>(0), rows.integer(1));
  return places;
}

}  // namespace tenantd::store
