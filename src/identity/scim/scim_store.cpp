#include "identity/scim/scim_store.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_ROW \
  "id, user_id, user_name, external_id, email, active, attributes, created_at, updated_at FROM scim_user "
constexpr Sql kRowById{"scim_user.find", "SELECT " TENANTD_ROW "WHERE org_id = ? AND id = ?"};
constexpr Sql kRowByUser{"scim_user.of_account", "SELECT " TENANTD_ROW "WHERE org_id = ? AND user_id = ?"};
constexpr Sql kRowByName{"scim_user.named", "SELECT " TENANTD_ROW "WHERE org_id = ? AND name_key = ?"};
constexpr Sql kRowsByExternal{
    "scim_user.external", "SELECT " TENANTD_ROW "WHERE org_id = ? AND external_id = ? ORDER BY id LIMIT 100"};
constexpr Sql kInvitedByEmail{"scim_user.invited_with_address",
                              "SELECT " TENANTD_ROW
                              "WHERE org_id = ? AND email = ? AND user_id IS NULL ORDER BY id LIMIT 100"};
constexpr Sql kInvited{"scim_user.invited",
                       "SELECT " TENANTD_ROW
                       "WHERE org_id = ? AND user_id IS NULL AND (? IS NULL OR active = ?) "
                       "ORDER BY created_at, id LIMIT ? OFFSET ?"};
#undef TENANTD_ROW
constexpr Sql kCountInvited{
    "scim_user.count_invited",
    "SELECT COUNT(*) FROM scim_user WHERE org_id = ? AND user_id IS NULL AND (? IS NULL OR active = ?)"};
constexpr Sql kNewcomers{
    "scim_user.newcomers",
    "SELECT s.id, m.user_id FROM scim_user s JOIN user u ON u.email = s.email "
    "JOIN member m ON m.org_id = s.org_id AND m.user_id = u.id "
    "WHERE s.org_id = ? AND m.org_id = ? AND s.user_id IS NULL AND NOT EXISTS (SELECT 1 FROM scim_user o "
    "WHERE o.org_id = s.org_id AND o.user_id = m.user_id) LIMIT 100"};
constexpr Sql kMeet{
    "scim_user.meet",
    "UPDATE scim_user SET user_id = ?, updated_at = ? WHERE org_id = ? AND id = ? AND user_id IS NULL"};
// The page is read from the index that has members in order, and only then who they are.
#define TENANTD_PAGE(condition)                                                                           \
  "SELECT m.user_id, u.email, m.status, u.profile, m.created_at, m.updated_at, s.id, s.user_name, "       \
  "s.external_id, "                                                                                       \
  "s.attributes, s.created_at, s.updated_at FROM (SELECT user_id FROM member WHERE org_id = ? " condition \
  "ORDER BY created_at, user_id LIMIT ? OFFSET ?) page "                                                  \
  "JOIN member m ON m.org_id = ? AND m.user_id = page.user_id JOIN user u ON u.id = m.user_id "           \
  "LEFT JOIN scim_user s ON s.org_id = m.org_id AND s.user_id = m.user_id ORDER BY m.created_at, m.user_id"
constexpr Sql kPage{"scim_user.page", TENANTD_PAGE("")};
constexpr Sql kPageOfStatus{"scim_user.page_of_status", TENANTD_PAGE("AND status = ? ")};
#undef TENANTD_PAGE
constexpr Sql kInsert{
    "scim_user.insert",
    "INSERT INTO scim_user (org_id, id, user_id, user_name, name_key, external_id, email, active, "
    "attributes, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kUpdate{
    "scim_user.update",
    "UPDATE scim_user SET user_id = ?, user_name = ?, name_key = ?, external_id = ?, email = ?, "
    "active = ?, attributes = ?, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kDelete{"scim_user.delete", "DELETE FROM scim_user WHERE org_id = ? AND id = ?"};

Person read_row(const db::Rows& rows) {
  Person p;
  p.stored = true;
  p.id = rows.id<DirectoryId>(0);
  p.user = rows.maybe_id<UserId>(1);
  p.user_name = rows.text(2);
  p.external_id = rows.maybe_text(3);
  p.email = rows.text(4);
  p.active = rows.flag(5);
  p.attributes = rows.text(6);
  p.created_at = rows.time(7);
  p.updated_at = rows.time(8);
  return p;
}

// What the membership says goes before what the row says.
Person with_member(Person person, const Member& member) {
  person.user = member.user;
  person.email = member.email;
  person.active = member.status == Status::active;
  person.profile = member.profile;
  person.updated_at = std::max(person.updated_at, member.updated_at);
  return person;
}

Person person_of(const Member& member) {
  Person person;
  person.id = DirectoryId{member.user.bytes()};
  person.user_name = member.email;
  person.created_at = member.created_at;
  return with_member(std::move(person), member);
}

// The rows with their memberships.
std::vector<Person> completed(db::Txn& txn, const TenantScope& scope, db::Rows rows) {
  std::vector<Person> people;
  while (rows.next()) people.push_back(read_row(rows));
  for (auto& each : people)
    if (each.user)
      if (const auto member = find_member(txn, scope, *each.user))
        each = with_member(std::move(each), *member);
  return people;
}

std::optional<Person> row_of(db::Txn& txn, const TenantScope& scope, UserId user) {
  auto people = completed(txn, scope, txn.query(kRowByUser, scope.org(), user));
  return people.empty() ? std::nullopt : std::optional{std::move(people.front())};
}

Person read_page(const db::Rows& rows) {
  Member member;
  member.user = rows.id<UserId>(0);
  member.email = rows.text(1);
  member.status = static_cast<Status>(rows.integer(2));
  member.profile = rows.text(3);
  member.created_at = rows.time(4);
  member.updated_at = rows.time(5);
  if (rows.is_null(6)) return person_of(member);
  Person person;
  person.stored = true;
  person.id = rows.id<DirectoryId>(6);
  person.user_name = rows.text(7);
  person.external_id = rows.maybe_text(8);
  person.attributes = rows.text(9);
  person.created_at = rows.time(10);
  person.updated_at = rows.time(11);
  return with_member(std::move(person), member);
}

std::optional<std::int64_t> number_of(const std::optional<bool>& flag) {
  if (!flag) return std::nullopt;
  return *flag ? 1 : 0;
}

}  // namespace

