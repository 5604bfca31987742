// What somebody else prepared, or still holds, does not survive the owner's act.
#include <criterion/criterion.h>

#include <atomic>
#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOwnPassword = "lantern violet bridge 7";

Response accept(const std::string& token, const std::string& password) {
  return Client{}.post("/accept_invite", object({{"token", token}, {"password", password}}));
}

}  // namespace

// Somebody signs up with a colleague's address before the colleague is invited.
Test(takeover, an_account_that_never_verified_its_address_gains_nothing_by_an_invitation) {
  const auto owner = sign_up();
  const auto squatter = sign_up("Squatters");
  expect(invite(owner, squatter.email, "admin"), 201);
  const auto token = invite_token(squatter.email);
  {
    Unchanged database;
    expect_problem(Client{}.post("/accept_invite", object({{"token", token}})), 422, "password_required");
    database.check("the token alone");
  }
  const auto key = make_api_key(squatter, R"(["users:read"])");
  expect(accept(token, kOwnPassword), 200);
  expect_problem(Client{}.header("X-Api-Key", key.key).get("/api/v1/members"), 401, "invalid_token");
  expect_problem(squatter.client().get("/users/me"), 401, "invalid_token");
  expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", squatter.refresh_token}})), 401,
                 "invalid_token");
  expect_problem(sign_in(squatter.email, squatter.password), 401, "invalid_credentials");
  expect(sign_in(squatter.email, kOwnPassword), 200);
  require_equal(stored_role(owner.org_id, squatter.user_id), "admin");
}

Test(takeover, who_is_signed_in_and_holds_the_mailed_link_needs_no_new_password) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  expect(invite(owner, guest.email, "viewer"), 201);
  expect(guest.client().post("/accept_invite", object({{"token", invite_token(guest.email)}})), 200);
  expect(guest.client().get("/users/me"), 200);
  expect(sign_in(guest.email, guest.password), 200);
}

// Whoever knew the password had a link mailed to an address of their own, and waits with it.
Test(takeover, no_change_of_address_that_was_asked_for_by_the_old_password_outlives_it) {
  for (const bool by_reset : {true, false}) {
    const auto victim = sign_up();
    const auto thief = fresh_email("thief");
    expect(victim.client().post("/api/v1/auth/change-email",
                                object({{"new_email", thief}, {"password", victim.password}})),
           202);
    const auto link = newest_mail(thief, "email_change").token();
    if (by_reset) {
      expect(Client{}.post("/reset_password", object({{"email", victim.email}})), 202);
      const auto token = newest_mail(victim.email, "password_reset").token();
      expect(Client{}.post("/reset_password", object({{"token", token}, {"new_password", kOwnPassword}})),
             204);
    } else {
      expect(victim.client().post(
                 "/api/v1/auth/change-password",
                 object({{"current_password", victim.password}, {"new_password", kOwnPassword}})),
             204);
    }
    Unchanged database;
    expect_problem(Client{}.post("/api/v1/auth/verify-email", object({{"token", link}})), 400,
                   "token_invalid");
    database.check("the link to the thief's address");
  }
}

Test(takeover, no_change_of_address_outlives_the_taking_over_of_an_unverified_account) {
  const auto owner = sign_up();
  const auto squatter = sign_up("Squatters");
  const auto thief = fresh_email("thief");
  expect(squatter.client().post("/api/v1/auth/change-email",
                                object({{"new_email", thief}, {"password", squatter.password}})),
         202);
  const auto link = newest_mail(thief, "email_change").token();
  expect(invite(owner, squatter.email, "admin"), 201);
  expect(accept(invite_token(squatter.email), kOwnPassword), 200);
  Unchanged database;
  expect_problem(Client{}.post("/api/v1/auth/verify-email", object({{"token", link}})), 400, "token_invalid");
  database.check("the squatter's link");
}

// A sign-in that read the old password's hash before a reset must not leave a session behind it.
Test(takeover, no_session_of_the_old_password_outlives_a_reset) {
  const auto victim = sign_up();
  for (int round = 0; round < 3; ++round) {
    const std::string old_password = round == 0 ? victim.password : kOwnPassword + std::to_string(round);
    const std::string new_password = kOwnPassword + std::to_string(round + 1);
    expect(Client{}.post("/reset_password", object({{"email", victim.email}})), 202);
    const auto token = newest_mail(victim.email, "password_reset").token();
    const auto replies = at_once(4, [&](std::size_t i) {
      if (i == 0)
        return Client{}.post("/reset_password", object({{"token", token}, {"new_password", new_password}}));
      return sign_in(victim.email, old_password);
    });
    expect(replies.front(), 204);
    for (std::size_t i = 1; i < replies.size(); ++i) {
      if (replies[i].status != 200) continue;
      const auto late = account_of(replies[i], victim.email);
      expect_problem(late.client().get("/users/me"), 401, "invalid_token");
    }
    expect_problem(sign_in(victim.email, old_password), 401, "invalid_credentials");
    expect(sign_in(victim.email, new_password), 200);
  }
}

Test(takeover, an_agent_of_any_bytes_is_no_failure) {
  const auto owner = sign_up();
  Client client;
  client.header("User-Agent", "\xFF\xFE\x1B[31m");
  expect(client.post("/signin", object({{"email", owner.email}, {"password", owner.password}})), 200);
}

Test(takeover, a_header_that_names_no_organization_is_not_found) {
  const auto owner = sign_up();
  for (const std::string& garbage : {std::string(100, 'a'), std::string{"\xFF\xFE"}, std::string{"a b"}}) {
    auto client = owner.client();
    client.header("X-Tenant-Id", garbage);
    expect_problem(client.get("/organization/list_users"), 404, "not_found");
  }
}

Test(takeover, an_idempotency_key_is_not_carried_into_another_organization) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto other = client.post("/organization/register", object({{"name", fresh_name("Second")}}));
  expect(other, 201);
  client.header("Idempotency-Key", fresh_name("key"));
  const auto email = fresh_email();
  const auto body = object({{"email", email}});
  expect(client.post("/invite_member", body), 201);
  client.header("X-Tenant-Id", other.text("/id"));
  const auto second = client.post("/invite_member", body);
  expect(second, 201);
  require_equal(second.text("/org_id"), other.text("/id"));
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE email = " + literal(email)), 2);
}

Test(takeover, the_slug_of_a_personal_organization_does_not_tell_the_address) {
  const auto email = fresh_email("secretive");
  const auto reply = Client{}.post("/users/register", object({{"email", email}, {"password", kPassword}}));
  expect(reply, 201);
  require(reply.text("/organization/slug").find("secretive") == std::string::npos,
          reply.text("/organization/slug"));
}
