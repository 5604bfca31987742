// Deliveries to a real receiver on loopback, in an instance of their own that may call it.
#include <criterion/criterion.h>

#include "modules/webhooks/webhook_fixture.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

Test(webhook_delivery, an_event_arrives_signed_with_its_place_in_the_order, .timeout = 180) {
  Receiver receiver;
  Hooks hooks;
  const auto quiet = hooks.make(receiver.url("/quiet"));
  expect(hooks.owner.client().put(quiet, object({{"url", receiver.url("/quiet")},
                                                 {"events", Field::raw(R"(["*"])")},
                                                 {"status", "paused"}})),
         200);
  const auto webhook = hooks.make(receiver.url("/hook"));
  const auto first_secret = hooks.secret;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 3; ++i) {
    ids.push_back(hooks.happen());
    receiver.wait_for(i + 1, "/hook");
  }
  const auto received = receiver.wait_for(3, "/hook");
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& request = received[i];
    require_equal(request.headers.at("webhook-id"), ids[i]);
    require_equal(request.headers.at("webhook-signature"), signature(first_secret, request));
    require_equal(request.headers.at("content-type"), "application/json");
    const auto event = hooks.owner.client().get("/api/v1/events/" + ids[i]);
    require_equal(std::string{request.json["id"].GetString()}, ids[i]);
    require_equal(request.json["seq"].GetInt64(), event.number("/seq"));
    require_equal(request.event_type(), "role.created");
    require_equal(std::string{request.json["organization_id"].GetString()}, hooks.owner.org_id);
    require_equal(std::string{request.json["actor_id"].GetString()}, hooks.owner.user_id);
    require_equal(std::string{request.json["subject_id"].GetString()}, event.text("/subject_id"));
    require(request.json["data"].IsObject() && request.json["created_at"].IsInt64(), request.body);
  }
  const auto list = hooks.await(webhook, "delivered");
  require_equal(list.size("/items"), 3U);
  require_equal(list.number("/items/0/response_status"), 200);
  require(list.at("/items/0/error").IsNull() && list.at("/items/0/next_attempt_at").IsNull(),
          list.describe());

  // For a day both secrets sign.
  const auto rotated = hooks.owner.client().post(webhook + "/rotate-secret");
  hooks.happen();
  const auto four = receiver.wait_for(4, "/hook");
  const auto& fourth = four[3];
  require_equal(fourth.headers.at("webhook-signature"),
                signature(rotated.text("/secret"), fourth) + ' ' + signature(first_secret, fourth));
  hooks.move_clock(86401);
  const auto again = sign_in(hooks.owner.email, hooks.owner.password);
  hooks.owner.access_token = again.text("/access_token");
  hooks.happen();
  const auto five = receiver.wait_for(5, "/hook");
  const auto& fifth = five[4];
  require_equal(fifth.headers.at("webhook-signature"), signature(rotated.text("/secret"), fifth));
  require_equal(receiver.count("/quiet"), 0U, "a paused webhook");
  for (const auto& secret : {first_secret, rotated.text("/secret")})
    require_equal(log_with(hooks.stack.dir(), secret), "", "a secret in a log");
}

Test(webhook_delivery, a_receiver_that_hangs_delays_neither_others_nor_mail, .timeout = 180) {
  Receiver receiver;
  Hooks hooks{{"WEBHOOK_CONNECTIONS=4"}};
  receiver.answer([](const Received& request) {
    return Receiver::Answer{200, {}, {}, request.path == "/hang"};
  });
  const auto hanging = hooks.make(receiver.url("/hang"));
  const auto fast = hooks.make(receiver.url("/fast"));
  for (std::size_t i = 1; i <= 5; ++i) {
    hooks.happen();
    receiver.wait_for(i, "/fast");
  }
  const auto guest = fresh_email("guest");
  expect(invite(hooks.owner, guest), 201);
  require(!newest_mail(guest, "invitation").raw.empty(), "the mail");
  // Two at once and no more, still held while all of that arrived.
  require_equal(receiver.held(), 2U);
  require_equal(receiver.count("/hang"), 2U);
  hooks.await(fast, "delivered");
  receiver.release();
  hooks.await(hanging, "delivered");
  require_equal(receiver.wait_for(5, "/hang").size(), 5U);
}