std::string name_key(const std::string& name) { return ascii_lower(name); }

void meet_newcomers(db::Txn& txn, const TenantScope& scope, TimePoint now) {
  std::vector<std::pair<DirectoryId, UserId>> met;
  for (auto rows = txn.query(kNewcomers, scope.org(), scope.org()); rows.next();)
    met.emplace_back(rows.id<DirectoryId>(0), rows.id<UserId>(1));
  for (const auto& [id, user] : met) txn.execute(kMeet, user, now, scope.org(), id);
}

std::optional<Person> find_person(db::Txn& txn, const TenantScope& scope, DirectoryId id) {
  auto people = completed(txn, scope, txn.query(kRowById, scope.org(), id));
  if (!people.empty()) return std::move(people.front());
  const UserId user{id.bytes()};
  const auto member = find_member(txn, scope, user);
  // Who has a row is found by that row's id alone.
  if (!member || row_of(txn, scope, user)) return std::nullopt;
  return person_of(*member);
}

std::vector<Person> people_named(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  auto people = completed(txn, scope, txn.query(kRowByName, scope.org(), name));
  if (!people.empty()) return people;
  const auto email = Email::parse(name);
  const auto account = email ? find_account(txn, *email) : std::nullopt;
  const auto member = account ? find_member(txn, scope, account->user.id) : std::nullopt;
  if (member && name_key(member->email) == name && !row_of(txn, scope, member->user))
    people.push_back(person_of(*member));
  return people;
}

std::vector<Person> people_with_external_id(db::Txn& txn, const TenantScope& scope, const std::string& id) {
  return completed(txn, scope, txn.query(kRowsByExternal, scope.org(), id));
}

std::vector<Person> people_with_address(db::Txn& txn, const TenantScope& scope, const Email& email) {
  auto people = completed(txn, scope, txn.query(kInvitedByEmail, scope.org(), email.str()));
  const auto account = find_account(txn, email);
  const auto member = account ? find_member(txn, scope, account->user.id) : std::nullopt;
  if (!member) return people;
  const auto row = row_of(txn, scope, member->user);
  people.push_back(row ? *row : person_of(*member));
  return people;
}

std::vector<Person> list_people(db::Txn& txn, const TenantScope& scope, const std::optional<bool>& active,
                                std::int64_t from, std::int64_t limit) {
  std::vector<Person> people;
  if (limit <= 0) return people;
  const auto status = static_cast<std::int64_t>(active.value_or(true) ? Status::active : Status::inactive);
  auto rows = active ? txn.query(kPageOfStatus, scope.org(), status, limit, from, scope.org())
                     : txn.query(kPage, scope.org(), limit, from, scope.org());
  while (rows.next()) people.push_back(read_page(rows));
  const auto left = limit - static_cast<std::int64_t>(people.size());
  if (left <= 0) return people;
  const auto members = count_people(txn, scope, active) - [&] {
    auto counted = txn.query(kCountInvited, scope.org(), number_of(active), number_of(active));
    counted.next();
    return counted.integer(0);
  }();
  const auto behind = std::max<std::int64_t>(0, from - members);
  auto invited = completed(
      txn, scope, txn.query(kInvited, scope.org(), number_of(active), number_of(active), left, behind));
  std::move(invited.begin(), invited.end(), std::back_inserter(people));
  return people;
}

std::int64_t count_people(db::Txn& txn, const TenantScope& scope, const std::optional<bool>& active) {
  MemberFilter filter;
  if (active) filter.status = *active ? Status::active : Status::inactive;
  auto rows = txn.query(kCountInvited, scope.org(), number_of(active), number_of(active));
  rows.next();
  return count_members(txn, scope, filter) + rows.integer(0);
}

void write_person(db::Txn& txn, const TenantScope& scope, const Person& p, TimePoint now) {
  if (p.stored)
    txn.execute(kUpdate, p.user, p.user_name, name_key(p.user_name), p.external_id, p.email,
                std::int64_t{p.active}, p.attributes, now, scope.org(), p.id);
  else
    txn.execute(kInsert, scope.org(), p.id, p.user, p.user_name, name_key(p.user_name), p.external_id,
                p.email, std::int64_t{p.active}, p.attributes, p.created_at, now);
}

void delete_person(db::Txn& txn, const TenantScope& scope, DirectoryId id) {
  txn.execute(kDelete, scope.org(), id);
}

}  // namespace tenantd::store
