// Signing in and getting back in: what an attacker learns, how often one may guess, and whose account an
// address is.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

const std::string kWrong = "wrong horse battery 13";

// A problem document without what differs by request.
std::string without_id(const Response& reply) {
  std::string body = reply.body;
  const auto id = reply.text("/request_id");
  body.replace(body.find(id), id.size(), "…");
  return std::to_string(reply.status) + ' ' + body;
}

void ask_for_reset(const std::string& email) {
  expect(Client{}.post("/reset_password", object({{"email", email}})), 202);
}

Response use_reset(const std::string& token, const std::string& password) {
  return Client{}.post("/reset_password", object({{"token", token}, {"new_password", password}}));
}

void set_status(const std::string& email, int status) {
  database().run("UPDATE user SET status = " + std::to_string(status) + " WHERE email = " + literal(email));
}

std::int64_t locked_until(const std::string& email) {
  return number_of("SELECT locked_until FROM user WHERE email = " + literal(email));
}

}  // namespace

Test(auth, an_unknown_user_a_wrong_password_and_a_deactivated_account_are_told_the_same) {
  const auto owner = sign_up();
  const auto inactive = sign_up();
  set_status(inactive.email, 1);
  const auto wrong = sign_in(owner.email, kWrong);
  expect_problem(wrong, 401, "invalid_credentials");
  for (const auto& other : {sign_in(fresh_email(), kWrong), sign_in(inactive.email, kWrong),
                            sign_in(inactive.email, inactive.password),
                            sign_in(owner.email, std::string("plum orbit canyon 42\0x", 22)),
                            sign_in(owner.email, "x"), sign_in(owner.email, std::string(1000, 'x'))}) {
    require_equal(without_id(other), without_id(wrong));
    require_equal(other.header("www-authenticate"), wrong.header("www-authenticate"));
  }
  // What no account can have is told to be no address, at this door as at the others.
  expect_problem(sign_in("no address", kWrong), 422, "validation_failed");
  // Its live token ended with it, at the latest when what the workers remember is stale.
  wait_until("the deactivated account's token is refused",
             [&] { return inactive.client().get("/users/me").status == 401; });
  expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", inactive.refresh_token}})), 401,
                 "invalid_token");
}

Test(auth, a_reset_for_an_unknown_or_deactivated_account_is_told_the_same_and_mails_nothing) {
  const auto owner = sign_up();
  const auto inactive = sign_up();
  set_status(inactive.email, 1);
  const auto unknown = fresh_email();
  Client client;
  const auto known = client.post("/reset_password", object({{"email", owner.email}}));
  expect(known, 202);
  for (const auto& email : {unknown, inactive.email}) {
    const auto reply = client.post("/reset_password", object({{"email", email}}));
    expect(reply, 202);
    require_equal(reply.body, known.body);
    require_equal(
        number_of(
            "SELECT COUNT(*) FROM outbox WHERE template = 'password_reset' AND status = 0 AND recipient = " +
            literal(email)),
        0);
  }
}

Test(auth, five_failures_lock_the_account_even_for_the_right_password) {
  const auto owner = sign_up();
  for (int i = 0; i < 5; ++i) expect_problem(sign_in(owner.email, kWrong), 401, "invalid_credentials");
  const auto locked = sign_in(owner.email, owner.password);
  require_equal(without_id(locked), without_id(sign_in(fresh_email(), kWrong)));
  const auto until = locked_until(owner.email) - number_of("SELECT UNIX_TIMESTAMP()");
  require(until > 1700 && until <= 1800, "locked for " + std::to_string(until) + " seconds");
  // The living session goes on: a stranger who guesses does not sign its owner out.
  expect(owner.client().get("/users/me"), 200);

  database().run("UPDATE user SET locked_until = UNIX_TIMESTAMP() WHERE email = " + literal(owner.email));
  expect_problem(sign_in(owner.email, kWrong), 401, "invalid_credentials");
  expect(sign_in(owner.email, owner.password), 200);
  require_equal(
      number_of("SELECT failed_signins + locked_until FROM user WHERE email = " + literal(owner.email)), 0);
}

Test(auth, four_failures_are_forgotten_by_a_success) {
  const auto owner = sign_up();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4; ++i) sign_in(owner.email, kWrong);
    expect(sign_in(owner.email, owner.password), 200);
  }
}