Test(webhook_delivery, nothing_of_a_deactivated_organization_goes_out_until_it_is_back) {
  Hooks hooks;
  Receiver receiver;
  const auto webhook = hooks.make(receiver.url("/off"));
  hooks.happen();
  receiver.wait_for(1, "/off");
  hooks.await(webhook, "delivered");
  const auto root = new_super_admin();
  const auto tenant = "/api/v1/tenants/" + hooks.owner.org_id;
  expect(root.client().post(tenant + "/deactivate", R"({"reason":"Unpaid since March"})"), 200);
  database().run("UPDATE webhook_delivery SET status = 0, next_attempt_at = 0");
  const auto other = sign_up();
  const auto address = receiver.url("/other");
  expect(other.client().post("/api/v1/webhooks",
                             object({{"url", address}, {"events", Field::raw(R"(["role.created"])")}})),
         201);
  // The second of two was looked for after the first had been sent, with all that was due then.
  for (std::size_t n = 1; n <= 2; ++n) {
    expect(make_role(other, fresh_name("role"), "[]"), 201);
    receiver.wait_for(n, "/other");
  }
  require_equal(receiver.count("/off"), 1U);
  expect(root.client().post(tenant + "/activate", ""), 200);
  receiver.wait_for(2, "/off");
}

Test(webhook_delivery, what_fails_is_tried_again_under_the_same_id_and_counted, .timeout = 180) {
  Receiver receiver;
  Hooks hooks;
  std::atomic<int> refusals{2};
  receiver.answer([&](const Received& request) -> Receiver::Answer {
    if (request.path == "/flaky") return with_status(--refusals >= 0 ? 500 : 200);
    if (request.path == "/moved") return {302, "Location: /target\r\n", {}, false};
    if (request.path == "/gone") return with_status(410);
    if (request.path == "/large") return {200, {}, std::string(10'000'000, 'x'), false};
    return with_status(204);
  });
  const auto flaky = hooks.make(receiver.url("/flaky"));
  const auto moved = hooks.make(receiver.url("/moved"));
  const auto gone = hooks.make(receiver.url("/gone"));
  const auto large = hooks.make(receiver.url("/large"));
  const auto event = hooks.happen();
  const auto tried = receiver.wait_for(3, "/flaky");
  for (const auto& request : tried) {
    require_equal(request.headers.at("webhook-id"), event);
    require_equal(request.body, tried[0].body);
    require_equal(request.headers.at("webhook-signature").substr(0, 3), "v1,");
  }
  const auto delivered = hooks.await(flaky, "delivered");
  require_equal(delivered.number("/items/0/attempts"), 3);
  const auto followed = hooks.await(moved, "pending");
  require_equal(followed.number("/items/0/response_status"), 302);
  require(followed.text("/items/0/error").find("redirect") != std::string::npos, followed.describe());
  require_equal(receiver.count("/target"), 0U, "a redirect was followed");
  require_equal(hooks.await(gone, "dead").number("/items/0/attempts"), 1);
  require_equal(hooks.await(large, "delivered").number("/items/0/response_status"), 200);
}

Test(webhook_delivery, a_receiver_that_asks_for_time_gets_it_up_to_an_hour) {
  Receiver receiver;
  Hooks hooks;
  receiver.answer([](const Received& request) -> Receiver::Answer {
    if (request.path == "/busy") return {429, "Retry-After: 1800\r\n", {}, false};
    if (request.path == "/down") return {503, "Retry-After: 86400\r\n", {}, false};
    if (request.path == "/date") return {503, "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", {}, false};
    if (request.path == "/past") return {503, "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", {}, false};
    if (request.path == "/odd") return {429, "Retry-After: soon\r\n", {}, false};
    return {500, "Retry-After: 1800\r\n", {}, false};
  });
  std::map<std::string, std::string> webhooks;
  for (const char* path : {"/busy", "/down", "/date", "/past", "/odd", "/broken"})
    webhooks[path] = hooks.make(receiver.url(path));
  const auto event = hooks.happen();
  const auto delay = [&](const std::string& path) {
    const auto of = " FROM webhook_delivery WHERE attempts = 1 AND event_id = " + binary(event) +
                    " AND webhook_id = " + binary(webhooks[path].substr(webhooks[path].rfind('/') + 1));
    wait_until("an attempt at " + path, [&] { return number_of("SELECT COUNT(*)" + of) == 1; });
    return number_of("SELECT next_attempt_at - updated_at" + of);
  };
  require_equal(delay("/busy"), 1800);
  require_equal(delay("/down"), 3600);
  require_equal(delay("/date"), 3600);
  for (const char* path : {"/past", "/odd", "/broken"}) require(delay(path) <= 12, path);
}

