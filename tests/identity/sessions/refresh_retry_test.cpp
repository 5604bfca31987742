// A client that lost the reply to a refresh asks again, later than the grace, and is told from a thief.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

Response refresh(const std::string& token) {
  return Client{}.post("/refresh_token", object({{"refresh_token", token}}));
}

void age_rotation(const Account& account, int seconds) {
  database().run("UPDATE session SET rotated_at = rotated_at - " + std::to_string(seconds) +
                 " WHERE user_id = " + binary(account.user_id));
}

std::int64_t counter_of(const Account& account) {
  return number_of("SELECT counter FROM session WHERE user_id = " + binary(account.user_id));
}

std::int64_t sessions_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(account.user_id));
}

}  // namespace

Test(refresh_retry, a_lost_reply_is_given_again_after_a_minute_while_nobody_used_it) {
  const auto owner = sign_up();
  const auto lost = refresh(owner.refresh_token);
  age_rotation(owner, 60);
  const auto again = refresh(owner.refresh_token);
  expect(again, 200);
  require_equal(again.text("/refresh_token"), lost.text("/refresh_token"));
  require_equal(counter_of(owner), 1);
  expect(account_of(again, owner.email).client().get("/users/me"), 200);
  expect(refresh(again.text("/refresh_token")), 200);
}

Test(refresh_retry, an_access_token_of_the_newer_pair_that_was_used_tells_a_thief) {
  const auto owner = sign_up();
  const auto next = account_of(refresh(owner.refresh_token), owner.email);
  age_rotation(owner, 60);
  // What was issued before the refresh says nothing about its reply.
  const auto again = refresh(owner.refresh_token);
  expect(again, 200);
  expect(next.client().get("/users/me"), 200);
  expect_problem(refresh(owner.refresh_token), 401, "refresh_reused");
  require_equal(sessions_of(owner), 0);
  expect_problem(next.client().get("/users/me"), 401, "invalid_token");
}

Test(refresh_retry, a_refresh_token_of_the_newer_pair_that_was_used_tells_a_thief) {
  const auto owner = sign_up();
  const auto next = refresh(owner.refresh_token);
  expect(refresh(next.text("/refresh_token")), 200);
  age_rotation(owner, 60);
  expect_problem(refresh(owner.refresh_token), 401, "refresh_reused");
  require_equal(sessions_of(owner), 0);
}

Test(refresh_retry, after_an_hour_nobody_asks_again) {
  const auto owner = sign_up();
  expect(refresh(owner.refresh_token), 200);
  age_rotation(owner, 3600);
  expect_problem(refresh(owner.refresh_token), 401, "refresh_reused");
  require_equal(sessions_of(owner), 0);
}

Test(refresh_retry, a_clock_that_was_set_back_makes_no_used_token_young) {
  const auto owner = sign_up();
  expect(refresh(owner.refresh_token), 200);
  database().run("UPDATE session SET rotated_at = rotated_at + 3600 WHERE user_id = " +
                 binary(owner.user_id));
  expect_problem(refresh(owner.refresh_token), 401, "refresh_reused");
  require_equal(sessions_of(owner), 0);
}

Test(refresh_retry, those_who_ask_again_at_once_get_one_pair) {
  const auto owner = sign_up();
  expect(refresh(owner.refresh_token), 200);
  age_rotation(owner, 60);
  const auto replies = at_once(10, [&](std::size_t) { return refresh(owner.refresh_token); });
  for (const auto& reply : replies) {
    expect(reply, 200);
    require_equal(reply.text("/refresh_token"), replies[0].text("/refresh_token"));
  }
  require_equal(counter_of(owner), 1);
}
