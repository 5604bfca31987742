// Webhooks read an organization's events at their own pace: rows are few, however many events and webhooks.
#include <criterion/criterion.h>

#include <atomic>

#include "modules/webhooks/webhook_fixture.hpp"
#include "support/impersonation.hpp"
#include "support/parallel.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kEventsFor = "EVENT_SECONDS=3600";
constexpr const char* kProducts = R"(["product.created"])";

}  // namespace

Test(webhook_cursor, fifty_webhooks_and_a_thousand_events_are_few_rows, .timeout = 240) {
  Receiver receiver;
  Hooks hooks{{kEventsFor}};
  receiver.answer([](const Received&) { return Receiver::Answer{503, {}, {}, false}; });
  hooks.hold();
  for (int i = 0; i < 50; ++i) hooks.make(receiver.url("/" + std::to_string(i)), R"(["*"])");
  hooks.import(1000);
  require_equal(hooks.rows(), 0, "the request wrote deliveries");
  require_equal(number_of("SELECT COUNT(*) FROM webhook_backlog"), 1);
  // What fails is kept to be tried again, so much of each and no more.
  hooks.go_on();
  receiver.wait_for(1, "/49");
  require(hooks.rows() <= 50 * 100, "a row for each pair");
  // Health tells of what waits without a row.
  const auto root = new_super_admin();
  expect(root.client().get("/health/detailed"), 200);
}

Test(webhook_cursor, each_event_arrives_once_and_of_the_delivered_the_newest_are_kept) {
  constexpr std::size_t kEvents = 400;
  Receiver receiver;
  Hooks hooks{{kEventsFor}};
  const auto webhook = hooks.make(receiver.url("/hook"), kProducts);
  hooks.import(kEvents);
  const auto received = receiver.wait_for(kEvents, "/hook");
  require_equal(ids_of(received).size(), kEvents, "an event is missing");
  wait_until("all are told of", [&] { return hooks.rows(" AND status = 0") == 0; });
  require_equal(receiver.count("/hook"), kEvents, "some came twice");
  const auto kept = hooks.rows(" AND status = 1");
  require(kept >= 100 && kept <= 132, std::to_string(kept) + " are kept");
  const auto list = hooks.owner.client().get(webhook + "/deliveries");
  require_equal(list.text("/items/0/status"), "delivered");
  require_equal(list.number("/items/0/event_seq"),
                number_of("SELECT event_seq FROM change_head WHERE org_id = " + binary(hooks.owner.org_id)));
  const auto replay = webhook + "/deliveries/" + list.text("/items/0/event_id") + "/replay";
  expect(hooks.owner.client().post(replay), 202);
  require_equal(ids_of(receiver.wait_for(kEvents + 1, "/hook")).size(), kEvents);
  wait_until("nothing is left to read",
             [] { return number_of("SELECT COUNT(*) FROM webhook_backlog") == 0; });
}

Test(webhook_cursor, one_that_fails_holds_itself_up_and_catches_up_and_delays_nobody, .timeout = 240) {
  constexpr std::size_t kEvents = 250;
  Receiver receiver;
  Hooks hooks{{kEventsFor}};
  std::atomic<bool> fails{true};
  receiver.answer([&](const Received& request) {
    return Receiver::Answer{request.path == "/bad" && fails ? 500 : 200, {}, {}, false};
  });
  hooks.make(receiver.url("/bad"), kProducts);
  hooks.make(receiver.url("/good"), kProducts);
  hooks.import(kEvents);
  require_equal(ids_of(receiver.wait_for(kEvents, "/good")).size(), kEvents);
  require(hooks.rows(" AND status = 0") <= 100, "more waits than may");
  fails = false;
  const auto tried = receiver.count("/bad");
  wait_until(
      "it has had all",
      [&] {
        return ids_of(receiver.wait_for(tried, "/bad")).size() == kEvents &&
               hooks.rows(" AND status = 0") == 0;
      },
      std::chrono::seconds{120});
}

Test(webhook_cursor, what_happened_before_a_pause_is_owed_and_what_happens_in_it_is_not, .timeout = 240) {
  Receiver receiver;
  Hooks hooks{{kEventsFor}};
  const auto webhook = hooks.make(receiver.url("/hook"), kProducts);
  hooks.hold();
  hooks.import(3);
  hooks.set_status(webhook, "paused");
  hooks.import(5);
  hooks.set_status(webhook, "active");
  hooks.import(2);
  const auto other = hooks.make(receiver.url("/other"), kProducts);
  hooks.import(1);
  hooks.go_on();
  require_equal(receiver.wait_for(1, "/other").size(), 1U, "a new webhook is told of what was before it");
  require_equal(ids_of(receiver.wait_for(6, "/hook")).size(), 6U);
  wait_until("nothing waits", [&] { return hooks.rows(" AND status = 0") == 0; });
  wait_until("nothing is left to read",
             [] { return number_of("SELECT COUNT(*) FROM webhook_backlog") == 0; });
  require_equal(receiver.count("/hook"), 6U);
}

Test(webhook_cursor, events_that_a_webhook_has_not_had_outlive_their_time, .timeout = 240) {
  Receiver receiver;
  Hooks hooks{{kEventsFor}};
  hooks.make(receiver.url("/hook"), kProducts);
  const auto sweep = [&] {
    const auto done = hooks.stack.run("tenantd-sweeper");
    require_equal(done.status, 0, done.output);
  };
  const auto events = [&] {
    return number_of("SELECT COUNT(*) FROM event WHERE type = 'product.created' AND org_id = " +
                     binary(hooks.owner.org_id));
  };
  hooks.hold();
  hooks.import(3);
  hooks.move_clock(7200);
  sweep();
  require_equal(events(), 3);
  hooks.go_on();
  require_equal(ids_of(receiver.wait_for(3, "/hook")).size(), 3U);
  wait_until("all are told of", [&] { return hooks.rows(" AND status = 1") == 3; });
  sweep();
  require_equal(events(), 0);
  // The cursor stands where no event is any more, and goes on.
  hooks.owner.access_token = sign_in(hooks.owner.email, hooks.owner.password).text("/access_token");
  hooks.import(2);
  require_equal(ids_of(receiver.wait_for(5, "/hook")).size(), 5U);
}

// Who finds nothing more to read goes on from what had been told before it looked, not from what was told

// meanwhile.

Test(webhook_cursor, an_event_that_comes_while_a_webhook_finds_no_more_is_not_passed_over) {
  constexpr int kRoles = 80;
  Hooks hooks;
  const auto webhook = hooks.make("http://127.0.0.1:9/", R"(["role.created"])");
  const auto key = binary(webhook.substr(webhook.rfind('/') + 1));
  hooks.hold();
  std::atomic<bool> all_made{false};
  at_once(2, [&](std::size_t n) {
    if (n == 0) {
      for (int i = 0; i < kRoles; ++i) expect(make_role(hooks.owner, fresh_name("role"), "[]"), 201);
      return all_made = true;
    }
    tenantd::db::Connection courier{as_courier()};
    for (bool last = false; !last;) {
      last = all_made;
      courier.run("CALL take_events(" + binary(hooks.owner.org_id) + ", " + key + ", 50)");
    }
    return true;
  });
  require_equal(hooks.rows(), kRoles);
}
