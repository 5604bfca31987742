// Two-factor sign-in: a code counts once, guesses are few, and nothing about it changes without the account's
// secrets.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

Response finish(const std::string& mfa_token, const std::string& code) {
  return Client{}.post("/api/v1/auth/mfa/verify", object({{"mfa_token", mfa_token}, {"code", code}}));
}

std::int64_t sessions_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(account.user_id));
}

std::int64_t events_of(const Account& account, const std::string& type) {
  return number_of("SELECT COUNT(*) FROM account_event WHERE type = " + literal(type) +
                   " AND user_id = " + binary(account.user_id));
}

}  // namespace

Test(second_factor, sign_in_takes_the_password_and_then_a_code) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto before = sessions_of(ada);
  const auto token = second_step_of(ada);
  require_equal(sessions_of(ada), before, "a session from the password alone");
  const auto reply = finish(token, factor.code());
  expect(reply, 200);
  require(reply.at("/user/mfa_enabled").GetBool(), "mfa_enabled");
  expect(account_of(reply, ada.email).client().get("/users/me"), 200);
  newest_mail(ada.email, "login_alert");
  require_equal(events_of(ada, "signin.succeeded"), 1);
}

Test(second_factor, the_token_between_the_steps_is_worth_nothing_else_and_works_once) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto token = second_step_of(ada);
  expect_problem(Client{}.bearer(token).get("/users/me"), 401, "invalid_token");
  expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", token}})), 401, "invalid_token");
  expect(finish(token, factor.code()), 200);
  forget_steps(ada);
  expect_problem(finish(token, factor.code()), 401, "mfa_invalid");
  expect_problem(finish(fresh_id(), factor.code()), 401, "mfa_invalid");
}

Test(second_factor, the_token_between_the_steps_expires) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const MovedClock clock;
  const auto token = second_step_of(ada);
  clock.set(299);
  expect_problem(finish(token, "000000"), 401, "mfa_invalid");
  clock.set(301);
  const auto code = totp_code(factor.secret, 10);  // right at that time
  expect_problem(finish(token, code), 401, "mfa_invalid");
}

Test(second_factor, a_code_counts_once_in_its_step) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto code = factor.code();
  expect(finish(second_step_of(ada), code), 200);
  const auto sessions = sessions_of(ada);
  expect_problem(finish(second_step_of(ada), code), 401, "mfa_invalid");
  // Nor one of an earlier step, once a later one was used.
  expect_problem(finish(second_step_of(ada), totp_code(factor.secret)), 401, "mfa_invalid");
  require_equal(sessions_of(ada), sessions);
}

Test(second_factor, of_many_who_race_with_one_code_one_signs_in) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto token = second_step_of(ada);
  const auto before = sessions_of(ada);
  const auto code = factor.code();
  const auto replies = at_once(4, [&](std::size_t) { return finish(token, code); });
  int in = 0;
  for (const auto& reply : replies) {
    if (reply.status == 200) {
      ++in;
    } else {
      expect_problem(reply, 401, "mfa_invalid");
    }
  }
  require_equal(in, 1, "signed in");
  require_equal(sessions_of(ada), before + 1);
}

Test(second_factor, five_wrong_codes_end_the_guessing_over_all_workers) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto token = second_step_of(ada);
  const auto replies = at_once(20, [&](std::size_t) { return finish(token, "not it"); });
  int evaluated = 0;
  for (const auto& reply : replies) {
    if (reply.status == 401)
      ++evaluated;
    else
      require(!expect_problem(reply, 429, "rate_limited").header("retry-after").empty(), "Retry-After");
  }
  require_equal(evaluated, 5, "evaluated");
  require_equal(events_of(ada, "mfa.failed"), 5);
  expect_problem(finish(token, factor.code()), 429, "rate_limited");
  expect_problem(finish(token, factor.recovery_codes[0]), 429, "rate_limited");
  const MovedClock clock;
  clock.set(1801);
  const auto later = second_step_of(ada);
  expect(finish(later, totp_code(factor.secret, 60)), 200);
}

Test(second_factor, a_recovery_code_works_once_and_however_it_is_typed) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  require_equal(factor.recovery_codes.size(), std::size_t{10});
  auto typed = factor.recovery_codes[3];
  typed.erase(typed.find('-'), 1);
  expect(finish(second_step_of(ada), typed), 200);
  expect_problem(finish(second_step_of(ada), factor.recovery_codes[3]), 401, "mfa_invalid");
  const auto bob = sign_up();
  enable_factor(bob);
  expect_problem(finish(second_step_of(bob), factor.recovery_codes[4]), 401, "mfa_invalid");
  require_equal(number_of("SELECT COUNT(*) FROM recovery_code WHERE user_id = " + binary(ada.user_id)), 9);
}

Test(second_factor, nothing_changes_without_the_password_and_the_code) {
  const auto ada = sign_up();
  verify(ada);
  auto client = ada.client();
  const std::string enroll = "/api/v1/auth/mfa/enroll";
  {
    Unchanged database;
    for (const auto& body : {std::string{"{}"}, object({{"password", "wrong password here"}})})
      expect_problem(client.post(enroll, body), 403, "reauthentication_required");
    database.check(enroll);
  }
  const auto factor = enable_factor(ada);
  Unchanged database;
  expect_problem(client.post(enroll, object({{"password", ada.password}})), 409, "mfa_enabled");
  for (const std::string path : {"/api/v1/auth/mfa/disable", "/api/v1/auth/mfa/recovery-codes"}) {
    expect_problem(client.post(path, "{}"), 403, "reauthentication_required");
    expect_problem(client.post(path, object({{"password", ada.password}})), 403, "reauthentication_required");
    expect_problem(client.post(path, object({{"code", factor.code()}})), 403, "reauthentication_required");
    expect_problem(client.post(path, object({{"password", ada.password}, {"code", "000000"}})), 403,
                   "reauthentication_required");
    database.check(path);
  }
}

