// How the server finds what lists, searches and statistics ask for: never by going through a table that
// grows.
#include <criterion/criterion.h>

#include <vector>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

constexpr int kMembers = 3000;

// One organization that is large enough for the optimizer to see a difference.
const Account& crowded() {
  static const Account owner = [] {
    auto made = sign_up();
    const auto id = id_of("CONCAT(HEX(" + binary(made.org_id) + "), seq)");
    database().run("INSERT INTO user (id, email, created_at, updated_at) SELECT " + id + ", CONCAT(HEX(" +
                   id + "), '@crowd.example'), seq, 1 FROM " + series(kMembers));
    // In parts: a statement has its time.
    for (int from = 0; from < kMembers; from += 250)
      database().run(
          "INSERT INTO member (org_id, user_id, role_id, status, created_at, updated_at) SELECT r.org_id, " +
          id + ", r.id, seq MOD 500 = 3, seq * 20000, 1 FROM role r JOIN " + series(kMembers) +
          " WHERE r.name = 'member' AND r.org_id = " + binary(made.org_id) + " AND seq > " +
          std::to_string(from) + " AND seq <= " + std::to_string(from + 250));
    for (const char* table :
         {"user", "member", "member_text", "member_count", "member_total", "audit_log", "organization"})
      database().run_query(std::string{"ANALYZE TABLE "} + table);
    return made;
  }();
  return owner;
}

// Runs on a connection of its own, in the scope of the organization.
class Planner {
 public:
  explicit Planner(const Account& scope, bool super = false) : db_(as_admin()) {
    db_.run("USE tenantd_app");
    db_.run("CALL enter_scope(" + (super ? "NULL" : binary(scope.org_id)) + ", " + binary(scope.user_id) +
            ", " + (super ? "TRUE" : "FALSE") + ")");
  }

  // Throws if a step reads a whole table or a whole index; else returns the indexes: "member_time PRIMARY ".
  std::string keys(const std::string& query,
                   const std::source_location& at = std::source_location::current()) {
    auto rows = db_.run_query((on_mysql() ? "EXPLAIN FORMAT=TRADITIONAL " : "EXPLAIN ") + query);
    const auto table = rows.column("table");
    const auto type = rows.column("type");
    const auto key = rows.column("key");
    std::string used;
    while (rows.next()) {
      const auto name = rows.maybe_text(table).value_or("");
      const auto way = rows.maybe_text(type).value_or("");
      const bool made_by_the_query = name.empty() || name.front() == '<';
      require(made_by_the_query || (way != "ALL" && way != "index"), name + " is read as a whole: " + query,
              at);
      if (!made_by_the_query && !rows.is_null(key)) used += rows.text(key) + ' ';
    }
    return used;
  }

 private:
  tenantd::db::Connection db_;
};

std::string page(const std::string& view, const std::string& more) {
  return "SELECT user_id, email, profile, role_name FROM " + view +
         " WHERE org_id = " + binary(crowded().org_id) +
         " AND created_at >= -1 AND (created_at > -1 OR user_id > REPEAT('\\0', 16)) " + more +
         " ORDER BY created_at, user_id LIMIT 51";
}

bool begins_with(const std::string& keys, const std::string& first) { return keys.starts_with(first + ' '); }

std::string role_of_members() {
  return "0x" +
         text_of("SELECT HEX(id) FROM role WHERE name = 'member' AND org_id = " + binary(crowded().org_id));
}

}  // namespace

Test(plans, lists_of_members_come_in_order_from_an_index, .timeout = 60) {
  Planner planner{crowded()};
  require(begins_with(planner.keys(page("member_detail", "")), "member_time"), "all");
  require(begins_with(planner.keys(page("member_of_status", "AND status = 1")), "member_standing"),
          "of a status");
  const auto of_role = planner.keys(page("member_of_role", "AND role_id = " + role_of_members()));
  require(of_role.find("member_of_role ") != std::string::npos, of_role);
}

Test(plans, a_search_reads_the_words_of_one_organization_in_order, .timeout = 60) {
  Planner planner{crowded()};
  const std::string named = "AND INSTR(words, CAST(LOWER('crowd') AS BINARY)) > 0";
  const auto listed = planner.keys(page("member_search", named));
  require(begins_with(listed, "PRIMARY"), listed);
  planner.keys("SELECT COUNT(*) FROM member_words WHERE org_id = " + binary(crowded().org_id) + ' ' + named);
}

Test(plans, what_a_person_counts_begins_with_the_memberships, .timeout = 60) {
  Planner planner{crowded()};
  const auto session =
      "0x" + text_of("SELECT HEX(id) FROM session WHERE user_id = " + binary(crowded().user_id));
  const auto mine = " WHERE session_id = " + session + " AND user_id = " + binary(crowded().user_id) +
                    " AND org_id > REPEAT('\\0', 16) AND block = -1 AND members > 0";
  planner.keys("SELECT org_id, name, role_name, members, role_id, status, times FROM countable_count" + mine);
  planner.keys("SELECT org_id, name, members FROM countable_total" + mine);
  planner.keys("SELECT org_id, name, role_name FROM my_membership WHERE user_id = " +
               binary(crowded().user_id) + " ORDER BY member_since, org_id LIMIT 51");
}

// The edges of a large organization: no more of the index than the edge.
Test(plans, an_edge_of_a_block_is_a_range_of_one_status, .timeout = 60) {
  auto rows = database().run_query(
      std::string{on_mysql() ? "EXPLAIN FORMAT=TRADITIONAL " : "EXPLAIN "} +
      "SELECT role_id, status, COUNT(*) FROM member FORCE INDEX (member_standing) WHERE org_id = " +
      binary(crowded().org_id) +
      " AND status IN (0, 1) AND created_at BETWEEN 4194304 AND 5000000 GROUP BY role_id, status");
  require(rows.next(), "no plan");
  require_equal(rows.text(rows.column("type")), "range");
  require(rows.integer(rows.column("rows")) < kMembers / 4, "reads more than the edge");
}

Test(plans, an_audit_log_is_counted_up_to_its_bound_by_the_filters_index, .timeout = 60) {
  Planner planner{crowded()};
  const auto org = binary(crowded().org_id);
  for (const std::string& filter :
       {std::string{"action = 'member.role_changed'"}, "actor_id = " + binary(crowded().user_id),
        std::string{"created_at >= 5"}})
    planner.keys("SELECT COUNT(*) FROM (SELECT 1 FROM audit_log WHERE org_id = " + org + " AND " + filter +
                 " LIMIT 10001) counted");
  planner.keys("SELECT seq FROM audit_log WHERE org_id = " + org + " ORDER BY seq DESC LIMIT 1");
}

Test(plans, what_a_super_admin_counts_has_an_index_of_its_own, .timeout = 60) {
  Planner planner{crowded(), true};
  const auto roles = planner.keys("SELECT role_name, SUM(members) FROM system_role_count GROUP BY role_name");
  require(begins_with(roles, "member_count_role"), roles);
  planner.keys(
      "SELECT created_at DIV 86400 AS day, COUNT(*) FROM admin_user WHERE created_at BETWEEN 5 AND 90 GROUP "
      "BY day");
  // Behind nearly all: from the first one on, a whole index is what it takes.
  planner.keys("SELECT id FROM system_tenant WHERE id > " + binary(crowded().org_id) +
               " ORDER BY id LIMIT 2");
}
