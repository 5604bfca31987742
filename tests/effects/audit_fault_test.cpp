// No change without its audit row; and the walk over every chain, on an instance that is broken for it.
#include <criterion/criterion.h>

#include <filesystem>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

// What a change could have left behind.
std::string traces() {
  std::string counts;
  for (const char* table : {"user", "organization", "role", "member", "invite", "event", "outbox", "session",
                            "one_time_token", "api_key"})
    counts += std::string{table} + ' ' + text_of("SELECT COUNT(*) FROM " + std::string{table}) + ", ";
  return counts +
         text_of(
             "SELECT GROUP_CONCAT(HEX(org_id), ' ', event_seq, ' ', audit_seq ORDER BY org_id) FROM "
             "change_head") +
         text_of(
             "SELECT GROUP_CONCAT(HEX(id), ' ', profile, updated_at, SHA2(password, 256) ORDER BY id) FROM "
             "user") +
         text_of("SELECT GROUP_CONCAT(name, updated_at ORDER BY id) FROM organization");
}

// Changes of every kind of chain: the organization's, one that comes into being, the account's, the system's.
std::vector<Response> changes(const Account& owner, const std::string& verification) {
  auto client = owner.client();
  std::vector<Response> replies;
  replies.push_back(client.post("/api/v1/roles", role_body("lost", "[]")));
  replies.push_back(client.post("/invite_member", object({{"email", fresh_email()}})));
  replies.push_back(client.put("/api/v1/organizations/" + owner.org_id, R"({"name":"Lost"})"));
  replies.push_back(client.put("/api/v1/users/me", R"({"profile":{"name":"Lost"}})"));
  replies.push_back(client.post("/api/v1/organizations", R"({"name":"Lost"})"));
  replies.push_back(Client{}.post("/signup", sign_up_body(fresh_email(), "Lost")));
  replies.push_back(client.post("/api/v1/auth/verify-email", object({{"token", verification}})));
  return replies;
}

void expect_nothing_happens(const Account& owner, const std::string& verification) {
  const auto before = traces();
  for (const auto& reply : changes(owner, verification)) {
    require(reply.status >= 500, reply.describe());
    require(reply.body.find("audit") == std::string::npos, "tells why: " + reply.describe());
  }
  require_equal(traces(), before);
}

}  // namespace

Test(audit_fault, a_change_whose_audit_row_cannot_be_written_does_not_happen, .timeout = 180) {
  PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto verification = newest_mail(owner.email, "verification").token();
  database().run(
      "CREATE TRIGGER tenantd.refusal BEFORE INSERT ON tenantd.audit_log FOR EACH ROW "
      "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no audit today'");
  expect_nothing_happens(owner, verification);
  database().run("DROP TRIGGER tenantd.refusal");
  database().run("RENAME TABLE tenantd.audit_log TO tenantd.audit_log_away");
  expect_nothing_happens(owner, verification);
  database().run("RENAME TABLE tenantd.audit_log_away TO tenantd.audit_log");
  for (const auto& reply : changes(owner, verification)) require(reply.status < 300, reply.describe());
  expect_verified(stack.run("tenantctl audit verify"), 0, "whole");
}

Test(audit_fault, every_chain_is_walked_the_system_s_and_those_of_deleted_organizations_too) {
  PrivateStack stack;
  stack.take_the_suites_place();
  const auto kept = sign_up();
  const auto gone = sign_up();
  verify(kept);
  expect(gone.client().del("/api/v1/organizations/" + gone.org_id, object({{"name", name_of(gone)}})), 204);
  const auto anchors = stack.dir() + "/anchors";
  const auto verify_all = [&] { return stack.run("tenantctl audit verify --anchors " + anchors); };
  // Theirs, the super-admin's if there is one, and the system's.
  const auto chains = text_of("SELECT COUNT(*) FROM change_head");
  const auto rows = text_of("SELECT COUNT(*) FROM audit_log");
  expect_verified(verify_all(), 0, chains + " chains, " + rows + " rows: whole");
  require_equal(static_cast<int>(std::filesystem::status(anchors).permissions()), 0600, "mode of the file");

  const std::string system = "org_id = REPEAT('\\0', 16)";
  database().run("UPDATE audit_log SET address = '192.0.2.9' WHERE " + system + " AND seq = 1");
  database().run("DELETE FROM audit_log WHERE seq = 1 AND org_id = " + binary(kept.org_id));
  database().run("DELETE FROM audit_log WHERE org_id = " + binary(gone.org_id));
  database().run("DELETE FROM change_head WHERE org_id = " + binary(gone.org_id));
  const auto said = verify_all();
  expect_verified(said, 1, "BROKEN  the system's own chain: row 1 was changed");
  expect_verified(said, 1, "(" + kept.org_id + "): row 1 is missing");
  expect_verified(said, 1, gone.org_id + ", which is deleted: row 1 is missing; an anchor names row 2");
  expect_verified(said, 1, "3 of " + chains + " chains broken");
  expect_verified(stack.run("tenantctl audit export --organization system"), 0, "\"address\":\"192.0.2.9\"");
}
