// Sessions without number: an account has so many, and however many there are they end at once.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;

namespace {

constexpr int kMost = 100;  // the setting's default

Account again(const Account& account, const std::string& password = "") {
  const auto reply = sign_in(account.email, password.empty() ? account.password : password);
  auto signed_in = account_of(expect(reply, 200), account.email);
  signed_in.org_id = account.org_id;
  return signed_in;
}

Response refresh(const Account& account) {
  return Client{}.post("/refresh_token", object({{"refresh_token", account.refresh_token}}));
}

std::string ends_of(const Account& account) { return "/api/v1/users/" + account.user_id + "/sessions"; }

std::int64_t rows_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM session WHERE user_id = " + binary(account.user_id));
}

std::int64_t live_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM tenantd_app.live_session WHERE user_id = " +
                   binary(account.user_id));
}

// Sessions as a thief might have begun them, each a second after the one before; some thousands a statement.
void add_sessions(const Account& account, int count) {
  constexpr int kAtOnce = 5000;
  for (int first = 0; first < count; first += kAtOnce)
    database().run(
        "INSERT INTO session (id, user_id, org_id, rotated_at, created_at, expires_at, ends_at, generation, "
        "born) "
        "SELECT RANDOM_BYTES(16), u.id, " +
        binary(account.org_id) + ", UNIX_TIMESTAMP() - 500000 + seq + " + std::to_string(first) +
        ", UNIX_TIMESTAMP() - 500000, UNIX_TIMESTAMP() + 86400, UNIX_TIMESTAMP() + 86400, u.generation, "
        "u.generation FROM user u JOIN " +
        series(std::min(kAtOnce, count - first)) + " WHERE u.id = " + binary(account.user_id));
}

void expect_ended(const Account& account) {
  const auto statuses = at_once(8, [&](std::size_t) { return account.client().get("/users/me").status; });
  for (const int status : statuses) require_equal(status, 401, "in every worker");
  expect_problem(refresh(account), 401, "invalid_token");
}

Finished sweep() { return run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}); }

}  // namespace

Test(session_ends, a_sign_in_beyond_the_bound_ends_the_session_used_longest_ago_and_tells) {
  const auto owner = sign_up();
  const auto used = again(owner);
  add_sessions(owner, kMost - 2);
  require_equal(live_of(owner), kMost);
  database().run(
      "UPDATE session SET rotated_at = 1 WHERE id = (SELECT id FROM (SELECT id FROM session WHERE user_id "
      "= " +
      binary(owner.user_id) + " ORDER BY id LIMIT 1) s) OR created_at < 0");
  const auto oldest =
      text_of("SELECT HEX(id) FROM session WHERE rotated_at = 1 AND user_id = " + binary(owner.user_id));
  const auto newest = again(owner);
  require_equal(live_of(owner), kMost);
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE id = 0x" + oldest), 0);
  expect(used.client().get("/users/me"), 200);
  expect(newest.client().get("/users/me"), 200);
  require_equal(
      number_of("SELECT COUNT(*) FROM account_event WHERE type = 'session.displaced' AND user_id = " +
                binary(owner.user_id)),
      1, "its owner can read of it");
}

Test(session_ends, sign_ins_at_once_keep_the_bound) {
  const auto owner = sign_up();
  add_sessions(owner, kMost - 1);
  const auto statuses = at_once(12, [&](std::size_t) { return sign_in(owner.email, owner.password).status; });
  for (const int status : statuses) require_equal(status, 200);
  require_equal(live_of(owner), kMost);
}

Test(session_ends, far_beyond_the_bound_one_sign_in_restores_it) {
  const auto owner = sign_up();
  add_sessions(owner, 5000);
  const auto newest = again(owner);
  require_equal(live_of(owner), kMost);
  expect(newest.client().get("/users/me"), 200);
  expect(owner.client().get("/users/me"), 200);
}

Test(session_ends, any_number_ends_at_once_and_the_sweeper_removes_the_rows) {
  const Alone alone;
  const auto owner = sign_up();
  const auto thief = again(owner);
  const auto stranger = sign_up();
  add_sessions(owner, 20000);
  const auto started = tenantd::monotonic_microseconds();
  expect(owner.client().del(ends_of(owner), ""), 204);
  require((tenantd::monotonic_microseconds() - started) / 1000 < 5000,
          "it takes as long as there are sessions");
  expect_ended(owner);
  expect_ended(thief);
  require_equal(live_of(owner), 0);
  require(rows_of(owner) > 19999, "the rows went with the request");
  const auto back = again(owner);
  for (int i = 0; i < 2; ++i) require_equal(sweep().status, 0, "sweep");
  require_equal(rows_of(owner), 1);
  expect(back.client().get("/users/me"), 200);
  expect(stranger.client().get("/users/me"), 200);
}

