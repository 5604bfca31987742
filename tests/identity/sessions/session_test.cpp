// Refresh tokens: rotated once, whoever asks, and worth nothing to a thief.
#include <criterion/criterion.h>

#include <set>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

Response refresh(const std::string& token) {
  return Client{}.post("/refresh_token", object({{"refresh_token", token}}));
}

std::string sessions_of(const Account& account) {
  return " FROM session WHERE user_id = " + binary(account.user_id);
}

void age_rotation(const Account& account, int seconds) {
  database().run("UPDATE session SET rotated_at = rotated_at - " + std::to_string(seconds) +
                 " WHERE user_id = " + binary(account.user_id));
}

// Eight connections, so that every worker is asked; all have seen the token before.
void expect_everywhere(const Account& account, int status,
                       const std::source_location& at = std::source_location::current()) {
  const auto statuses = at_once(8, [&](std::size_t) { return account.client().get("/users/me").status; });
  for (const int found : statuses) require_equal(found, status, "GET /users/me", at);
}

}  // namespace

Test(session, a_client_that_lost_the_reply_gets_the_current_pair_within_the_grace) {
  const auto owner = sign_up();
  const auto first = refresh(owner.refresh_token);
  const auto again = refresh(owner.refresh_token);
  expect(again, 200);
  require_equal(again.text("/refresh_token"), first.text("/refresh_token"));
  require_equal(number_of("SELECT counter" + sessions_of(owner)), 1);
}

Test(session, a_replay_after_the_grace_ends_the_session_for_everybody) {
  const auto owner = sign_up();
  const auto next = refresh(owner.refresh_token);
  expect(next, 200);
  // Its owner has got the reply, and uses it.
  expect(account_of(next, owner.email).client().get("/users/me"), 200);
  age_rotation(owner, 11);
  expect_problem(refresh(owner.refresh_token), 401, "refresh_reused");
  require_equal(number_of("SELECT COUNT(*)" + sessions_of(owner)), 0);
  require_equal(
      number_of("SELECT COUNT(*) FROM account_event WHERE type = 'session.token_reused' AND user_id = " +
                binary(owner.user_id)),
      1, "its owner can read of it");
  expect_problem(refresh(next.text("/refresh_token")), 401, "invalid_token");
  expect_problem(owner.client().get("/users/me"), 401, "invalid_token");
  expect_problem(account_of(next, owner.email).client().get("/users/me"), 401, "invalid_token");
}

Test(session, a_token_two_rotations_old_ends_the_session_even_within_the_grace) {
  const auto owner = sign_up();
  const auto second = refresh(owner.refresh_token).text("/refresh_token");
  const auto third = refresh(second).text("/refresh_token");
  expect_problem(refresh(owner.refresh_token), 401, "refresh_reused");
  expect_problem(refresh(third), 401, "invalid_token");
}

Test(session, twenty_parallel_refreshes_rotate_once_and_agree) {
  for (int round = 0; round < 5; ++round) {
    const auto owner = sign_up();
    const auto replies = at_once(20, [&](std::size_t) { return refresh(owner.refresh_token); });
    std::set<std::string> tokens;
    for (const auto& reply : replies) {
      expect(reply, 200);
      tokens.insert(reply.text("/refresh_token"));
    }
    require_equal(tokens.size(), 1U, "pairs");
    require_equal(number_of("SELECT counter" + sessions_of(owner)), 1, "rotations");
    expect(refresh(*tokens.begin()), 200);
  }
}

Test(session, parallel_replays_after_the_grace_leave_no_live_session) {
  const auto owner = sign_up();
  const auto next = refresh(owner.refresh_token);
  expect(account_of(next, owner.email).client().get("/users/me"), 200);
  age_rotation(owner, 60);
  const auto replies = at_once(10, [&](std::size_t) { return refresh(owner.refresh_token).status; });
  for (const int status : replies) require_equal(status, 401);
  require_equal(number_of("SELECT COUNT(*)" + sessions_of(owner)), 0);
}

Test(session, an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing) {
  const auto owner = sign_up();
  expect_problem(refresh(owner.access_token), 401, "invalid_token");
  Client client;
  client.bearer(owner.refresh_token);
  expect_problem(client.get("/users/me"), 401, "invalid_token");
  std::string forged = owner.refresh_token;
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  for (const auto& token :
       {forged, owner.refresh_token + "A", owner.refresh_token.substr(1), std::string{"x"}})
    expect_problem(refresh(token), 401, "invalid_token");
  require_equal(number_of("SELECT counter" + sessions_of(owner)), 0);
}

