// The sweeper, run by hand: deletes what has expired, says so, and leaves the rest.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/fixtures.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

Finished sweep() { return run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}); }

void expect_done(const Finished& finished, const std::source_location& at = std::source_location::current()) {
  require_equal(finished.status, 0, finished.output, at);
}

std::int64_t expired_events(const Account& owner) {
  return number_of(
      "SELECT COUNT(*) FROM event WHERE type = 'invite.expired' AND actor_id IS NULL AND org_id = " +
      binary(owner.org_id));
}

std::int64_t invites_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM invite WHERE org_id = " + binary(owner.org_id));
}

}  // namespace

Test(sweeper, an_expired_invitation_leaves_an_event_stays_listed_and_goes_in_the_end) {
  const Alone alone;
  const auto owner = sign_up();
  const auto live = fresh_email();
  const auto expired = fresh_email();
  expect(invite(owner, live), 201);
  expect(invite(owner, expired), 201);
  const auto subject = text_of("SELECT HEX(id) FROM invite WHERE email = " + literal(expired));
  const auto end = [&](const std::string& seconds_ago) {
    database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP() - " + seconds_ago +
                   " WHERE email = " + literal(expired));
  };
  for (const char* seconds_ago : {"0", "2591900"}) {
    end(seconds_ago);
    expect_done(sweep());
    require_equal(invites_of(owner), 2, seconds_ago);
    const auto listed = owner.client().get("/api/v1/invites?status=expired");
    require_equal(listed.text("/items/0/email"), expired, seconds_ago);
  }
  end("2592001");
  expect_done(sweep());
  require_equal(text_of("SELECT GROUP_CONCAT(email) FROM invite WHERE org_id = " + binary(owner.org_id)),
                live);
  require_equal(text_of("SELECT HEX(subject_id) FROM event WHERE type = 'invite.expired' AND org_id = " +
                        binary(owner.org_id)),
                subject);
  require_equal(expired_events(owner), 1);
  expect(Client{}.post("/accept_invite", object({{"token", invite_token(live)}, {"password", kPassword}})),
         200);
}

Test(sweeper, an_invitation_that_was_answered_goes_when_its_time_is_over) {
  const Alone alone;
  const auto owner = sign_up();
  for (const char* status : {"1", "2", "3"}) {
    const auto email = fresh_email();
    expect(invite(owner, email), 201);
    database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP(), status = " + std::string{status} +
                   " WHERE email = " + literal(email));
  }
  expect_done(sweep());
  require_equal(invites_of(owner), 0);
  require_equal(expired_events(owner), 0);
}

Test(sweeper, of_the_expired_invitations_of_an_organization_so_many_stay_as_may_be_pending) {
  const Alone alone;
  const auto owner = sign_up();
  std::vector<std::string> emails;
  for (int i = 0; i < 4; ++i) {
    emails.push_back(fresh_email());
    expect(invite(owner, emails.back()), 201);
    database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP() - 100 + " + std::to_string(i) +
                   " WHERE email = " + literal(emails.back()));
  }
  expect_done(run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}, {"INVITES_PER_ORGANIZATION=2"}));
  require_equal(text_of("SELECT GROUP_CONCAT(email ORDER BY expires_at) FROM invite WHERE org_id = " +
                        binary(owner.org_id)),
                emails[2] + ',' + emails[3]);
  require_equal(expired_events(owner), 4);
}

Test(sweeper, other_expired_rows_go_and_live_ones_stay) {
  const Alone alone;
  const auto gone = sign_up();
  const auto stays = sign_up();
  for (const auto* account : {&gone, &stays}) {
    expect(Client{}.post("/reset_password", object({{"email", account->email}})), 202);
    expect(account->client()
               .header("Idempotency-Key", account->user_id)
               .post("/organization/register", object({{"name", account->user_id}})),
           201);
  }
  const auto expire = [&](const std::string& table, const std::string& where) {
    database().run("UPDATE " + table + " SET expires_at = UNIX_TIMESTAMP() - 1 WHERE " + where);
  };
  const auto of_gone = "user_id = " + binary(gone.user_id);
  expire("one_time_token", of_gone);
  expire("session", of_gone);
  const auto keys = number_of("SELECT COUNT(*) FROM idempotency");
  database().run("UPDATE idempotency SET expires_at = UNIX_TIMESTAMP() - 1 ORDER BY expires_at LIMIT 1");
  expect_done(sweep());
  for (const char* table : {"one_time_token", "session"}) {
    require_equal(number_of(std::string{"SELECT COUNT(*) FROM "} + table + " WHERE " + of_gone), 0, table);
    require(number_of(std::string{"SELECT COUNT(*) FROM "} + table +
                      " WHERE user_id = " + binary(stays.user_id)) > 0,
            table);
  }
  require_equal(number_of("SELECT COUNT(*) FROM idempotency"), keys - 1);
  expect(stays.client().get("/users/me"), 200);
  require_equal(stored_role(gone.org_id, gone.user_id), "owner");
}

Test(sweeper, mails_long_delivered_go_and_pending_ones_stay) {
  const Alone alone;
  const auto insert = [](const std::string& recipient, int status, int age_days) {
    const auto at = "UNIX_TIMESTAMP() - 86400 * " + std::to_string(age_days);
    database().run(
        "INSERT INTO outbox (id, template, recipient, status, next_attempt_at, created_at, updated_at, "
        "sent_at, lease_until) VALUES (" +
        binary(fresh_id()) + ", 'welcome', " + literal(recipient) + ", " + std::to_string(status) + ", " +
        at + ", " + at + ", " + at + ", " + (status == 1 ? at : "NULL") + ", UNIX_TIMESTAMP() + 86400)");
  };
  const auto old_sent = fresh_email();
  const auto old_pending = fresh_email();
  const auto new_sent = fresh_email();
  insert(old_sent, 1, 400);
  insert(old_pending, 0, 400);
  insert(new_sent, 1, 0);
  expect_done(sweep());
  const auto rows = [](const std::string& recipient) {
    return number_of("SELECT COUNT(*) FROM outbox WHERE recipient = " + literal(recipient));
  };
  require_equal(rows(old_sent), 0, "delivered long ago");
  require_equal(rows(old_pending), 1, "pending");
  require_equal(rows(new_sent), 1, "delivered just now");
  database().run("DELETE FROM outbox WHERE recipient = " + literal(old_pending));
}

