// tenantd-reporter, run as its timer runs it, on an instance of its own whose clock is moved.
#include <criterion/criterion.h>

#include <fstream>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/inventory.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/reporting.hpp"

using namespace tenantd::test;
using tenantd::Seconds;

namespace {

// A product of this name and reorder level, with a stock of `quantity` that came in by one movement.
std::string stocked(const Account& owner, const std::string& warehouse, const std::string& name,
                    std::int64_t quantity, std::int64_t reorder_level) {
  const auto body = R"({"sku":")" + fresh_name("sku") + R"(","name":")" + name + R"(","reorder_level":)" +
                    std::to_string(reorder_level) + '}';
  const auto product = expect(owner.client().post("/api/v1/products", body), 201).text("/id");
  expect(move(owner, product, warehouse, "in", quantity), 201);
  return product;
}

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

Test(reporter, managers_get_one_report_of_the_last_week_and_others_none) {
  const ReportingStack stack;
  const auto owner = sign_up("Northwind");
  const auto stranger = sign_up("Elsewhere");
  verify(owner);
  verify(stranger);
  expect(owner.client().post("/api/v1/roles", R"({"name":"counter","permissions":["stats:read"]})"), 201);
  const auto manager = invite_and_accept(owner, "manager");
  const auto member = invite_and_accept(owner, "member");
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto counter = invite_and_accept(owner, "counter");
  const auto expired = invite_and_accept(owner, "manager");
  database().run("UPDATE member SET role_expires_at = 1 WHERE user_id = " + binary(expired.user_id));
  const auto unverified = invite_and_accept(owner, "admin");
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(unverified.user_id));
  const auto warehouse = make_warehouse(owner);
  const auto bolts = stocked(owner, warehouse, "Hex <bolt>", 100, 40);
  expect(move(owner, bolts, warehouse, "out", 70), 201);
  stocked(owner, warehouse, "Plenty", 1000, 5);
  stocked(stranger, make_warehouse(stranger), "Secret thing", 7, 9);
  insert_request(owner, 1, "submitted_at");
  insert_request(owner, 2, "submitted_at, decided_at");

  stack.go_to_sunday(Seconds{60});
  const auto first = stack.report("weekly");
  require_equal(first.status, 0, first.output);
  require(says(first.output, "2 organizations, 4 mails"), first.output);
  for (const auto* reader : {&owner, &manager, &counter})
    require_equal(count_mails(reader->email, "weekly_report"), std::size_t{1}, reader->email);
  for (const auto* other : {&member, &viewer, &expired, &unverified})
    require_equal(count_mails(other->email, "weekly_report"), std::size_t{0}, other->email);

  const auto mail = newest_mail(manager.email, "weekly_report");
  const auto from = tenantd::long_day(stack.sunday() - tenantd::kWeek);
  const auto to = tenantd::long_day(stack.sunday() - tenantd::kDay);
  require(says(mail.text, "from " + from + " to " + to), mail.text);
  require(says(mail.text, "Stock movements: 3"), mail.text);
  require(says(mail.text, "100 in, 70 out") && says(mail.text, "Low stock: 1"), mail.text);
  require(says(mail.text, ": 30, reorder at 40"), mail.text);
  require(says(mail.text, "Submitted, waiting for a decision: 2 in the week, 1 now"), mail.text);
  require(says(mail.text, "Approved, not received yet: 1 in the week, 1 now"), mail.text);
  require(says(mail.text, "New members: 7"), mail.text);
  require(says(mail.html, "Hex &lt;bolt&gt;") && says(mail.html, "width: 100%;"), mail.html);
  for (const char* refused : {"<script", "<img", "data:", "<svg", "Secret thing"})
    require(!says(mail.html + mail.text, refused), refused);
  // Whoever may read the statistics alone learns numbers, not products or requests.
  const auto numbers = newest_mail(counter.email, "weekly_report");
  require(says(numbers.text, "Stock movements: 3"), numbers.text);
  for (const char* more : {"bolt", "Low stock", "Purchase requests"})
    require(!says(numbers.text, more), numbers.text);

