// The outbox as super-admins see it: what was given up, a test, once more.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOutbox = "/api/v1/admin/mail/outbox";
constexpr const char* kTest = "/api/v1/admin/mail/test";

std::string replay_of(const std::string& id) { return std::string{kOutbox} + '/' + id + "/replay"; }

void suppress(const std::string& email) {
  database().run("INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES (" +
                 literal(email) + ", RANDOM_BYTES(16), 'bounce', 'smtp', 1, 1)");
}

void lift(const std::string& email) {
  database().run("DELETE FROM suppression WHERE email = " + literal(email));
}

// A mail that the courier has given up, since its address is suppressed.
std::string dead_mail(Client& root, const std::string& email) {
  suppress(email);
  const auto made = root.post(kTest, object({{"email", email}}));
  const auto id = expect(made, 202).text("/id");
  wait_until("it is given up",
             [&] { return number_of("SELECT status FROM outbox WHERE id = " + binary(id)) == 2; });
  return id;
}

}  // namespace

Test(outbox, a_test_mail_goes_to_the_caller_and_is_followed) {
  const auto admin = signed_in_super_admin();
  auto root = admin.client();
  const auto made = root.post(kTest, "{}");
  expect(made, 202);
  require_equal(made.text("/email"), admin.email);
  require_equal(made.text("/template"), "test");
  require_equal(audit_rows_of(made), 1);
  const auto path = std::string{kOutbox} + '/' + made.text("/id");
  wait_until("it has left", [&] { return root.get(path).text("/status") == "sent"; });
  const auto seen = root.get(path);
  require(seen.at("/sent_at").IsInt64() && seen.at("/error").IsNull(), seen.describe());
  require_equal(seen.text("/provider"), "file");
  require(!seen.at("/can_be_replayed").GetBool(), "sent is sent");
  require(newest_mail(admin.email, "test").text.find(admin.email) != std::string::npos, "it arrived");
}

Test(outbox, a_test_mail_goes_where_the_body_says_and_not_for_ever) {
  const auto email = fresh_email("tested");
  // One of its own, whose budget nobody else spends.
  const auto person = sign_up();
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(person.user_id));
  auto root = account_of(expect(sign_in(person.email, kPassword), 200), person.email).client();
  expect(root.post(kTest, object({{"email", email}})), 202);
  newest_mail(email, "test");
  expect_problem(root.post(kTest, R"({"email":"nobody"})"), 422, "validation_failed");
  for (int i = 1; i < 20; ++i) expect(root.post(kTest, object({{"email", fresh_email()}})), 202);
  const auto last = fresh_email("last");
  const auto over = root.post(kTest, object({{"email", last}}));
  expect_problem(over, 429, "rate_limited");
  require(!over.header("retry-after").empty(), "when to come again");
  require_equal(count_mails(last, "test"), 0U);
}

Test(outbox, what_was_given_up_is_listed_newest_first_and_sent_once_more) {
  const Alone alone;
  auto root = signed_in_super_admin().client();
  const auto older_email = fresh_email("older");
  const auto newer_email = fresh_email("newer");
  const auto older = dead_mail(root, older_email);
  const auto newer = dead_mail(root, newer_email);
  lift(older_email);
  lift(newer_email);
  const auto at = [](const std::string& id, const char* time) {
    database().run(std::string{"UPDATE outbox SET next_attempt_at = UNIX_TIMESTAMP() + "} + time +
                   " WHERE id = " + binary(id));
  };
  at(older, "100");
  at(newer, "101");
  // Never to be sent: a link that an address without an account asked for.
  const auto nobody = fresh_email("nobody");
  expect(Client{}.post("/reset_password", object({{"email", nobody}})), 202);
  const auto first = root.get(std::string{kOutbox} + "?limit=1");
  require_equal(expect(first, 200).text("/items/0/id"), newer);
  require_equal(first.text("/items/0/error"), "suppressed: bounce");
  require(first.at("/items/0/next_attempt_at").IsNull(), "nothing comes by itself");
  const auto second =
      root.get(std::string{kOutbox} + "?limit=1&status=dead&cursor=" + first.text("/next_cursor"));
  require_equal(expect(second, 200).text("/items/0/id"), older);
  require(root.get(std::string{kOutbox} + "?limit=200").body.find(nobody) == std::string::npos,
          "nobody is to get it");
  const auto hidden = text_of("SELECT LOWER(HEX(id)) FROM outbox WHERE recipient = " + literal(nobody));
  const auto hidden_id = hidden.substr(0, 8) + '-' + hidden.substr(8, 4) + '-' + hidden.substr(12, 4) + '-' +
                         hidden.substr(16, 4) + '-' + hidden.substr(20);
  expect_problem(root.post(replay_of(hidden_id)), 404, "not_found");
  const auto again = root.post(replay_of(newer));
  expect(again, 202);
  require_equal(again.text("/status"), "pending");
  require_equal(again.number("/attempts"), 0);
  require_equal(audit_rows_of(again), 1);
  wait_until("it leaves",
             [&] { return root.get(std::string{kOutbox} + '/' + newer).text("/status") == "sent"; });
  newest_mail(newer_email, "test");
  expect_problem(root.post(replay_of(newer)), 409, "conflict");
  database().run("DELETE FROM outbox WHERE id IN (" + binary(older) + ", " + binary(newer) + ')');
}

Test(outbox, what_cannot_be_sent_once_more_is_refused_and_changes_nothing) {
  const Alone alone;
  auto root = signed_in_super_admin().client();
  const auto gone_email = fresh_email("gone");
  const auto gone = dead_mail(root, gone_email);
  lift(gone_email);
  const auto email = fresh_email("suppressed");
  const auto suppressed = dead_mail(root, email);
  database().run("UPDATE outbox SET values_sealed = NULL WHERE id = " + binary(gone));
  const auto person = sign_up();
  {
    Unchanged database;
    expect_problem(root.post(replay_of(gone)), 409, "conflict");
    expect_problem(root.post(replay_of(suppressed)), 409, "conflict");
    expect_problem(root.post(replay_of(fresh_id())), 404, "not_found");
    expect_problem(root.post(replay_of("x")), 404, "not_found");
    expect_problem(root.get(std::string{kOutbox} + "/x"), 404, "not_found");
    expect_problem(root.get(std::string{kOutbox} + "?status=sent"), 422, "validation_failed");
    expect_problem(person.client().post(kTest, "{}"), 403, "forbidden");
    expect_problem(person.client().post(replay_of(suppressed)), 403, "forbidden");
    expect_problem(person.client().get(kOutbox), 403, "forbidden");
    database.check("what is refused");
  }
  require_equal(root.get("/api/v1/admin/dashboard").status, 200);
  // The application's account cannot do it by itself.
  tenantd::db::Connection app{as_app()};
  require(error_of(app, "CALL replay_mail(" + binary(suppressed) + ", 1)") != 0, "asked by nobody");
  require_equal(error_of(app, "UPDATE admin_mail SET status = 0"), 1142);
  lift(email);
  database().run("DELETE FROM outbox WHERE id IN (" + binary(gone) + ", " + binary(suppressed) + ')');
}
