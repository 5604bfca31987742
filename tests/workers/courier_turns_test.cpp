// In which order mails go out, and what finding the next one costs, however many wait. Each test has a schema
// of its own with a copy of the outbox.
#include <criterion/criterion.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/effects/outbox_store.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr std::int64_t kStart = 1'800'000'000;
constexpr std::int64_t kBatch = 20;

class Queue {
 public:
  Queue() : name_("turns_test_" + std::to_string(::getpid())), db_(test::as_admin()) {
    db_.run("DROP DATABASE IF EXISTS " + name_);
    db_.run("CREATE DATABASE " + name_);
    db_.run("CREATE TABLE " + name_ + ".outbox LIKE tenantd.outbox");
    db_.run("USE " + name_);
  }
  ~Queue() { db_.run("DROP DATABASE " + name_); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void add(const std::optional<OrgId>& org, mail::Template kind, std::int64_t due = kStart) {
    static constexpr db::Sql insert{
        "test.turn",
        "INSERT INTO outbox (id, org_id, template, recipient, priority, "
        "next_attempt_at, created_at, updated_at) VALUES (?, ?, ?, 'x', ?, ?, ?, ?)"};
    db_.execute(insert, crypto::new_id<MailId>(), org, mail::template_name(kind), mail::rank_of(kind), due,
                kStart, kStart);
  }
  // Many of one organization, by a few statements: a large one takes long on a busy machine.
  void add_many(const OrgId& org, mail::Template kind, std::int64_t count, std::int64_t due = kStart) {
    constexpr std::int64_t kAtOnce = 5000;
    for (; count > 0; count -= kAtOnce) insert_many(org, kind, std::min(count, kAtOnce), due);
  }
  std::vector<store::OutboxRow> claim(store::Turns& turns, std::int64_t limit = kBatch) {
    return store::claim_due_mail(db_, turns, from_unix(kStart), from_unix(kStart + 120), limit);
  }
  // How many index and table entries the server read for this connection so far.
  std::int64_t reads() {
    std::int64_t sum = 0;
    auto rows = db_.run_query("SHOW SESSION STATUS LIKE 'Handler_read%'");
    while (rows.next()) sum += std::stoll(rows.text(1));
    return sum;
  }
  db::Connection& db() { return db_; }

 private:
  void insert_many(const OrgId& org, mail::Template kind, std::int64_t count, std::int64_t due) {
    const auto number = [](std::int64_t value) { return std::to_string(value) + ", "; };
    db_.run(
        "INSERT INTO outbox (id, org_id, template, recipient, priority, next_attempt_at, created_at, "
        "updated_at) SELECT UNHEX(CONCAT('" +
        to_hex(crypto::random_bytes(12)) + "', LPAD(HEX(seq), 8, '0'))), " + test::binary(org.str()) + ", " +
        test::literal(mail::template_name(kind)) + ", 'x', " + number(mail::rank_of(kind)) + number(due) +
        number(kStart) + std::to_string(kStart) + " FROM " + test::series(count));
  }

  std::string name_;
  db::Connection db_;
};

std::set<std::string> organizations_of(const std::vector<store::OutboxRow>& rows) {
  std::set<std::string> found;
  for (const auto& row : rows) found.insert(row.org ? row.org->str() : "");
  return found;
}

}  // namespace

Test(courier_turns, links_that_somebody_waits_for_go_first_and_reports_last) {
  Queue queue;
  const auto org = crypto::new_id<OrgId>();
  for (const auto kind :
       {mail::Template::weekly_report, mail::Template::purchase_submitted, mail::Template::invitation,
        mail::Template::login_alert, mail::Template::verification, mail::Template::password_reset})
    queue.add(org, kind);
  store::Turns turns;
  const auto rows = queue.claim(turns);
  std::vector<std::string> order;
  for (const auto& row : rows) order.push_back(row.template_name);
  require(order == std::vector<std::string>{"password_reset", "verification", "login_alert", "invitation",
                                            "purchase_submitted", "weekly_report"},
          "the order");
}

Test(courier_turns, a_large_backlog_of_one_organization_delays_neither_a_reset_nor_another_organization) {
  Queue queue;
  const auto busy = crypto::new_id<OrgId>();
  const auto quiet = crypto::new_id<OrgId>();
  queue.add_many(busy, mail::Template::invitation, 3000, kStart - 3600);
  store::Turns turns;
  for (int i = 0; i < 3; ++i) queue.claim(turns);
  queue.add(quiet, mail::Template::invitation);
  queue.add(std::nullopt, mail::Template::password_reset);
  require(
      store::has_more_urgent_mail(queue.db(), mail::rank_of(mail::Template::invitation), from_unix(kStart)),
      "the reset does not overtake what was claimed before");
  const auto rows = queue.claim(turns);
  require_equal(rows.front().template_name, "password_reset");
  require(organizations_of(rows).contains(quiet.str()), "the quiet organization waits");
}

Test(courier_turns, organizations_take_turns_however_many_there_are) {
  Queue queue;
  for (int i = 0; i < 50; ++i) queue.add_many(crypto::new_id<OrgId>(), mail::Template::invitation, 100);
  store::Turns turns;
  std::set<std::string> served;
  // 50 organizations at two mails a turn: five claims of twenty.
  for (int i = 0; i < 5; ++i) {
    const auto rows = queue.claim(turns);
    require_equal(rows.size(), 20U);
    served.merge(organizations_of(rows));
  }
  require_equal(served.size(), 50U);
}

Test(courier_turns, each_due_mail_is_claimed_once_and_none_is_left) {
  Queue queue;
  for (int i = 0; i < 7; ++i) queue.add_many(crypto::new_id<OrgId>(), mail::Template::invitation, 13);
  queue.add(crypto::new_id<OrgId>(), mail::Template::invitation, kStart + 1);
  for (int i = 0; i < 5; ++i) queue.add(std::nullopt, mail::Template::password_reset);
  store::Turns turns;
  std::set<std::string> seen;
  std::size_t claimed = 0;
  for (;;) {
    const auto rows = queue.claim(turns);
    if (rows.empty()) break;
    claimed += rows.size();
    for (const auto& row : rows) seen.insert(row.id.str());
  }
  require_equal(claimed, 96U);
  require_equal(seen.size(), 96U);
}

Test(courier_turns, a_claim_reads_no_more_when_a_hundred_thousand_mails_wait) {
  Queue queue;
  const auto busy = crypto::new_id<OrgId>();
  queue.add_many(busy, mail::Template::invitation, 100'000);
  queue.add_many(crypto::new_id<OrgId>(), mail::Template::login_alert, 1000, kStart + 3600);
  queue.add(crypto::new_id<OrgId>(), mail::Template::invitation);
  store::Turns turns;
  for (int i = 0; i < 3; ++i) {
    const auto before = queue.reads();
    require_equal(queue.claim(turns).size(), 20U);
    const auto read = queue.reads() - before;
    require(read < 1000, std::to_string(read) + " entries were read");
  }
}