  for (const char* job : {"weekly", "due"}) {
    const auto again = stack.report(job);
    require_equal(again.status, 0, again.output);
    require(says(again.output, "weekly of") && says(again.output, "done before"), again.output);
  }
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template = 'weekly_report'"), 4);
}

Test(reporter, a_week_without_anything_to_tell_and_a_deactivated_organization_get_none) {
  const ReportingStack stack;
  const auto quiet = sign_up("Quiet");
  const auto off = sign_up("Switched off");
  verify(quiet);
  verify(off);
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(off.org_id));
  stack.go_to_sunday(Seconds{0});
  require(says(stack.report("weekly").output, "1 organization, 1 mail"), "who founded it is new");
  require_equal(count_mails(off.email, "weekly_report"), std::size_t{0});
  stack.go_to_sunday(tenantd::kWeek);
  const auto second = stack.report("weekly");
  require(says(second.output, "0 organizations, 0 mails"), second.output);
  // Switched on again, it gets the next week's, not the one that is done.
  database().run("UPDATE organization SET status = 0 WHERE id = " + binary(off.org_id));
  stack.report("weekly");
  require_equal(count_mails(off.email, "weekly_report"), std::size_t{0});
}

Test(reporter, a_report_missed_for_three_weeks_is_sent_once_for_the_last_of_them) {
  const ReportingStack stack;
  const auto owner = sign_up("Late");
  verify(owner);
  const auto product = stocked(owner, make_warehouse(owner), "Bolt", 5, 9);
  stack.go_to_sunday(3 * tenantd::kWeek + Seconds{4000});
  database().run("UPDATE stock_movement SET created_at = " +
                 std::to_string(tenantd::unix_seconds(stack.sunday() + 2 * tenantd::kWeek)));
  require_equal(stack.report("due").status, 0);
  require_equal(stack.report("due").status, 0);
  require_equal(count_mails(owner.email, "weekly_report"), std::size_t{1});
  const auto mail = newest_mail(owner.email, "weekly_report");
  const auto first_day = stack.sunday() + 2 * tenantd::kWeek;
  require(says(mail.text, "from " + tenantd::long_day(first_day) + " to " +
                              tenantd::long_day(first_day + 6 * tenantd::kDay)),
          mail.text);
  require(says(mail.text, "Stock movements: 1") && says(mail.text, "New members: 0"), mail.text);
  require(says(mail.text, tenantd::short_day(first_day) + "  1 ####"), mail.text);
}