Test(sweeper, deliveries_long_made_or_given_up_go_and_pending_ones_stay) {
  const Alone alone;
  const auto owner = sign_up();
  const auto org = binary(owner.org_id);
  const auto webhook = binary(fresh_id());
  database().run(
      "INSERT INTO webhook (org_id, id, url, secret_sealed, events, status, created_at, updated_at) "
      "VALUES (" +
      org + ", " + webhook + ", 'https://127.9.9.9/', '', '*', 1, 1, 1)");
  for (int i = 0; i < 4; ++i)
    expect(owner.client().post("/api/v1/roles", object({{"name", "role " + std::to_string(i)},
                                                        {"permissions", Field::raw("[]")}})),
           201);
  // Delivered, dead and pending long ago, and delivered just now.
  database().run(
      "INSERT INTO webhook_delivery (org_id, webhook_id, event_id, event_seq, status, next_attempt_at, "
      "pending_since, created_at, updated_at) SELECT org_id, " +
      webhook +
      ", id, seq, "
      "ELT(place, 1, 2, 0, 1), ELT(place, 1, 1, 1, UNIX_TIMESTAMP()), 1, 1, 1 FROM (SELECT org_id, id, seq, "
      "ROW_NUMBER() OVER (ORDER BY seq) AS place FROM event WHERE type = 'role.created' AND org_id = " +
      org + ") e");
  expect_done(sweep());
  require_equal(
      text_of("SELECT GROUP_CONCAT(status ORDER BY event_seq) FROM webhook_delivery WHERE org_id = " + org),
      "0,1");
}

Test(sweeper, two_at_once_do_what_one_does) {
  const Alone alone;
  const auto owner = sign_up();
  // More than a batch, so that they meet.
  database().run(
      "INSERT INTO invite (org_id, id, token, email, role_id, invited_by, created_at, updated_at, "
      "expires_at) "
      "SELECT r.org_id, " +
      id_of("CONCAT(s.seq, HEX(r.id))") +
      ", UNHEX(SHA2(CONCAT(s.seq, HEX(r.id)), 256)), "
      "CONCAT('x', s.seq, '@example.com'), r.id, " +
      binary(owner.user_id) + ", 1, 1, 1 FROM role r, " + series(2500) +
      " "
      "WHERE r.name = 'viewer' AND r.org_id = " +
      binary(owner.org_id));
  expect(invite(owner, fresh_email()), 201);
  const auto runs = at_once(3, [](std::size_t) { return sweep(); });
  for (const auto& run : runs) expect_done(run);
  require_equal(invites_of(owner), 1);
  require_equal(expired_events(owner), 2500);
}

Test(sweeper, its_runs_are_recorded) {
  const Alone alone;
  const auto last = number_of("SELECT COALESCE(MAX(id), 0) FROM sweep_run");
  const auto owner = sign_up();
  expect(invite(owner, fresh_email()), 201);
  database().run("UPDATE invite SET expires_at = 1 WHERE org_id = " + binary(owner.org_id));
  expect_done(sweep());
  const auto recorded = " FROM sweep_run WHERE id > " + std::to_string(last);
  require(number_of("SELECT COUNT(DISTINCT task)" + recorded) >= 5, "too few tasks were recorded");
  require_equal(number_of("SELECT COUNT(*)" + recorded + " AND (error IS NOT NULL OR duration_us < 0)"), 0,
                "a task failed: " + text_of("SELECT COALESCE(GROUP_CONCAT(error), '')" + recorded));
  require(number_of("SELECT SUM(rows_deleted)" + recorded + " AND task = 'invites'") >= 1,
          "the invitation was not counted");
  require_equal(number_of("SELECT COUNT(*)" + recorded + " AND ABS(started_at - UNIX_TIMESTAMP()) > 5"), 0,
                "when it ran");
}

Test(sweeper, without_a_database_it_says_so_and_ends) {
  const auto finished =
      run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}, {"DB_SOCKET=/nowhere/db.sock"});
  require_equal(finished.status, 75, finished.output);
  require(finished.output.find("database") != std::string::npos, finished.output);
}

Test(sweeper, a_sign_in_by_a_provider_that_nobody_finished_goes) {
  const Alone alone;
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto insert = [&](const char* state, const char* expires_at) {
    database().run(
        "INSERT INTO oauth_state (state, org_id, provider_id, browser, values_sealed, created_at, "
        "expires_at) "
        "SELECT UNHEX(SHA2('" +
        owner.org_id + state + "', 256)), org_id, id, REPEAT('b', 32), 'x', 1, " + expires_at +
        " FROM identity_provider WHERE org_id = " + binary(owner.org_id));
  };
  insert("gone", "UNIX_TIMESTAMP()");
  insert("stays", "UNIX_TIMESTAMP() + 600");
  expect_done(sweep());
  const auto left = "SELECT COUNT(*) FROM oauth_state WHERE org_id = " + binary(owner.org_id);
  require_equal(number_of(left), 1);
  require_equal(number_of(left + " AND expires_at > UNIX_TIMESTAMP()"), 1);
}
