// Moving an account to another address, and what is kept of what happens to accounts.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

Response ask(const Account& account, const std::string& wanted) {
  return account.client().post("/api/v1/auth/change-email",
                               object({{"new_email", wanted}, {"password", account.password}}));
}

// In the session that asked.
Response confirm(const Account& account, const std::string& token) {
  return account.client().post("/api/v1/auth/verify-email", object({{"token", token}}));
}

std::string stored_email(const Account& account) {
  return text_of("SELECT email FROM user WHERE id = " + binary(account.user_id));
}

}  // namespace

Test(email_change, takes_the_link_in_the_new_mailbox_and_tells_the_old_one) {
  const auto ada = sign_up();
  verify(ada);
  const auto wanted = fresh_email("moved");
  expect(ask(ada, "no address"), 422);
  expect(ask(ada, "  " + wanted), 202);
  require_equal(stored_email(ada), ada.email, "before the link");
  require(newest_mail(ada.email, "security_changed").text.find(wanted) != std::string::npos, "notice");
  const auto token = newest_mail(wanted, "email_change").token();
  expect(confirm(ada, token), 204);
  require_equal(stored_email(ada), wanted);
  expect(sign_in(wanted, ada.password), 200);
  expect_problem(sign_in(ada.email, ada.password), 401, "invalid_credentials");
  const auto me = ada.client().get("/users/me");
  require_equal(me.text("/email"), wanted, "the living session sees it at once");
  require(me.at("/email_verified").GetBool(), "verified");
  expect_problem(confirm(ada, token), 400, "token_invalid");
}

Test(email_change, needs_the_password_and_the_second_factor) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto wanted = fresh_email();
  auto client = ada.client();
  const std::string path = "/api/v1/auth/change-email";
  {
    Unchanged database;
    for (const auto& body :
         {object({{"new_email", wanted}}), object({{"new_email", wanted}, {"password", "not the password"}}),
          object({{"new_email", wanted}, {"password", ada.password}})})
      expect_problem(client.post(path, body), 403, "reauthentication_required");
    expect_problem(client.post(path, object({{"new_email", "no address"}, {"password", ada.password}})), 422,
                   "validation_failed");
    database.check(path);
  }
  expect(
      client.post(path, object({{"new_email", wanted}, {"password", ada.password}, {"code", factor.code()}})),
      202);
}

Test(email_change, to_a_taken_address_says_the_same_and_mails_no_link) {
  const auto ada = sign_up();
  const auto bob = sign_up();
  const auto taken = ask(ada, bob.email);
  const auto free = ask(ada, fresh_email());
  require_equal(expect(taken, 202).body, expect(free, 202).body);
  require_equal(count_mails(bob.email, "email_change"), std::size_t{0});
}

Test(email_change, an_address_taken_meanwhile_stays_its_owners) {
  const auto ada = sign_up();
  const auto wanted = fresh_email();
  expect(ask(ada, wanted), 202);
  const auto token = newest_mail(wanted, "email_change").token();
  expect(Client{}.post("/signup", sign_up_body(wanted, "Other")), 201);
  Unchanged database;
  expect_problem(confirm(ada, token), 409, "email_taken");
  database.check("a taken address");
}

Test(email_change, a_newer_request_kills_the_older_link_and_a_change_kills_reset_links) {
  const auto ada = sign_up();
  const auto first = fresh_email();
  const auto second = fresh_email();
  expect(ask(ada, first), 202);
  const auto old = newest_mail(first, "email_change").token();
  expect(Client{}.post("/reset_password", object({{"email", ada.email}})), 202);
  const auto reset = newest_mail(ada.email, "password_reset").token();
  expect(ask(ada, second), 202);
  expect_problem(confirm(ada, old), 400, "token_invalid");
  const auto token = newest_mail(second, "email_change").token();
  const auto replies = at_once(4, [&](std::size_t) { return confirm(ada, token); });
  int done = 0;
  for (const auto& reply : replies) {
    if (reply.status == 204) {
      ++done;
    } else {
      expect_problem(reply, 400, "token_invalid");
    }
  }
  require_equal(done, 1, "confirmed");
  expect_problem(
      Client{}.post("/reset_password", object({{"token", reset}, {"new_password", "x7 new lamp ode"}})), 400,
      "token_invalid");
}

Test(email_change, the_database_account_cannot_write_an_address_itself) {
  const auto ada = sign_up();
  tenantd::db::Connection app{as_app()};
  require_equal(error_of(app, "UPDATE user SET email = 'x@example.com' WHERE id = " + binary(ada.user_id)),
                1143);
  app.run("CALL change_email(" + binary(ada.user_id) + ", REPEAT('x', 32), 0)");
  require_equal(stored_email(ada), ada.email);
}

Test(account_events, history_shows_sign_ins_and_security_events_the_rest_newest_first) {
  const auto ada = sign_up();
  sign_in(ada.email, "wrong guess entirely");
  const auto session = account_of(expect(sign_in(ada.email, ada.password), 200), ada.email);
  auto client = session.client();
  expect(client.post("/api/v1/auth/change-password",
                     object({{"current_password", ada.password}, {"new_password", "nimbus rafter 31 pony"}})),
         204);
  const auto history =
      expect(client.get("/api/v1/auth/history?include_total=true&limit=1"), 200).text("/next_cursor");
  const auto first = client.get("/api/v1/auth/history");
  require_equal(first.size("/items"), std::size_t{2});
  require_equal(first.text("/items/0/type"), std::string{"signin.succeeded"});
  require_equal(first.text("/items/1/type"), std::string{"signin.failed"});
  require_equal(first.text("/items/0/address"), std::string{"127.0.0.1"});
  require_equal(client.get("/api/v1/auth/history?cursor=" + history).text("/items/0/type"),
                std::string{"signin.failed"});
  const auto events = client.get("/api/v1/auth/security-events");
  require_equal(events.text("/items/0/type"), std::string{"password.changed"});
  require_equal(sign_up().client().get("/api/v1/auth/history").size("/items"), std::size_t{0},
                "somebody else's history");
}

Test(account_events, status_says_who_where_with_which_permissions_and_until_when) {
  const auto ada = sign_up();
  const auto viewer = invite_and_accept(ada, "viewer");
  const auto reply = viewer.client().get("/api/v1/auth/status");
  require_equal(expect(reply, 200).text("/user/email"), viewer.email);
  require_equal(reply.text("/organization/role"), std::string{"viewer"});
  require_equal(reply.text("/permissions/0"), std::string{"projects:read"});
  require(reply.number("/access_token_expires_at") <= reply.number("/session_expires_at"), "times");
  expect_problem(Client{}.get("/api/v1/auth/status"), 401, "unauthenticated");
}

Test(account_events, a_verification_link_is_mailed_again_until_the_address_is_verified) {
  const auto ada = sign_up();
  const std::string path = "/api/v1/auth/verify-email/resend";
  const auto first = newest_mail(ada.email, "verification").token();
  expect(ada.client().post(path), 202);
  require_equal(count_mails(ada.email, "verification"), std::size_t{2});
  expect_problem(confirm(ada, first), 400, "token_invalid");
  verify(ada);
  expect(ada.client().post(path), 202);
  require_equal(count_mails(ada.email, "verification"), std::size_t{2}, "verified already");
}