Test(auth, parallel_guesses_beyond_the_limit_are_not_evaluated) {
  // With the right password after 20 wrong ones at once: had a sixth been evaluated, it would have signed in.
  for (int round = 0; round < 3; ++round) {
    const auto owner = sign_up();
    const auto replies = at_once(20, [&](std::size_t) { return sign_in(owner.email, kWrong).status; });
    for (const int status : replies) require_equal(status, 401);
    require(locked_until(owner.email) > 0, "20 parallel failures did not lock");
    require_equal(number_of("SELECT failed_signins FROM user WHERE email = " + literal(owner.email)), 5);
    expect_problem(sign_in(owner.email, owner.password), 401, "invalid_credentials");
  }
}

Test(auth, the_right_password_in_a_crowd_of_guesses_is_not_evaluated_once_the_account_is_locked) {
  for (int round = 0; round < 3; ++round) {
    const auto owner = sign_up();
    // The first tries as soon as five guesses are counted, while most of them are still being hashed.
    const auto replies = at_once(12, [&](std::size_t i) {
      if (i > 0) return sign_in(owner.email, kWrong).status;
      wait_until("the account is locked", [&] { return locked_until(owner.email) > 0; });
      return sign_in(owner.email, owner.password).status;
    });
    for (const int status : replies) require_equal(status, 401);
    const auto events =
        "SELECT COUNT(*) FROM account_event WHERE user_id = " + binary(owner.user_id) + " AND type = ";
    require_equal(number_of(events + "'signin.failed'"), 12, "guesses that were written down");
    require_equal(number_of(events + "'signin.succeeded'"), 0);
    require_equal(number_of("SELECT failed_signins FROM user WHERE email = " + literal(owner.email)), 5);
  }
}

Test(auth, a_locked_out_owner_gets_back_in_by_mail) {
  const auto owner = sign_up();
  for (int i = 0; i < 6; ++i) sign_in(owner.email, kWrong);
  ask_for_reset(owner.email);
  const std::string fresh = "marble lantern 79 quick";
  expect(use_reset(newest_mail(owner.email, "password_reset").token(), fresh), 204);
  expect(sign_in(owner.email, fresh), 200);
}

Test(auth, a_reset_link_works_once_and_only_the_newest) {
  const auto owner = sign_up();
  ask_for_reset(owner.email);
  const auto older = newest_mail(owner.email, "password_reset").token();
  ask_for_reset(owner.email);
  wait_until("the second mail", [&] { return newest_mail(owner.email, "password_reset").token() != older; });
  const auto newer = newest_mail(owner.email, "password_reset").token();
  expect_problem(use_reset(older, "marble lantern 80 quick"), 400, "token_invalid");
  // A refused password does not use the link up.
  expect_problem(use_reset(newer, "password"), 422, "password_refused");
  expect(use_reset(newer, "marble lantern 81 quick"), 204);
  expect_problem(use_reset(newer, "marble lantern 82 quick"), 400, "token_invalid");
  expect(sign_in(owner.email, "marble lantern 81 quick"), 200);
}

Test(auth, parallel_uses_of_a_reset_link_change_the_password_once) {
  const auto owner = sign_up();
  ask_for_reset(owner.email);
  const auto token = newest_mail(owner.email, "password_reset").token();
  const auto statuses = at_once(10, [&](std::size_t i) {
    return use_reset(token, "marble lantern 9" + std::to_string(i) + " quick").status;
  });
  require_equal(std::count(statuses.begin(), statuses.end(), 204), 1);
  require_equal(std::count(statuses.begin(), statuses.end(), 400), 9);
}

Test(auth, an_expired_reset_link_and_links_of_another_purpose_are_refused) {
  const auto owner = sign_up();
  const auto verification = newest_mail(owner.email, "verification").token();
  expect_problem(use_reset(verification, "marble lantern 83 quick"), 400, "token_invalid");
  ask_for_reset(owner.email);
  const auto token = newest_mail(owner.email, "password_reset").token();
  Client client;
  expect_problem(client.post("/api/v1/auth/verify-email", object({{"token", token}})), 400, "token_invalid");
  expect_problem(client.post("/accept_invite", object({{"token", token}})), 410, "invite_gone");
  client.bearer(token);
  expect_problem(client.get("/users/me"), 401, "invalid_token");
  database().run("UPDATE one_time_token SET expires_at = UNIX_TIMESTAMP() WHERE purpose = 1 AND user_id = " +
                 binary(owner.user_id));
  expect_problem(use_reset(token, "marble lantern 84 quick"), 400, "token_invalid");
}