Test(second_factor, a_wrong_code_confirms_nothing) {
  const auto ada = sign_up();
  auto client = ada.client();
  expect_problem(client.post("/api/v1/auth/mfa/enroll", object({{"password", ada.password}})), 403,
                 "email_unverified");
  verify(ada);
  const std::string confirm = "/api/v1/auth/mfa/confirm";
  const auto body = object({{"password", ada.password}, {"code", "123456"}});
  expect_problem(client.post(confirm, body), 401, "mfa_invalid");
  expect(client.post("/api/v1/auth/mfa/enroll", object({{"password", ada.password}})), 200);
  Unchanged database;
  expect_problem(client.post(confirm, object({{"password", ada.password}, {"code", "no code"}})), 401,
                 "mfa_invalid");
  database.check(confirm);
  expect(sign_in(ada.email, ada.password), 200);
}

Test(second_factor, switching_it_on_or_off_ends_the_other_sessions_and_mails_the_owner) {
  const auto ada = sign_up();
  const auto elsewhere = account_of(sign_in(ada.email, ada.password), ada.email);
  const auto factor = enable_factor(ada);
  expect_problem(elsewhere.client().get("/users/me"), 401, "invalid_token");
  expect(ada.client().get("/users/me"), 200);
  require(newest_mail(ada.email, "security_changed").text.find("switched on") != std::string::npos, "mail");
  const auto disabled = ada.client().post("/api/v1/auth/mfa/disable",
                                          object({{"password", ada.password}, {"code", factor.code()}}));
  expect(disabled, 204);
  expect(sign_in(ada.email, ada.password), 200);
  require_equal(number_of("SELECT COUNT(*) FROM recovery_code WHERE user_id = " + binary(ada.user_id)), 0);
}

Test(second_factor, a_reset_password_still_asks_for_the_code_and_ends_a_sign_in_half_way) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto half_way = second_step_of(ada);
  expect(Client{}.post("/reset_password", object({{"email", ada.email}})), 202);
  const auto token = newest_mail(ada.email, "password_reset").token();
  const std::string fresh = "cobalt meadow 77 lantern";
  expect(Client{}.post("/reset_password", object({{"token", token}, {"new_password", fresh}})), 204);
  expect_problem(finish(half_way, factor.code()), 401, "mfa_invalid");
  expect_problem(sign_in(ada.email, fresh), 401, "mfa_required");
}

Test(second_factor, the_database_holds_neither_secret_nor_codes) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto sealed = text_of("SELECT HEX(secret_sealed) FROM totp WHERE user_id = " + binary(ada.user_id));
  require_equal(sealed.size(), std::size_t{2 * (20 + 29)}, "sealed");
  require_equal(number_of("SELECT COUNT(*) FROM recovery_code WHERE HEX(code) LIKE CONCAT('%', HEX(" +
                          literal(factor.recovery_codes[0]) + "), '%')"),
                0);
}

Test(second_factor, renewed_recovery_codes_replace_the_old_ones) {
  const auto ada = sign_up();
  const auto factor = enable_factor(ada);
  const auto renewed = ada.client().post("/api/v1/auth/mfa/recovery-codes",
                                         object({{"password", ada.password}, {"code", factor.code()}}));
  expect(renewed, 200);
  expect_problem(finish(second_step_of(ada), factor.recovery_codes[0]), 401, "mfa_invalid");
  expect(finish(second_step_of(ada), renewed.text("/recovery_codes/0")), 200);
}

// What refuses the rest of a request does not make a wrong guess of the password.
Test(second_factor, the_right_password_never_counts_as_a_failure) {
  const auto ada = sign_up();
  auto client = ada.client();
  for (int i = 0; i < 6; ++i) {
    expect_problem(client.post("/api/v1/auth/mfa/enroll", object({{"password", ada.password}})), 403,
                   "email_unverified");
    expect_problem(client.post("/api/v1/auth/change-password",
                               object({{"current_password", ada.password}, {"new_password", "password1"}})),
                   422, "password_refused");
  }
  // A wrong one is told apart from a session that has ended: a client that refreshes at 401 would try for
  // ever.
  expect_problem(client.post("/api/v1/auth/change-password",
                             object({{"current_password", "not it at all"}, {"new_password", "password1"}})),
                 403, "reauthentication_required");
  expect(sign_in(ada.email, ada.password), 200);
}

Test(second_factor, the_first_step_can_be_repeated_under_one_idempotency_key) {
  const auto ada = sign_up();
  enable_factor(ada);
  Client client;
  client.header("Idempotency-Key", fresh_id());
  const auto body = object({{"email", ada.email}, {"password", ada.password}});
  for (int i = 0; i < 2; ++i) expect_problem(client.post("/signin", body), 401, "mfa_required");
  require_equal(events_of(ada, "signin.password_accepted"), 2);
}
