// Members between two times: the same numbers by each of the plans, which follow from the size of an
// organization.
#include <criterion/criterion.h>

#include <list>
#include <set>

#include "modules/statistics/statistics_store.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;
using tenantd::store::count_between;

namespace {

constexpr const char* kByRole = "/stats/organization-role-users";
constexpr const char* kByOrganization = "/stats/organization-users";
constexpr std::int64_t kBlock = std::int64_t{1} << 22;
constexpr std::int64_t kBegin = 400 * kBlock;

// Members of one role who join one after the other, `apart` seconds between two.
void join_many(const Account& owner, const std::string& role, int members, std::int64_t apart) {
  const auto id = id_of("CONCAT(HEX(" + binary(owner.org_id) + "), '" + role + "', seq)");
  database().run("INSERT INTO user (id, email, created_at, updated_at) SELECT " + id + ", CONCAT(HEX(" + id +
                 "), '@crowd.example'), 1, 1 FROM " + series(members));
  database().run(
      "INSERT INTO member (org_id, user_id, role_id, status, created_at, updated_at) SELECT r.org_id, " + id +
      ", r.id, seq MOD 7 = 3, " + std::to_string(kBegin) + " + seq * " + std::to_string(apart) +
      ", 1 FROM role r JOIN " + series(members) + " WHERE r.name = '" + role +
      "' AND r.org_id = " + binary(owner.org_id));
}

std::string between(std::int64_t from, std::int64_t to) {
  return "from_time=" + std::to_string(from) + "&to_time=" + std::to_string(to);
}

// What the members themselves say: "admin 3, member 7, ".
std::string counted(const Account& owner, std::int64_t from, std::int64_t to, const std::string& status) {
  return text_of(
      "SELECT COALESCE(GROUP_CONCAT(CONCAT(name, ' ', members, ', ') ORDER BY name SEPARATOR ''), '') FROM "
      "(SELECT r.name, COUNT(*) AS members FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = "
      "m.role_id WHERE m.org_id = " +
      binary(owner.org_id) + " AND m.created_at BETWEEN " + std::to_string(from) + " AND " +
      std::to_string(to) + (status.empty() ? "" : " AND m.status = " + status) + " GROUP BY r.name) c");
}

std::string told(const Response& reply) {
  expect(reply, 200);
  std::string all;
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const auto at = "/items/" + std::to_string(i);
    all += reply.text(at + "/role") + ' ' + std::to_string(reply.number(at + "/users")) + ", ";
  }
  return all;
}

std::int64_t total(const Response& reply) {
  expect(reply, 200);
  return reply.size("/items") == 0 ? 0 : reply.number("/items/0/users");
}

// Ranges that begin and end in either half of a block, in one block, in two, and in many.
void expect_the_members_own_numbers(const Account& owner) {
  auto client = owner.client();
  const std::int64_t places[] = {0,
                                 kBegin + kBlock / 4,
                                 kBegin + 3 * kBlock / 4,
                                 kBegin + kBlock - 1,
                                 kBegin + kBlock,
                                 kBegin + 5 * kBlock / 3,
                                 kBegin + 3 * kBlock + 17,
                                 kBegin + 9 * kBlock,
                                 253402300799};
  for (const auto from : places)
    for (const auto to : places) {
      if (from > to) continue;
      for (const std::string status : {"", "0", "1"}) {
        const auto query = '?' + between(from, to) + (status.empty() ? "" : "&status=" + status);
        const auto wanted = counted(owner, from, to, status);
        require_equal(told(client.get(kByRole + query)), wanted, query);
        const auto members =
            number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(owner.org_id) +
                      " AND created_at BETWEEN " + std::to_string(from) + " AND " + std::to_string(to) +
                      (status.empty() ? "" : " AND status = " + status));
        require_equal(total(client.get(kByOrganization + query)), members, query);
      }
    }
}

// The counters' own lists are those of the members, or not kept.
void expect_true_times(const Account& owner) {
  require_equal(
      number_of(
          "SELECT COUNT(*) FROM member_count c WHERE org_id = " + binary(owner.org_id) +
          " AND block = -1 AND times IS NOT NULL AND (SELECT COALESCE(SUM(created_at), 0) FROM member m "
          "WHERE m.org_id = c.org_id AND m.role_id = c.role_id AND m.status = c.status AND "
          "LOCATE(CONCAT(',', "
          "m.created_at, ','), CONCAT(c.times, ',')) > 0) <> (SELECT COALESCE(SUM(created_at), 0) FROM "
          "member "
          "m WHERE m.org_id = c.org_id AND m.role_id = c.role_id AND m.status = c.status)"),
      0);
  require_equal(
      number_of("SELECT COUNT(*) FROM member_count WHERE org_id = " + binary(owner.org_id) +
                " AND block = -1 AND CHAR_LENGTH(times) - CHAR_LENGTH(REPLACE(times, ',', '')) <> members"),
      0);
}

}  // namespace

Test(counts_between, a_list_of_times_is_read_only_if_it_is_whole) {
  require_equal(count_between("", 0, 0, 10).value(), 0);
  require_equal(count_between(",5,7,7,12", 4, 6, 7).value(), 2);
  require_equal(count_between(",5,7", 2, 5, 7).value(), 2);
  for (const char* times : {",5", ",5,7,9", "5,7", ",5,", ",5;7", ",", ",x,7"})
    require(!count_between(times, 2, 0, 100), times);
}