Test(auth, a_new_password_for_an_address_alone_is_told_to_be_a_request_for_a_link) {
  const auto owner = sign_up();
  std::string told;
  for (const auto& email : {owner.email, fresh_email()}) {
    const auto reply = Client{}.post("/reset_password",
                                     object({{"email", email}, {"new_password", "marble lantern 84 quick"}}));
    expect(reply, 202);
    require(reply.body.find("No password was changed") != std::string::npos, reply.body);
    if (told.empty()) told = reply.body;
    require_equal(reply.body, told);
  }
  expect(Client{}.post("/signin", object({{"email", owner.email}, {"password", kPassword}})), 200);
}

Test(auth, a_forged_host_does_not_move_the_links_of_a_mail) {
  const auto owner = sign_up();
  for (const char* name : {"Host", "X-Forwarded-Host", "Forwarded", "X-Original-Host"}) {
    const auto before = count_mails(owner.email, "password_reset");
    const auto reply =
        Client{}.send({"POST",
                       "/reset_password",
                       object({{"email", owner.email}}),
                       "application/json",
                       {{name, name == std::string{"Forwarded"} ? "host=evil.example" : "evil.example"}}});
    expect(reply, 202);
    require_equal(count_mails(owner.email, "password_reset"), before + 1);
    const auto mail = newest_mail(owner.email, "password_reset");
    require(mail.link().starts_with(setting("PUBLIC_URL") + "/reset#token="), mail.link());
    require(mail.raw.find("evil.example") == std::string::npos &&
                mail.html.find("evil.example") == std::string::npos,
            mail.raw);
  }
}

Test(auth, an_address_in_other_letters_is_the_same_account) {
  const auto name = fresh_name("ada");
  Client client;
  expect(client.post("/signup", sign_up_body(name + "@example.com", "Acme")), 201);
  std::string upper = name;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string full_width = "\xEF\xBD\x81\xEF\xBD\x84\xEF\xBD\x81" + name.substr(3);  // ａｄａ
  for (const auto& spelling : {upper + "@example.com", name + "@EXAMPLE.com", full_width + "@example.com",
                               name + "@\xEF\xBD\x85xample.com",
                               name + "@example\xE3\x80\x82"
                                      "com"}) {
    expect_problem(client.post("/signup", sign_up_body(spelling, "Acme")), 409, "email_taken");
    expect(sign_in(spelling, kPassword), 200);
  }
  // A letter of another alphabet that looks alike makes an address that mail could not reach.
  expect_problem(client.post("/signup", sign_up_body("\xD0\xB0" + name.substr(1) + "@example.com", "Acme")),
                 422, "validation_failed");
  require_equal(
      number_of("SELECT COUNT(*) FROM user WHERE email LIKE " + literal('%' + name.substr(1) + '%')), 1);
}

Test(auth, passwords_that_differ_after_72_bytes_are_different_and_spellings_of_one_are_one) {
  const std::string head = "plum orbit canyon " + std::string(60, 'x');
  const auto email = fresh_email();
  Client client;
  expect(client.post("/signup", sign_up_body(email, "Acme", head + "-one")), 201);
  expect_problem(sign_in(email, head + "-two"), 401, "invalid_credentials");
  expect_problem(sign_in(email, head), 401, "invalid_credentials");
  expect(sign_in(email, head + "-one"), 200);
  const auto other = fresh_email();
  expect(client.post("/signup", sign_up_body(other, "Acme", "plum orbit caf\xC3\xA9 42")), 201);
  expect(sign_in(other, "plum orbit cafe\xCC\x81 42"), 200);
}

Test(auth, a_refused_sign_in_with_an_idempotency_key_can_be_repeated) {
  const auto owner = sign_up();
  Client client;
  client.header("Idempotency-Key", fresh_name("key"));
  const auto wrong = object({{"email", owner.email}, {"password", kWrong}});
  expect_problem(client.post("/signin", wrong), 401, "invalid_credentials");
  expect_problem(client.post("/signin", wrong), 401, "invalid_credentials");
}
