// The courier against a real database, with a scripted transport and a clock that the test moves. Each test
// has a schema of its own with a copy of the outbox, so that the suite's courier does not see its mails.
#include <criterion/criterion.h>

#include "workers/courier_fixture.hpp"

using namespace tenantd::test::couriers;
using namespace tenantd;
using mail::Outcome;
using service::Courier;
using service::CourierEvent;

Test(courier, delivers_a_due_mail_and_erases_its_values) {
  Bench bench;
  const auto id = bench.outbox.add();
  bench.courier().drain(bench.stop);
  const Row row = bench.outbox.row(id);
  cr_assert_eq(row.status, 1);
  cr_assert_eq(row.attempts, 1);
  cr_assert_not(row.values_sealed.has_value());
  cr_assert_eq(bench.script.sends.begin()->first, id.str() + "@id.example");
}

Test(courier, leaves_a_mail_alone_that_is_not_due_or_that_another_holds) {
  Bench bench;
  const auto future = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET next_attempt_at = next_attempt_at + 1");
  const auto held = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET lease_until = 1800000090 WHERE next_attempt_at = 1800000000");
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.script.total(), 0);
  bench.time = kStart + 90;
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(future).status, 1);
  cr_assert_eq(bench.outbox.row(held).status, 1);
}

Test(courier, retries_after_a_delay_that_doubles_up_to_an_hour) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) { return later(); };
  const auto id = bench.outbox.add();
  Courier courier = bench.courier();
  std::int64_t delay = 10;
  for (int attempt = 1; attempt <= 12; ++attempt) {
    courier.drain(bench.stop);
    const Row row = bench.outbox.row(id);
    const auto waited = row.next_attempt_at - bench.time;
    cr_assert(row.status == 0 && row.attempts == attempt && row.lease_until == 0 &&
              row.last_error == "451 later");
    cr_assert(waited * 10 >= delay * 8 && waited * 10 <= delay * 12, "%lld", static_cast<long long>(waited));
    bench.time = row.next_attempt_at;
    delay = std::min<std::int64_t>(3600, delay * 2);
  }
}

Test(courier, dead_letters_what_is_refused_and_what_is_too_old) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) {
    return mail::Result{Outcome::refused, "550 no such user"};
  };
  const auto refused = bench.outbox.add();
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(refused).status, 2);
  cr_assert_eq(bench.outbox.row(refused).last_error, "550 no such user");

  bench.script.answer = [](const mail::Message&) { return later(); };
  const auto old = bench.outbox.add();
  bench.time = kStart + 172799;
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(old).status, 0);
  bench.time = bench.outbox.row(old).next_attempt_at;
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(old).status, 2);
}

Test(courier, a_suppressed_address_is_sent_nothing_and_another_is) {
  Bench bench;
  const auto dead = bench.outbox.add("dead@example.com");
  const auto living = bench.outbox.add();
  bench.outbox.run(
      "INSERT INTO suppression (email, id, reason, source, created_at, updated_at) VALUES "
      "('dead@example.com', REPEAT('x', 16), 'complaint', 'ses', 1, 1)");
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(dead).status, 2);
  cr_assert_eq(bench.outbox.row(dead).last_error, "suppressed: complaint");
  cr_assert_eq(bench.outbox.row(living).status, 1);
  cr_assert_eq(bench.script.total(), 1);
}

Test(courier, an_address_that_the_server_does_not_know_gets_no_second_mail) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) {
    mail::Result result{Outcome::refused, "550 5.1.1 no such user"};
    result.no_such_recipient = true;
    return result;
  };
  const auto first = bench.outbox.add();
  bench.courier().drain(bench.stop);
  const auto second = bench.outbox.add();
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.row(first).last_error, "550 5.1.1 no such user");
  cr_assert_eq(bench.outbox.row(second).last_error, "suppressed: bounce");
  cr_assert_eq(bench.script.total(), 1);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM suppression WHERE source = 'smtp' AND "
                                   "email = 'carol@example.com' AND detail LIKE '550%'"),
               1);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM outbox WHERE bounced_at IS NOT NULL"), 1);
}

Test(courier, writes_down_who_took_the_mail_and_says_once_that_a_provider_is_lost) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) {
    mail::Result result{Outcome::sent, "250 OK"};
    result.provider = "smtp";
    result.provider_id = "x@id.example";
    result.detour = "ses: 503";
    return result;
  };
  for (int i = 0; i < 3; ++i) bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM outbox WHERE provider = 'smtp' AND "
                                   "provider_id = 'x@id.example'"),
               3);
  bench.script.answer = [](const mail::Message&) { return mail::Result{Outcome::sent, "200"}; };
  bench.outbox.add();
  courier.drain(bench.stop);
  const auto& events = bench.events;
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::provider_lost), 1);
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::provider_back), 1);
}

Test(courier, a_mail_is_from_the_organization_by_way_of_the_service) {
  Bench bench;
  std::string from;
  bench.script.answer = [&](const mail::Message& message) {
    from = message.from;
    return mail::Result{Outcome::sent, "250"};
  };
  bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET sender_name = 'Northwind\\r\\nBcc: x@example.com'");
  bench.courier().drain(bench.stop);
  cr_assert_eq(from, "\"Northwind Bcc x example.com via Acme\" <no-reply@acme.example>", "%s", from.c_str());
}

Test(courier, a_mail_that_cannot_be_built_is_never_sent) {
  Bench bench;
  const auto altered = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET values_sealed = REVERSE(values_sealed)");
  const auto newer = bench.outbox.add("carol@example.com", "of_a_newer_release");
  const auto injected = bench.outbox.add("a@example.com\r\nRCPT TO:<b@example.com>");
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.script.total(), 0);
  cr_assert_eq(bench.outbox.row(altered).status, 0, "waits for its key");
  cr_assert_eq(bench.outbox.row(newer).status, 0, "waits for the release that knows it");
  cr_assert_eq(bench.outbox.row(injected).status, 2);
}

Test(courier, what_the_transport_took_and_could_not_make_last_is_sent_again) {
  Bench bench;
  bench.script.settled = mail::Result{Outcome::retry, "cannot flush the folder", true};
  for (int i = 0; i < 3; ++i) bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.count(0), 3);
  cr_assert_eq(bench.outbox.number("SELECT COUNT(*) FROM outbox WHERE last_error = 'cannot flush the folder' "
                                   "AND connection_failed = 1 AND values_sealed IS NOT NULL"),
               3);
  bench.time += 72;
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 3);
  cr_assert_eq(bench.script.total(), 6);
}

Test(courier, says_that_it_rang_and_not_that_it_sent) {
  Bench bench;
  const std::string path = setting("TENANTD_RUN_DIR") + "/bell-" + std::to_string(::getpid());
  Courier courier = bench.courier(path);
  for (int i = 0; i < 60; ++i) bench.outbox.add();
  bench.script.answer = [&](const mail::Message&) {
    if (bench.script.total() == 60) bench.stop = true;
    return mail::Result{Outcome::sent, "250"};
  };
  service::wake_courier(path);
  courier.run(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 60);
  cr_assert_eq(bench.rings, 1);
}

Test(courier, a_ring_wakes_it) {
  Bench bench;
  const std::string path = setting("TENANTD_RUN_DIR") + "/bell-" + std::to_string(::getpid());
  Courier courier = bench.courier(path);
  std::thread runner{[&] { courier.run(bench.stop); }};
  bench.outbox.add();
  service::wake_courier(path);
  bench.await(CourierEvent::Kind::sent);
  bench.stop = true;
  service::wake_courier(path);
  runner.join();
}