Test(reporter, each_crossing_is_told_once_in_one_mail_to_those_who_may_read_of_it) {
  const ReportingStack stack;
  const auto owner = sign_up("Northwind");
  const auto other = sign_up("Elsewhere");
  verify(owner);
  verify(other);
  database().run("UPDATE organization SET mail_sender_name = 'Northwind Stores' WHERE id = " +
                 binary(owner.org_id));
  expect(owner.client().post("/api/v1/roles", R"({"name":"counter","permissions":["stats:read"]})"), 201);
  const auto counter = invite_and_accept(owner, "counter");
  const auto member = invite_and_accept(owner, "member");
  const auto warehouse = make_warehouse(owner);
  const auto bolts = stocked(owner, warehouse, "Bolts", 10, 5);
  const auto nuts = stocked(owner, warehouse, "Nuts", 10, 5);
  const auto run = [&] {
    const auto finished = stack.report("low-stock");
    require_equal(finished.status, 0, finished.output);
    return count_mails(owner.email, "low_stock");
  };
  require_equal(run(), std::size_t{0}, "nothing is low yet: they came in from nothing, which was low");
  expect(move(owner, bolts, warehouse, "out", 5), 201);
  expect(move(owner, nuts, warehouse, "out", 9), 201);
  require_equal(run(), std::size_t{1});
  const auto mail = newest_mail(owner.email, "low_stock");
  require(says(mail.header("From"), "Northwind Stores via"), mail.header("From"));
  require(says(mail.text, "Bolts") && says(mail.text, ": 5 piece, reorder at 5"), mail.text);
  require(says(mail.text, "Nuts") && says(mail.html, "Nuts"), mail.text);
  expect(move(owner, nuts, warehouse, "out", 1), 201);
  require_equal(run(), std::size_t{1}, "it is low still");
  // Up and down again within one second is another crossing.
  expect(move(owner, nuts, warehouse, "in", 50), 201);
  expect(move(owner, nuts, warehouse, "out", 50), 201);
  const auto finished = at_once(4, [&](std::size_t) { return stack.report("low-stock").status; });
  for (const auto status : finished) require_equal(status, 0);
  require_equal(count_mails(owner.email, "low_stock"), std::size_t{2}, "four at once");
  require(!says(newest_mail(owner.email, "low_stock").text, "Bolts"), "Bolts have not moved");
  for (const auto* nobody : {&counter, &member, &other})
    require_equal(count_mails(nobody->email, "low_stock"), std::size_t{0}, nobody->email);
  // What rose before anybody looked is not told.
  expect(move(owner, bolts, warehouse, "in", 50), 201);
  expect(move(owner, bolts, warehouse, "out", 51), 201);
  expect(move(owner, bolts, warehouse, "in", 50), 201);
  require_equal(run(), std::size_t{2});
}

Test(reporter, a_deactivated_organization_is_told_of_what_is_low_once_it_is_active) {
  const ReportingStack stack;
  const auto owner = sign_up("Sleeping");
  verify(owner);
  const auto warehouse = make_warehouse(owner);
  expect(move(owner, stocked(owner, warehouse, "Bolts", 10, 5), warehouse, "out", 6), 201);
  const auto status = [&](int value) {
    database().run("UPDATE organization SET status = " + std::to_string(value) +
                   " WHERE id = " + binary(owner.org_id));
  };
  status(1);
  require_equal(stack.report("due").status, 0);
  require_equal(count_mails(owner.email, "low_stock"), std::size_t{0});
  status(0);
  require_equal(stack.report("due").status, 0);
  require_equal(count_mails(owner.email, "low_stock"), std::size_t{1});
}

Test(reporter, drafts_that_nobody_touched_go_with_an_event_and_an_audit_row_and_others_stay) {
  const ReportingStack stack;
  const auto owner = sign_up("Northwind");
  const auto off = sign_up("Switched off");
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(off.org_id));
  const auto product = make_product(owner);
  const auto due = stack.two_oclock();
  const auto old = tenantd::unix_seconds(due) - 30 * 86400;
  for (int i = 0; i < 3; ++i) insert_draft(owner, "old " + std::to_string(i), old - i, product);
  insert_draft(owner, "touched", old + 1, product);
  insert_draft(off, "of another", old - 5, "");
  insert_request(owner, 1, "submitted_at");
  database().run("UPDATE purchase_request SET updated_at = 1 WHERE status = 1");
  const auto left = [](const Account& account) {
    return text_of("SELECT GROUP_CONCAT(title ORDER BY title) FROM purchase_request WHERE org_id = " +
                   binary(account.org_id));
  };
  stack.set_time(due + Seconds{1});
  const auto run = stack.report("drafts");
  require_equal(run.status, 0, run.output);
  require(says(run.output, "3 drafts removed"), run.output);
  require_equal(left(owner), std::string{"request 5,touched"});
  require_equal(left(off), std::string{"of another"});
  require_equal(number_of("SELECT COUNT(*) FROM purchase_request_line"), 1, "lines go with their drafts");
  const auto told =
      " WHERE type = 'purchase_request.deleted' AND actor_id IS NULL AND org_id = " + binary(owner.org_id);
  require_equal(number_of("SELECT COUNT(*) FROM event" + told), 3);
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'purchase_request.deleted' AND "
                          "effective_id IS NULL AND JSON_VALUE(old_values, '$.title') LIKE 'old %'"),
                3);
  const auto verified = stack.stack().run("tenantctl audit verify");
  require_equal(verified.status, 0, verified.output);
  require(says(stack.report("drafts").output, "done before"), "a second time");
  // One that has become old meanwhile goes at the next 02:00.
  stack.set_time(due + tenantd::kDay);
  require(says(stack.report("due").output, "1 draft removed"), "the next night");
}