Test(session, a_session_ends_when_it_was_idle_or_is_too_old) {
  const auto idle = sign_up();
  database().run("UPDATE session SET expires_at = UNIX_TIMESTAMP() WHERE user_id = " + binary(idle.user_id));
  expect_problem(refresh(idle.refresh_token), 401, "invalid_token");
  expect_problem(idle.client().get("/users/me"), 401, "invalid_token");
  const auto old = sign_up();
  database().run("UPDATE session SET ends_at = UNIX_TIMESTAMP() WHERE user_id = " + binary(old.user_id));
  expect_problem(refresh(old.refresh_token), 401, "invalid_token");
  // It slides, but never beyond its end.
  const auto sliding = sign_up();
  database().run(
      "UPDATE session SET expires_at = expires_at - 1000, ends_at = UNIX_TIMESTAMP() + 5000 WHERE user_id "
      "= " +
      binary(sliding.user_id));
  const auto next = refresh(sliding.refresh_token);
  require(next.number("/refresh_expires_in") <= 5000 && next.number("/refresh_expires_in") > 4900,
          next.describe());
  require_equal(number_of("SELECT expires_at - ends_at" + sessions_of(sliding)), 0);
}

Test(session, an_access_token_ends_to_the_second_although_the_workers_remember_it) {
  const auto owner = sign_up();
  auto client = owner.client();
  expect(client.get("/users/me"), 200);
  const MovedClock clock;
  clock.set(880);
  expect(client.get("/users/me"), 200);
  expect(client.get("/users/me"), 200);
  clock.set(901);
  expect_problem(client.get("/users/me"), 401, "invalid_token");
  expect(refresh(owner.refresh_token), 200);
}

Test(session, what_ends_a_token_counts_in_every_worker_at_once) {
  for (int round = 0; round < 20; ++round) {
    const auto owner = sign_up();
    const auto member = invite_and_accept(owner, "admin");
    // All workers have seen the token, over connections of their own.
    at_once(8,
            [&](std::size_t) { return expect(member.client().get("/organization/list_users"), 200).status; });
    const auto body = object({{"user_id", member.user_id}, {"new_role_name", "viewer"}});
    expect(owner.client().post("/update_member_role", body), 200);
    const auto demoted =
        at_once(8, [&](std::size_t) { return member.client().get("/organization/list_users").status; });
    for (const int status : demoted) require_equal(status, 403, "after the demotion");
    expect(owner.client().del("/delete", object({{"user_id", member.user_id}})), 204);
    const auto removed =
        at_once(8, [&](std::size_t) { return member.client().get("/organization/list_users").status; });
    for (const int status : removed) require_equal(status, 401, "after the removal");
  }
}

Test(session, a_sign_out_a_changed_password_a_reset_or_a_replay_counts_in_every_worker_at_once) {
  for (int round = 0; round < 5; ++round) {
    const auto owner = sign_up();
    const auto again = [&](const std::string& password) {
      return account_of(expect(sign_in(owner.email, password), 200), owner.email);
    };
    const auto leaver = again(owner.password);
    expect_everywhere(leaver, 200);
    expect(leaver.client().post("/logout"), 204);
    expect_everywhere(leaver, 401);
    expect_problem(refresh(leaver.refresh_token), 401, "invalid_token");

    const auto elsewhere = again(owner.password);
    expect_everywhere(elsewhere, 200);
    expect_everywhere(owner, 200);
    const auto change =
        object({{"current_password", owner.password}, {"new_password", "violet harbor stone 81"}});
    expect(owner.client().post("/api/v1/auth/change-password", change), 204);
    expect_everywhere(elsewhere, 401);
    expect_everywhere(owner, 200);
    expect_problem(refresh(elsewhere.refresh_token), 401, "invalid_token");

    const auto robbed = again("violet harbor stone 81");
    expect_everywhere(robbed, 200);
    const auto next = refresh(robbed.refresh_token);
    expect(next, 200);
    expect_everywhere(account_of(next, robbed.email), 200);
    age_rotation(robbed, 60);
    expect_problem(refresh(robbed.refresh_token), 401, "refresh_reused");
    expect_everywhere(robbed, 401);
  }
}

Test(session, a_reset_ends_every_session_in_every_worker_at_once) {
  for (int round = 0; round < 5; ++round) {
    const auto owner = sign_up();
    expect_everywhere(owner, 200);
    expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
    const auto token = newest_mail(owner.email, "password_reset").token();
    expect(Client{}.post("/reset_password",
                         object({{"token", token}, {"new_password", "violet harbor stone 82"}})),
           204);
    expect_everywhere(owner, 401);
    expect_problem(refresh(owner.refresh_token), 401, "invalid_token");
  }
}
