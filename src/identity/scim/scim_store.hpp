// What the organization's directory says of people and groups, beside the memberships that it says it of.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd {
using DirectoryId = Id<struct DirectoryTag>;  // of a person
using GroupId = Id<struct DirectoryGroupTag>;
}  // namespace tenantd

namespace tenantd::store {

// A person as the directory sees one: a member, or somebody who was invited.
struct Person {
  DirectoryId id;
  bool stored = false;         // the directory has spoken of this person
  std::optional<UserId> user;  // nullopt: invited, and no member yet
  std::string user_name;
  std::optional<std::string> external_id;
  std::string email;  // the account's, or the invited one
  bool active = true;
  std::string attributes = "{}";  // JSON
  std::string profile = "{}";     // the account's, of one of whom nothing else is known
  TimePoint created_at, updated_at;
};

// Gives the accounts of those who have accepted an invitation to what the directory says of them. Call before
// people are read.
void meet_newcomers(db::Txn& txn, const TenantScope& scope, TimePoint now);

std::optional<Person> find_person(db::Txn& txn, const TenantScope& scope, DirectoryId id);
// Each by its index. `name`: without case.
std::vector<Person> people_named(db::Txn& txn, const TenantScope& scope, const std::string& name);
std::vector<Person> people_with_external_id(db::Txn& txn, const TenantScope& scope, const std::string& id);
std::vector<Person> people_with_address(db::Txn& txn, const TenantScope& scope, const Email& email);
// Members in the order of their coming, then those who are invited.
std::vector<Person> list_people(db::Txn& txn, const TenantScope& scope, const std::optional<bool>& active,
                                std::int64_t from, std::int64_t limit);
std::int64_t count_people(db::Txn& txn, const TenantScope& scope, const std::optional<bool>& active);

// Throws db::DuplicateKey (key "scim_user_name") if another person has the name.
void write_person(db::Txn& txn, const TenantScope& scope, const Person& person, TimePoint now);
// Of one who is no member: a membership takes it along.
void delete_person(db::Txn& txn, const TenantScope& scope, DirectoryId id);

struct Group {
  GroupId id;
  std::string name;
  std::optional<std::string> external_id;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};
struct GroupMember {
  DirectoryId id;
  std::string user_name;
};

std::optional<Group> find_group(db::Txn& txn, const TenantScope& scope, GroupId id);
std::optional<Group> lock_group(db::Txn& txn, const TenantScope& scope, GroupId id);
std::optional<Group> find_group(db::Txn& txn, const TenantScope& scope, const std::string& name);
// All that there are, in the order of their making.
std::vector<Group> list_groups(db::Txn& txn, const TenantScope& scope, std::int64_t limit);
std::int64_t count_groups(db::Txn& txn, const TenantScope& scope);
// Throws db::DuplicateKey (key "scim_group_name").
void insert_group(db::Txn& txn, const TenantScope& scope, const Group& group);
void update_group(db::Txn& txn, const TenantScope& scope, const Group& group);
void delete_group(db::Txn& txn, const TenantScope& scope, GroupId id);

std::vector<GroupMember> members_of_group(db::Txn& txn, const TenantScope& scope, GroupId id,
                                          std::int64_t limit);
// Those of `people` that are in it.
std::vector<DirectoryId> members_among(db::Txn& txn, const TenantScope& scope, GroupId group,
                                       const std::vector<DirectoryId>& people);
// The names of those of `people` of whom the directory has spoken.
std::map<DirectoryId, std::string> names_among(db::Txn& txn, const TenantScope& scope,
                                               const std::vector<DirectoryId>& people);
// True if one of them is in so many groups.
bool any_in_groups(db::Txn& txn, const TenantScope& scope, const std::vector<DirectoryId>& people,
                   std::int64_t groups);
void add_to_group(db::Txn& txn, const TenantScope& scope, GroupId group,
                  const std::vector<DirectoryId>& people);
void remove_from_group(db::Txn& txn, const TenantScope& scope, GroupId group,
                       const std::vector<DirectoryId>& people);
// The groups of each of `people`.
std::multimap<DirectoryId, Group> groups_of(db::Txn& txn, const TenantScope& scope,
                                            const std::vector<DirectoryId>& people);

// Which roles groups give.
struct ScimGroupRole {
  std::string group;
  RoleId role;
  std::string role_name;
};
struct ScimSetup {
  RoleId default_role;
  std::string default_role_name;
  std::optional<UserId> kept_by;
  std::vector<ScimGroupRole> groups;  // the first that fits counts
  TimePoint updated_at;
};
std::optional<ScimSetup> find_scim_setup(db::Txn& txn, const TenantScope& scope);
void write_scim_setup(db::Txn& txn, const TenantScope& scope, const ScimSetup& setup);
// Nobody answers for the roles any more, if it was one of these. False if it was none.
bool forget_scim_keeper(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& keepers,
                        TimePoint now);
// Which place of the table each of `people` has by its groups; who has none is not among them.
std::map<DirectoryId, std::int64_t> places_of(db::Txn& txn, const TenantScope& scope,
                                              const std::vector<DirectoryId>& people);

// As names are compared.
std::string name_key(const std::string& name);

}  // namespace tenantd::store
