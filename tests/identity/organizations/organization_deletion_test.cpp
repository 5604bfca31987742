// The end of a large organization: closed by one row, removed in batches behind that.
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/inventory.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

constexpr int kMembers = 5000;

std::string digits(int count) {
  std::string from;
  for (int i = 0; i < count; ++i)
    from += (i > 0 ? ", " : "") +
            std::string{
                "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION "
                "SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT "
                "8 UNION SELECT 9) d"} +
            std::to_string(i);
  return from;
}

// Accounts that sign up and join, without the mails.
void fill(const Account& owner, int members) {
  database().run(
      "CREATE TEMPORARY TABLE crowd (n INT AUTO_INCREMENT PRIMARY KEY, id BINARY(16)) "
      "AS SELECT UNHEX(REPLACE(UUID(), '-', '')) AS id FROM " +
      digits(4) + " LIMIT " + std::to_string(members));
  // In parts: a statement has its time.
  for (int from = 0; from < members; from += 250) {
    const auto part = " c.n > " + std::to_string(from) + " AND c.n <= " + std::to_string(from + 250);
    database().run(
        "INSERT INTO user (id, email, created_at, updated_at) "
        "SELECT id, CONCAT(HEX(id), '@crowd.example'), 1, 1 FROM crowd c WHERE" +
        part);
    database().run(
        "INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) "
        "SELECT r.org_id, c.id, r.id, 1, 1 FROM crowd c JOIN role r ON r.name = 'member' AND r.org_id = " +
        binary(owner.org_id) + " WHERE" + part);
  }
}

std::int64_t rows_left(const Account& owner) {
  auto tables = database().run_query(
      "SELECT table_name FROM information_schema.columns WHERE table_schema = 'tenantd' AND column_name = "
      "'org_id' "
      "AND table_name NOT IN ('audit_log', 'audit_start', 'audit_redaction', 'change_head', 'outbox', "
      "'job_run', "
      "'unread_webhook')");
  std::vector<std::string> names;
  while (tables.next()) names.push_back(tables.text(0));
  std::int64_t left = number_of("SELECT COUNT(*) FROM organization WHERE id = " + binary(owner.org_id));
  for (const auto& name : names)
    left += number_of("SELECT COUNT(*) FROM `" + name + "` WHERE org_id = " + binary(owner.org_id));
  return left;
}

std::string path_to(const Account& owner) { return "/api/v1/organizations/" + owner.org_id; }

}  // namespace

Test(organization_deletion, a_large_organization_is_gone_at_once_and_removed_behind_that_whoever_is_killed) {
  PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto token = invite_token(email);
  const auto key = make_api_key(owner, R"(["users:read"])");
  make_product(owner);
  make_warehouse(owner);
  fill(owner, kMembers);
  const auto slug = text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id));
  const auto name = text_of("SELECT name FROM organization WHERE id = " + binary(owner.org_id));
  const auto root = new_super_admin();
  auto colleague = member.client();
  expect(colleague.get("/users/me"), 200);

  const auto began = std::chrono::steady_clock::now();
  expect(owner.client().del(path_to(owner), object({{"name", name}})), 204);
  const auto took = std::chrono::steady_clock::now() - began;
  require(took < std::chrono::seconds{2}, "closing takes its time");
  require(rows_left(owner) > kMembers, "it was removed in the request");

  expect_problem(colleague.get("/api/v1/members"), 401, "invalid_token");
  expect_problem(key.client().get("/api/v1/users"), 401, "invalid_token");
  expect_problem(owner.client().get(path_to(owner)), 404, "not_found");
  expect_problem(owner.client().del(path_to(owner), object({{"name", name}})), 404, "not_found");
  expect_problem(Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}})), 410,
                 "invite_gone");
  expect_problem(root.client().get("/api/v1/tenants/" + owner.org_id), 404, "not_found");
  require_equal(root.client().get("/api/v1/tenants?q=" + slug).size("/items"), 0U);
  const auto back = sign_in(member.email, kPassword);
  expect(back, 200);
  require(back.at("/organization").IsNull(), back.describe());
  // Its slug is free.
  const auto heir = sign_up();
  expect(heir.client().put(path_to(heir), object({{"name", "Heir"}, {"slug", slug}})), 200);

  // A sweeper that is killed in the midst of it has done whole batches; the next one goes on.
  const pid_t child = ::fork();
  if (child == 0) {
    stack.run("tenantd-sweeper");
    ::_exit(0);
  }
  const auto before = rows_left(owner);
  wait_until("the sweeper is at it", [&] { return rows_left(owner) < before; });
  for (const pid_t sweeper : children_of(child)) {
    for (const pid_t each : children_of(sweeper)) ::kill(each, SIGKILL);
    ::kill(sweeper, SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  for (int i = 0; i < 4 && rows_left(owner) > 0; ++i) {
    const auto done = stack.run("tenantd-sweeper");
    require_equal(done.status, 0, done.output);
  }
  require_equal(rows_left(owner), 0);
  require(number_of("SELECT COUNT(*) FROM user WHERE email LIKE '%@crowd.example'") == kMembers,
          "people went");
  require(number_of("SELECT COALESCE(SUM(rows_deleted), 0) FROM sweep_run WHERE task = 'organizations'") >
              kMembers / 2,
          "nobody says how far it is");
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = " + binary(owner.org_id)) > 0, true);
  require_equal(stack.run("tenantctl audit verify").status, 0);
  expect(heir.client().get("/users/me"), 200);
}

Test(organization_deletion, what_waits_for_the_organizations_lock_finds_it_closed) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto name = text_of("SELECT name FROM organization WHERE id = " + binary(owner.org_id));
  expect(owner.client().del(path_to(owner), object({{"name", name}})), 204);
  const auto org = binary(owner.org_id);
  const auto roles = number_of("SELECT COUNT(*) FROM role WHERE org_id = " + org);
  auto client = admin.client();
  const auto reply =
      client.post("/api/v1/roles", object({{"name", "late"}, {"permissions", Field::raw("[]")}}));
  require(reply.status == 401 || reply.status == 403, reply.describe());
  require_equal(number_of("SELECT COUNT(*) FROM role WHERE org_id = " + org), roles);
}