Test(session_ends, an_administrator_ends_any_number_of_a_member_at_once) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  add_sessions(member, 20000);
  expect(owner.client().del(ends_of(member), ""), 204);
  expect_ended(member);
  require_equal(live_of(member), 0);
  const auto listed = owner.client().get(ends_of(member) + "?include_total=true");
  expect(listed, 200);
  require_equal(listed.size("/items"), 0U);
  require_equal(listed.number("/total"), 0);
  expect(again(member).client().get("/users/me"), 200);
}

Test(session_ends, in_one_second_those_before_die_and_those_after_live) {
  for (int round = 0; round < 5; ++round) {
    const auto owner = sign_up();
    const auto before = again(owner);
    expect(before.client().del(ends_of(owner), ""), 204);
    const auto after = again(owner);
    expect_ended(before);
    expect_ended(owner);
    expect(after.client().get("/users/me"), 200);
    expect(refresh(after), 200);
  }
}

Test(session_ends, in_one_second_an_administrator_shuts_out_those_before_and_no_other) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  for (int round = 0; round < 3; ++round) {
    const auto before = again(member);
    expect(owner.client().del(ends_of(member), ""), 204);
    const auto after = again(member);
    expect_ended(before);
    expect(after.client().get("/api/v1/auth/status"), 200);
  }
}

Test(session_ends, what_has_ended_is_not_kept_by_the_next_ending) {
  const auto owner = sign_up();
  const auto kept = again(owner);
  const auto change = [](const Account& by, const std::string& from, const std::string& to) {
    return by.client().post("/api/v1/auth/change-password",
                            object({{"current_password", from}, {"new_password", to}}));
  };
  expect(change(kept, owner.password, "violet harbor stone 83"), 204);
  expect_ended(owner);
  expect(kept.client().get("/users/me"), 200);
  const auto other = again(owner, "violet harbor stone 83");
  expect(change(other, "violet harbor stone 83", "violet harbor stone 84"), 204);
  expect_ended(kept);
  expect(other.client().get("/users/me"), 200);
  require_equal(live_of(owner), 1);
}

Test(session_ends, a_session_that_was_kept_stays_shut_out) {
  const auto host = sign_up("Host");
  const auto guest = sign_up("Home");
  join(host, guest, "member");
  const auto at_host = [&](const Account& account) {
    return account.client().header("X-Tenant-Id", host.org_id).get("/api/v1/auth/status");
  };
  expect(at_host(guest), 200);
  expect(host.client().del(ends_of(guest), ""), 204);
  expect_problem(at_host(guest), 404, "not_found");
  expect(guest.client().post(
             "/api/v1/auth/change-password",
             object({{"current_password", guest.password}, {"new_password", "violet harbor stone 85"}})),
         204);
  expect(guest.client().get("/users/me"), 200);
  expect_problem(at_host(guest), 404, "not_found");
  const auto renewed = account_of(expect(refresh(guest), 200), guest.email);
  require_equal(renewed.org_id, guest.org_id);
}

Test(session_ends, what_has_ended_in_an_organization_stays_so_when_the_organization_is_removed) {
  const Alone alone;
  const auto owner = sign_up("Gone");
  const auto member = invite_and_accept(owner);
  expect(owner.client().del(ends_of(member), ""), 204);
  const auto later = again(member);
  // Nobody but the removal looks at it from here on.
  database().run("UPDATE session_cut SET waiting = FALSE");
  expect(owner.client().del("/api/v1/organizations/" + owner.org_id, object({{"name", name_of(owner)}})),
         204);
  for (int i = 0; i < 3; ++i) require_equal(sweep().status, 0, "sweep");
  require_equal(number_of("SELECT COUNT(*) FROM organization WHERE id = " + binary(owner.org_id)), 0);
  require_equal(number_of("SELECT COUNT(*) FROM session_cut WHERE org_id = " + binary(owner.org_id)), 0);
  require_equal(rows_of(member), 1);
  expect_ended(member);
  expect(refresh(later), 200);
}