Test(counts_between, few_members_and_many_are_counted_alike, .timeout = 120) {
  const auto owner = sign_up();
  join_many(owner, "admin", 40, kBlock / 9);
  expect_the_members_own_numbers(owner);
  // Above 200 the counter keeps no times; the admins' does.
  join_many(owner, "member", 600, kBlock / 90);
  require_equal(
      number_of("SELECT COUNT(*) FROM member_count WHERE block = -1 AND times IS NULL AND org_id = " +
                binary(owner.org_id)),
      1);
  expect_the_members_own_numbers(owner);
  expect_true_times(owner);
}

Test(counts_between, the_times_follow_every_change_of_a_member) {
  const auto owner = sign_up();
  join_many(owner, "viewer", 30, 1000);
  const auto org = "org_id = " + binary(owner.org_id);
  const auto other = " WHERE " + org + " AND user_id <> " + binary(owner.user_id);
  database().run("UPDATE member SET status = 1 - status" + other + " AND created_at MOD 3 = 0");
  expect_true_times(owner);
  database().run(
      "UPDATE member m JOIN role r ON r.org_id = m.org_id AND r.name = 'manager' SET m.role_id = r.id WHERE "
      "m." +
      org + " AND m.user_id <> " + binary(owner.user_id) + " AND m.created_at MOD 5 = 0");
  expect_true_times(owner);
  database().run("UPDATE member SET created_at = created_at + 1" + other);
  expect_true_times(owner);
  database().run("DELETE FROM member" + other + " AND created_at MOD 2 = 0");
  expect_true_times(owner);
  expect_the_members_own_numbers(owner);
}

Test(counts_between, a_list_that_lacks_one_is_not_believed) {
  const auto owner = sign_up();
  join_many(owner, "viewer", 30, kBlock / 9);
  database().run(
      "UPDATE member_count SET times = SUBSTRING(times, 12) WHERE block = -1 AND members > 20 AND org_id = " +
      binary(owner.org_id));
  expect_the_members_own_numbers(owner);
}

Test(counts_between, an_organization_stands_once_where_that_is_asked_for) {
  const auto owner = sign_up();
  join_many(owner, "viewer", 3, 1000);
  const auto reply = owner.client().get(std::string{kByRole} + "?group=organization");
  expect(reply, 200);
  require_equal(reply.size("/items"), 1U);
  require_equal(reply.text("/items/0/org_id"), owner.org_id);
  require_equal(reply.number("/items/0/roles/owner"), 1);
  require_equal(reply.number("/items/0/roles/viewer"), 3);
  expect_problem(owner.client().get(std::string{kByRole} + "?group=role"), 422, "validation_failed");
  expect_problem(owner.client().get(std::string{kByOrganization} + "?group=organization"), 422,
                 "validation_failed");
}

Test(counts_between, organizations_come_in_pages) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (int i = 0; i < 2; ++i)
    expect(client.post("/api/v1/organizations", object({{"name", "Another"}})), 201);
  for (const std::string path : {kByRole, kByOrganization}) {
    std::set<std::string> seen;
    std::string cursor;
    for (int page = 0; page < 3; ++page) {
      const auto reply = client.get(path + "?limit=1&" + between(0, 253402300799) + cursor);
      expect(reply, 200);
      require_equal(reply.size("/items"), 1U, reply.body);
      seen.insert(reply.text("/items/0/org_id"));
      require_equal(reply.at("/next_cursor").IsNull(), page == 2, reply.body);
      if (page < 2) cursor = "&cursor=" + reply.text("/next_cursor");
    }
    require_equal(seen.size(), 3U);
    require(client.get(path).at("/next_cursor").IsNull(), "all are on one page");
    expect_problem(client.get(path + "?limit=1001"), 422, "validation_failed");
    expect_problem(client.get(path + "?cursor=nonsense"), 422, "validation_failed");
  }
}

// The procedure looks for itself whether the session counts there.
Test(counts_between, the_procedure_counts_nowhere_but_where_the_session_does) {
  const auto owner = sign_up();
  const auto stranger = sign_up();
  tenantd::db::Connection app{as_app()};
  const auto session = "0x" + text_of("SELECT HEX(id) FROM session WHERE user_id = " + binary(owner.user_id));
  const auto rows = [&](const Account& who, const std::string& with) {
    app.run("CALL enter_scope(NULL, " + binary(who.user_id) + ", FALSE)");
    const std::string text = "CALL count_joined(" + with + ", '[\"" +
                             text_of("SELECT HEX(" + binary(owner.org_id) + ")") +
                             "\"]', NULL, 0, 4000000000, UNIX_TIMESTAMP())";
    static std::list<std::string> kept;  // a statement is known by where its text stands
    kept.push_back(text);
    return app.call(tenantd::db::Sql{"test.joined", kept.back()},
                    [](tenantd::db::Rows& found) { return static_cast<std::int64_t>(found.count()); });
  };
  require(rows(owner, session) > 0, "the owner's own session counts");
  require_equal(rows(stranger, session), 0, "with another's session");
  require_equal(rows(stranger, "0x" + text_of("SELECT HEX(id) FROM session WHERE user_id = " +
                                              binary(stranger.user_id))),
                0);
  require_equal(rows(owner, "NULL"), 0, "without a session");
}
