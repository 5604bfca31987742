// What the courier and the sweeper do by themselves leaves audit rows, as what somebody does.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/script_server.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOfNobody = "org_id = 0x00000000000000000000000000000000";

std::int64_t suppressions(const std::string& where) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'mail.suppressed' AND " + where);
}

void await_suppression(const std::string& email) {
  wait_until(email + " is suppressed", [&] {
    return number_of("SELECT COUNT(*) FROM suppression WHERE email = " + literal(email)) == 1;
  });
}

}  // namespace

Test(mail_audit, an_address_that_the_courier_suppresses_leaves_a_row_in_either_chain) {
  const SmtpSink sink{{"--reply", "550 5.1.1 no such user", "--first", "100"}};
  const PrivateStack stack{{"MAIL_TRANSPORT=smtp", "SMTP_URL=" + sink.url("smtp")}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  await_suppression(owner.email);
  require_equal(
      suppressions(std::string{kOfNobody} + " AND new_values LIKE " + literal("%" + owner.email + "%")), 1);
  require_equal(suppressions("org_id = " + binary(owner.org_id)), 0, "no organization sent that");

  const auto dead = fresh_email();
  const auto sent = invite(owner, dead);
  expect(sent, 201);
  await_suppression(dead);
  require_equal(suppressions(std::string{kOfNobody} + " AND new_values LIKE " + literal("%" + dead + "%")),
                1);
  const auto row = newest_audit(owner, "mail.suppressed");
  require_equal(row.text("/items/0/new_values/reason"), "bounce");
  require_equal(row.text("/items/0/new_values/source"), "smtp");
  require(row.body.find(dead) == std::string::npos, "the address of an account invited by its id would show");
  const auto verified = stack.run("tenantctl audit verify");
  require_equal(verified.status, 0, verified.output);
}

Test(mail_audit, an_invitation_that_the_sweeper_ends_leaves_a_row_in_its_organizations_chain) {
  const Alone alone;
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto answered = fresh_email();
  expect(invite(owner, answered), 201);
  expect(
      Client{}.post("/accept_invite", object({{"token", invite_token(answered)}, {"password", kPassword}})),
      200);
  database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP() WHERE org_id = " + binary(owner.org_id));
  const auto before = audit_rows_of(owner);
  const auto swept = run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"});
  require_equal(swept.status, 0, swept.output);
  require_equal(audit_rows_of(owner) - before, 1);
  const auto row = newest_audit(owner, "invite.expired");
  require_equal(row.text("/items/0/old_values/email"), email);
  require_equal(row.text("/items/0/old_values/status"), "pending");
  expect_verified(audit({"verify", "--organization", owner.org_id}), 0, "whole");
}
