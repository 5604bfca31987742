// What somebody asks of a webhook: a test of it, and what was given up once more.
#include <criterion/criterion.h>

#include "modules/webhooks/webhook_fixture.hpp"

using namespace tenantd::test;

Test(webhook_by_hand, what_fails_too_long_is_dead_until_it_is_replayed_by_hand, .timeout = 180) {
  Receiver receiver;
  Hooks hooks{{"WEBHOOK_GIVE_UP_SECONDS=600"}};
  std::atomic<int> status{503};
  receiver.answer([&](const Received&) { return with_status(status); });
  const auto webhook = hooks.make(receiver.url("/hook"));
  const auto event = hooks.happen();
  hooks.await(webhook, "pending");
  hooks.move_clock(600);
  const auto dead = hooks.await(webhook, "dead");
  require_equal(dead.text("/items/0/error"), "HTTP 503");
  const auto replay = webhook + "/deliveries/" + event + "/replay";
  // The clock of giving up begins anew.
  expect(hooks.owner.client().post(replay), 202);
  hooks.await(webhook, "pending");
  status = 200;
  const auto replayed = hooks.await(webhook, "delivered");
  require(replayed.at("/items/0/error").IsNull(), replayed.describe());
  const auto before = receiver.count("/hook");
  expect(hooks.owner.client().post(replay), 202);
  const auto received = receiver.wait_for(before + 1, "/hook");
  for (const auto& request : received) require_equal(request.headers.at("webhook-id"), event);
}

Test(webhook_by_hand, a_test_reaches_this_webhook_alone_whatever_its_types_are, .timeout = 180) {
  Receiver receiver;
  Hooks hooks;
  const auto all = hooks.make(receiver.url("/all"), R"(["*"])");
  const auto tried = hooks.make(receiver.url("/tried"));
  const auto id = tried.substr(tried.rfind('/') + 1);
  const auto asked = hooks.owner.client().post(tried + "/test");
  expect(asked, 202);
  const auto received = receiver.wait_for(1, "/tried");
  require_equal(received[0].event_type(), "webhook.test");
  require_equal(received[0].headers.at("webhook-id"), asked.text("/delivery_id"));
  require_equal(std::string{received[0].json["subject_id"].GetString()}, id);
  require_equal(received[0].headers.at("webhook-signature"), signature(hooks.secret, received[0]));
  require_equal(hooks.await(tried, "delivered").text("/items/0/event_id"), asked.text("/delivery_id"));
  // What happens behind it has passed the other one by.
  hooks.happen();
  wait_until("the other one has what follows", [&] {
    const auto list = hooks.owner.client().get(all + "/deliveries?status=delivered");
    return list.size("/items") > 0 && list.text("/items/0/event_type") == "role.created";
  });
  require_equal(number_of("SELECT COUNT(*) FROM webhook_delivery d JOIN event e ON e.org_id = d.org_id AND "
                          "e.id = d.event_id WHERE e.type = 'webhook.test'"),
                1);
}

Test(webhook_by_hand, a_test_of_a_paused_or_foreign_webhook_is_refused_and_an_hour_has_sixty,
     .timeout = 180) {
  Receiver receiver;
  Hooks hooks;
  const auto paused = hooks.make(receiver.url("/paused"));
  const auto webhook = hooks.make(receiver.url("/hook"));
  expect(hooks.owner.client().put(paused, R"({"status":"paused"})"), 200);
  const auto stranger = sign_up();
  const auto tests = [] { return number_of("SELECT COUNT(*) FROM event WHERE type = 'webhook.test'"); };
  expect_problem(hooks.owner.client().post(paused + "/test"), 409, "conflict");
  expect_problem(stranger.client().post(webhook + "/test"), 404, "not_found");
  expect_problem(hooks.owner.client().post("/api/v1/webhooks/" + fresh_id() + "/test"), 404, "not_found");
  expect_problem(invite_and_accept(hooks.owner, "manager").client().post(webhook + "/test"), 403,
                 "forbidden");
  require_equal(tests(), 0);
  for (int i = 0; i < 60; ++i) expect(hooks.owner.client().post(webhook + "/test"), 202);
  const auto refused = hooks.owner.client().post(webhook + "/test");
  expect_problem(refused, 429, "rate_limited");
  require(!refused.header("retry-after").empty(), refused.describe());
  require_equal(tests(), 60);
}

Test(webhook_by_hand, super_admins_find_what_was_given_up_and_send_it_once_more, .timeout = 240) {
  Receiver receiver;
  receiver.answer([](const Received&) { return with_status(410); });
  const std::string email = "root@example.com";
  const std::string password = "velvet anchor northbound";
  Hooks hooks{{"SUPER_ADMIN_EMAIL=" + email, "SUPER_ADMIN_PASSWORD=" + password}};
  auto root = account_of(expect(sign_in(email, password), 200), email, password).client();
  const auto first = hooks.make(receiver.url("/one?key=hidden"));
  const auto second = hooks.make(receiver.url("/two"));
  const auto event = hooks.happen();
  hooks.await(first, "dead");
  hooks.await(second, "dead");
  const auto all = root.get("/api/v1/admin/webhooks/dead");
  expect(all, 200);
  require_equal(all.size("/items"), 2U);
  require(all.body.find("hidden") == std::string::npos, "the address is its organization's");
  require_equal(all.text("/items/0/host"), "127.0.0.1:" + std::to_string(receiver.port()));
  require_equal(all.text("/items/0/tenant_id"), hooks.owner.org_id);
  require_equal(all.text("/items/0/event_id"), event);
  require_equal(all.number("/items/0/response_status"), 410);
  // Deliveries of one event that ended in one second are never torn apart.
  const auto page = root.get("/api/v1/admin/webhooks/dead?limit=1");
  const auto rest = page.at("/next_cursor").IsNull()
                        ? std::size_t{0}
                        : root.get("/api/v1/admin/webhooks/dead?limit=1&cursor=" + page.text("/next_cursor"))
                              .size("/items");
  require_equal(page.size("/items") + rest, 2U);
  const auto id_of = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  const auto replay = [&](const std::string& tenant, const std::string& webhook, const std::string& which) {
    return root.post("/api/v1/admin/tenants/" + tenant + "/webhooks/" + webhook + "/deliveries/" + which +
                     "/replay");
  };
  const auto& org = hooks.owner.org_id;
  expect(hooks.owner.client().put(second, R"({"status":"paused"})"), 200);
  {
    Unchanged database;
    expect_problem(replay(fresh_id(), id_of(first), event), 404, "not_found");
    expect_problem(replay(org, fresh_id(), event), 404, "not_found");
    expect_problem(replay(org, id_of(first), fresh_id()), 404, "not_found");
    expect_problem(replay("x", "y", "z"), 404, "not_found");
    expect_problem(replay(org, id_of(second), event), 409, "conflict");
    expect_problem(hooks.owner.client().get("/api/v1/admin/webhooks/dead"), 403, "forbidden");
    expect_problem(root.get("/api/v1/admin/webhooks/dead?status=dead"), 422, "validation_failed");
    database.check("what is refused");
  }
  receiver.answer([](const Received&) { return with_status(200); });
  const auto again = replay(org, id_of(first), event);
  expect(again, 202);
  require_equal(again.text("/status"), "pending");
  hooks.await(first, "delivered");
  require_equal(root.get("/api/v1/admin/webhooks/dead").size("/items"), 1U);
  // The organization's log names who it was.
  const auto log = hooks.owner.client().get("/api/v1/audit-logs?action=webhook.delivery_replayed");
  require_equal(expect(log, 200).text("/items/0/actor/email"), email);
}