Test(reporter, killed_again_and_again_it_loses_nothing_and_doubles_nothing) {
  const ReportingStack stack;
  const auto manager = sign_up("Own");
  verify(manager);
  constexpr int kMany = 400;
  insert_organizations(manager, kMany);
  stack.go_to_sunday(Seconds{60});
  int killed_amid = 0;
  Finished run;
  // Later each time, so that it gets on: a start takes its time.
  for (int milliseconds = 30; milliseconds < 20000; milliseconds += 10) {
    run = stack.report_killed(milliseconds);
    if (run.status == 0) break;
    const auto done = number_of("SELECT COUNT(DISTINCT org_id) FROM outbox WHERE template = 'weekly_report'");
    if (done > 0 && done <= kMany) ++killed_amid;
  }
  require_equal(run.status, 0, run.output);
  require(killed_amid > 0, "it was never killed in the middle of its work");
  const auto mails = [](const std::string& what) {
    return number_of("SELECT " + what + " FROM outbox WHERE template = 'weekly_report'");
  };
  require_equal(mails("COUNT(*)"), kMany + 1);
  require_equal(mails("COUNT(DISTINCT org_id)"), kMany + 1);
  require_equal(number_of("SELECT COUNT(*) FROM job_run WHERE job = 'weekly_report'"), kMany + 2);
}

Test(reporter, several_at_once_do_what_one_does) {
  const ReportingStack stack;
  const auto manager = sign_up("Own");
  verify(manager);
  insert_organizations(manager, 100);
  stack.go_to_sunday(Seconds{60});
  for (const auto status : at_once(4, [&](std::size_t) { return stack.report("due").status; }))
    require_equal(status, 0);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template = 'weekly_report'"), 101);
  require_equal(number_of("SELECT COUNT(DISTINCT org_id) FROM outbox WHERE template = 'weekly_report'"), 101);
}

Test(reporter, an_organization_gets_a_bounded_number_of_mails_and_nobody_without_the_second_factor) {
  const ReportingStack stack;
  const auto owner = sign_up("Big");
  verify(owner);
  insert_managers(owner, 80);
  stack.go_to_sunday(Seconds{60});
  const auto run = stack.report("weekly");
  require(says(run.output, "1 organization, 50 mails"), run.output);
  require_equal(count_mails(owner.email, "weekly_report"), std::size_t{1}, "the longest members first");
  database().run("UPDATE organization SET require_mfa = TRUE");
  stack.go_to_sunday(tenantd::kWeek + Seconds{60});
  insert_request(owner, 1, "submitted_at");
  require(says(stack.report("weekly").output, "0 organizations, 0 mails"), "without a second factor");
}

Test(reporter, it_says_what_is_wrong_by_its_exit_status) {
  const auto program = setting("TENANTD_BUILD") + "/tenantd-reporter";
  const auto gone = run_program({program, "due"}, {"DB_SOCKET=/nowhere/db.sock"});
  require_equal(gone.status, 75, gone.output);
  require(says(gone.output, "database"), gone.output);
  require_equal(run_program({program, "due"}, {"KEYS_DIR=/nowhere"}).status, 78);
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {program}, {program, "daily"}, {program, "due", "now"}, {program, "--watch", "0"}})
    require_equal(run_program(arguments).status, 64);
  const auto help = run_program({program, "--help"});
  require(help.status == 0 && says(help.output, "low-stock"), help.output);
}
