// The mail that tells an owner of the account's lock, and the link in it that lifts the lock.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kWrong = "wrong horse battery 13";
constexpr int kFailures = 5;

void guess(const std::string& email, int times) {
  for (int i = 0; i < times; ++i) expect_problem(sign_in(email, kWrong), 401, "invalid_credentials");
}

std::size_t lock_mails(const std::string& email) { return count_mails(email, "account_locked"); }

// It is ordered behind the reply.
std::string mailed_token(const Account& owner) {
  wait_until("the mail", [&] { return lock_mails(owner.email) > 0; });
  return newest_mail(owner.email, "account_locked").token();
}

Response unlock(const std::string& token) {
  return Client{}.post("/api/v1/auth/unlock", object({{"token", token}}));
}

std::int64_t is_locked(const Account& account) {
  return number_of("SELECT locked_until > UNIX_TIMESTAMP() FROM user WHERE id = " + binary(account.user_id));
}

// An account whose owner has never signed in from here: nothing but its lock counts.
Account locked_account() {
  const auto owner = sign_up();
  verify(owner);
  database().run("DELETE FROM known_network WHERE user_id = " + binary(owner.user_id));
  guess(owner.email, kFailures);
  return owner;
}

}  // namespace

Test(lock_mail, the_guess_that_locks_an_account_mails_its_owner_once) {
  const auto owner = sign_up();
  verify(owner);
  guess(owner.email, kFailures - 1);
  require_equal(lock_mails(owner.email), 0U);
  guess(owner.email, 1);
  wait_until("the mail", [&] { return lock_mails(owner.email) == 1; });
  const auto mail = newest_mail(owner.email, "account_locked");
  for (const auto& part : {std::string{"127.0.0.1"}, std::string{"for 30 minutes"}, owner.email})
    require(mail.text.find(part) != std::string::npos, mail.text);
  require(mail.link().find("/unlock#token=") != std::string::npos, mail.link());
  guess(owner.email, 3);
  require_equal(lock_mails(owner.email), 1U);
}

Test(lock_mail, the_link_lifts_the_lock_once_and_gives_nothing_else) {
  const auto owner = locked_account();
  expect_problem(sign_in(owner.email, owner.password), 401, "invalid_credentials");
  const auto token = mailed_token(owner);
  const auto sessions = number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(owner.user_id));
  const auto lifted = unlock(token);
  expect(lifted, 204);
  require_equal(lifted.body, "");
  require_equal(audit_rows_of(lifted), 1);
  require_equal(is_locked(owner), 0);
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(owner.user_id)), sessions);
  guess(owner.email, 1);
  expect(sign_in(owner.email, owner.password), 200);
  Unchanged database;
  expect_problem(unlock(token), 400, "token_invalid");
  database.check("a link that was used");
}

Test(lock_mail, the_link_ends_with_the_lock_and_takes_no_other_token) {
  const MovedClock clock;
  const auto owner = locked_account();
  const auto token = mailed_token(owner);
  expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
  const auto reset = newest_mail(owner.email, "password_reset").token();
  auto before = Snapshot::take();
  for (const auto& other : {reset, std::string{"unknown"}})
    expect_problem(unlock(other), 400, "token_invalid");
  expect_problem(Client{}.post("/api/v1/auth/password-reset/confirm",
                               object({{"token", token}, {"new_password", kPassword}})),
                 400, "token_invalid");
  expect_problem(Client{}.post("/api/v1/auth/verify-email", object({{"token", token}})), 400,
                 "token_invalid");
  expect_problem(Client{}.post("/api/v1/auth/unlock", "{}"), 422, "validation_failed");
  require_equal(before.difference(Snapshot::take()), "", "tokens of another kind");
  clock.set(1801);
  before = Snapshot::take();
  expect_problem(unlock(token), 400, "token_invalid");
  require_equal(before.difference(Snapshot::take()), "", "a link whose lock is over");
}

Test(lock_mail, an_address_that_is_not_proven_or_has_no_account_gets_none) {
  const auto unproven = sign_up();
  const auto nobody = fresh_email();
  const auto inactive = sign_up();
  verify(inactive);
  database().run("UPDATE user SET status = 1 WHERE id = " + binary(inactive.user_id));
  const auto proven = sign_up();
  verify(proven);
  for (const auto& email : {unproven.email, nobody, inactive.email, proven.email}) guess(email, kFailures);
  // The one behind the others tells that theirs would be there.
  wait_until("the mail", [&] { return lock_mails(proven.email) == 1; });
  for (const auto& email : {unproven.email, nobody, inactive.email})
    require_equal(lock_mails(email), 0U, email);
  require_equal(is_locked(unproven), 1);
}

Test(lock_mail, the_right_password_at_the_last_guess_mails_nothing) {
  const auto owner = sign_up();
  verify(owner);
  guess(owner.email, kFailures - 1);
  expect(sign_in(owner.email, owner.password), 200);
  guess(owner.email, 1);
  require_equal(lock_mails(owner.email), 0U);
}

Test(lock_mail, guesses_at_once_lock_once_and_mail_once) {
  const auto owner = sign_up();
  verify(owner);
  at_once(12, [&](std::size_t) { return sign_in(owner.email, kWrong); });
  wait_until("the mail", [&] { return lock_mails(owner.email) > 0; });
  require_equal(lock_mails(owner.email), 1U);
}

Test(lock_mail, locks_have_a_budget_of_their_own) {
  const PrivateStack stack{{"LIMIT_MAIL_ALERTS=2", "LIMIT_MAIL=100", "LIMIT_MAIL_CAUSED=100"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  verify(owner);
  for (int lock = 0; lock < 4; ++lock) {
    guess(owner.email, kFailures);
    if (lock < 2)
      wait_until("the mail", [&] { return lock_mails(owner.email) == static_cast<std::size_t>(lock + 1); });
    if (lock == 1) {
      // The newest link that was sent stays good.
      database().run("UPDATE user SET failed_signins = 0, locked_until = 0 WHERE id = " +
                     binary(owner.user_id));
      guess(owner.email, kFailures);
      expect(unlock(mailed_token(owner)), 204);
    }
    database().run("UPDATE user SET failed_signins = 0, locked_until = 0 WHERE id = " +
                   binary(owner.user_id));
  }
  require_equal(lock_mails(owner.email), 2U);
  // Whoever locks the account keeps no alert of a change away.
  expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
  expect(Client{}.post("/api/v1/auth/password-reset/confirm",
                       object({{"token", newest_mail(owner.email, "password_reset").token()},
                               {"new_password", "another plum orbit 43"}})),
         204);
  require_equal(count_mails(owner.email, "password_changed"), 1U);
}
