// Guessing locks an account, but not its owner out of it: a network that the owner has signed in from has
// guesses of its own. auth_test.cpp has what strangers meet.
#include <criterion/criterion.h>

#include <memory>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

const std::string kWrong = "wrong horse battery 13";
const std::string kHome = "192.0.2.1";
const std::string kStranger = "203.0.113.9";

Client from(const std::string& address) {
  Client client;
  client.header("X-Forwarded-For", address);
  return client;
}

int try_from(const std::string& address, const std::string& email, const std::string& password) {
  return from(address).post("/signin", object({{"email", email}, {"password", password}})).status;
}

Account sign_up_from(const std::string& address) {
  const auto email = fresh_email("owner");
  const auto reply = from(address).post("/signup", sign_up_body(email, "Acme"));
  expect(reply, 201);
  return account_of(reply, email);
}

std::int64_t locked(const Account& account) {
  return number_of("SELECT locked_until > UNIX_TIMESTAMP() FROM user WHERE id = " + binary(account.user_id));
}

// Where addresses differ: nginx believes X-Forwarded-For.
std::unique_ptr<PrivateStack> many_networks() {
  auto stack = std::make_unique<PrivateStack>();
  stack->take_the_suites_place();
  stack->trust_local_proxy();
  return stack;
}

}  // namespace

Test(lockout, guesses_from_elsewhere_do_not_lock_the_owner_out) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  for (int i = 0; i < 12; ++i) require_equal(try_from(kStranger, owner.email, kWrong), 401);
  require_equal(locked(owner), 1);
  require_equal(try_from(kHome, owner.email, owner.password), 200);
  require_equal(try_from("::ffff:" + kHome, owner.email, owner.password), 200);
  // The lock stays for everybody else, also for the right password, and buys nobody new guesses.
  require_equal(locked(owner), 1);
  require_equal(try_from(kStranger, owner.email, owner.password), 401);
  require_equal(try_from("198.51.100.7", owner.email, owner.password), 401);
  require_equal(number_of("SELECT failed_signins FROM user WHERE id = " + binary(owner.user_id)), 5);
}

Test(lockout, a_known_network_has_five_guesses_of_its_own_and_no_more) {
  const auto stack = many_networks();
  for (int round = 0; round < 3; ++round) {
    const auto owner = sign_up_from(kHome);
    for (int i = 0; i < 5; ++i) try_from(kStranger, owner.email, kWrong);
    at_once(20, [&](std::size_t) { return try_from(kHome, owner.email, kWrong); });
    require_equal(
        number_of("SELECT failed_signins FROM known_network WHERE user_id = " + binary(owner.user_id)), 5);
    // Had a sixth been evaluated, this one would have been too.
    require_equal(try_from(kHome, owner.email, owner.password), 401);
  }
}

Test(lockout, what_is_guessed_from_a_known_network_counts_for_the_account_too) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  for (int i = 0; i < 5; ++i) try_from(kHome, owner.email, kWrong);
  require_equal(locked(owner), 1);
  require_equal(try_from(kHome, owner.email, owner.password), 401);
  require_equal(try_from(kStranger, owner.email, owner.password), 401);
}

Test(lockout, a_success_forgets_the_failures_of_its_network) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  for (int i = 0; i < 5; ++i) try_from(kStranger, owner.email, kWrong);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4; ++i) try_from(kHome, owner.email, kWrong);
    require_equal(try_from(kHome, owner.email, owner.password), 200);
  }
}

Test(lockout, a_failed_sign_in_makes_no_network_known) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  for (int i = 0; i < 6; ++i) try_from(kStranger, owner.email, kWrong);
  require_equal(number_of("SELECT COUNT(*) FROM known_network WHERE user_id = " + binary(owner.user_id)), 1);
}

Test(lockout, who_resets_the_password_gets_in_while_the_guessing_goes_on) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  const auto guess = [&] { return try_from(kStranger, owner.email, kWrong); };
  for (int i = 0; i < 6; ++i) guess();
  // On a journey: this network has never been seen.
  const std::string hotel = "198.51.100.23";
  require_equal(try_from(hotel, owner.email, owner.password), 401);
  expect(from(hotel).post("/reset_password", object({{"email", owner.email}})), 202);
  const std::string fresh = "marble lantern 79 quick";
  const auto token = newest_mail(owner.email, "password_reset").token();
  expect(from(hotel).post("/reset_password", object({{"token", token}, {"new_password", fresh}})), 204);
  for (int i = 0; i < 6; ++i) guess();
  require_equal(locked(owner), 1);
  require_equal(try_from(hotel, owner.email, fresh), 200);
  // Whoever was in the account before may have been a thief: home is not known until the owner is there.
  require_equal(try_from(kHome, owner.email, fresh), 401);
}

Test(lockout, the_live_session_of_a_locked_account_proves_its_password_from_home) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  for (int i = 0; i < 6; ++i) try_from(kStranger, owner.email, kWrong);
  const auto change = [&](const std::string& address) {
    return from(address)
        .bearer(owner.access_token)
        .post("/api/v1/auth/change-password",
              object({{"current_password", owner.password}, {"new_password", "marble lantern 79 quick"}}));
  };
  expect_problem(change(kStranger), 403, "reauthentication_required");
  expect(change(kHome), 204);
}

Test(lockout, an_account_knows_its_ten_newest_networks) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  database().run("UPDATE known_network SET last_used_at = last_used_at - 100 WHERE user_id = " +
                 binary(owner.user_id));
  for (int i = 1; i <= 10; ++i)
    require_equal(try_from("198.51.100." + std::to_string(i), owner.email, owner.password), 200);
  require_equal(number_of("SELECT COUNT(*) FROM known_network WHERE user_id = " + binary(owner.user_id)), 10);
  require_equal(number_of("SELECT COUNT(*) FROM known_network WHERE network = INET6_ATON(" + literal(kHome) +
                          ") AND user_id = " + binary(owner.user_id)),
                0);
}

Test(lockout, a_network_that_was_not_used_for_long_is_not_known) {
  const auto stack = many_networks();
  const auto owner = sign_up_from(kHome);
  database().run("UPDATE known_network SET last_used_at = last_used_at - 91 * 86400 WHERE user_id = " +
                 binary(owner.user_id));
  for (int i = 0; i < 5; ++i) try_from(kStranger, owner.email, kWrong);
  require_equal(try_from(kHome, owner.email, owner.password), 401);
}