Test(webhook_delivery, a_courier_that_is_killed_loses_nothing, .timeout = 180) {
  Receiver receiver;
  Hooks hooks;
  std::atomic<bool> hang{true};
  receiver.answer([&](const Received&) { return Receiver::Answer{200, {}, {}, hang}; });
  const auto webhook = hooks.make(receiver.url("/hook"));
  const auto event = hooks.happen();
  receiver.wait_for(1, "/hook");
  const pid_t courier = hooks.courier();
  require(::kill(courier, SIGKILL) == 0, "the courier takes no signal");
  wait_until("the courier is gone", [&] { return !lives(courier); });
  hang = false;
  require_equal(hooks.stack.run("tenantd-courier --once").status, 0);
  require_equal(receiver.count("/hook"), 1U, "the lease of the dead one holds");
  hooks.move_clock(136);
  require_equal(hooks.stack.run("tenantd-courier --once").status, 0);
  const auto received = receiver.wait_for(2, "/hook");
  require_equal(received[0].headers.at("webhook-id"), event);
  require_equal(received[1].headers.at("webhook-id"), event);
  hooks.await(webhook, "delivered");
}

Test(webhook_delivery, several_couriers_send_each_event_once, .timeout = 180) {
  constexpr std::size_t kEvents = 60;
  Receiver receiver;
  Hooks hooks;
  std::vector<std::string> webhooks;
  for (const char* path : {"/a", "/b", "/c"}) webhooks.push_back(hooks.make(receiver.url(path)));
  const pid_t courier = hooks.courier();
  require(::kill(courier, SIGSTOP) == 0, "the courier takes no signal");
  for (std::size_t i = 0; i < kEvents; ++i) expect(make_role(hooks.owner, fresh_name("role"), "[]"), 201);
  require(::kill(courier, SIGCONT) == 0, "the courier takes no signal");
  const auto runs = at_once(2, [&](std::size_t) { return hooks.stack.run("tenantd-courier --once"); });
  for (const auto& run : runs) require_equal(run.status, 0, run.output);
  wait_until("all are delivered",
             [] { return number_of("SELECT COUNT(*) FROM webhook_delivery WHERE status <> 1") == 0; });
  for (const char* path : {"/a", "/b", "/c"}) {
    std::set<std::string> ids;
    for (const auto& request : receiver.wait_for(kEvents, path)) ids.insert(request.headers.at("webhook-id"));
    require_equal(ids.size(), kEvents, path);
    require_equal(receiver.count(path), kEvents, "some came twice");
  }
}

Test(webhook_delivery, an_event_brings_the_values_that_changed, .timeout = 180) {
  Receiver receiver;
  Hooks hooks;
  const auto webhook = hooks.make(receiver.url("/hook"), R"(["role.updated","webhook.secret_rotated"])");
  const auto role = make_role(hooks.owner, "auditor", "[]");
  expect(hooks.owner.client().put(path_of(role), R"({"name":"checker","permissions":["users:read"]})"), 200);
  expect(hooks.owner.client().post(webhook + "/rotate-secret"), 200);
  const auto received = receiver.wait_for(2, "/hook");
  const auto& changed = received[0].json["data"];
  require_equal(std::string{changed["old_values"]["name"].GetString()}, "auditor");
  require_equal(std::string{changed["new_values"]["name"].GetString()}, "checker");
  require_equal(std::string{received[1].json["data"]["new_values"]["secret"].GetString()}, "***");
  require(!received[1].json["data"].HasMember("old_values"), received[1].body);
}

// Over all organizations, for those who run the service.
