// Deliveries to a real receiver on loopback, in an instance of their own that may call it.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/private_stack.hpp"
#include "support/receiver.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd::test;

namespace {

std::string new_clock() {
  const auto path = run_dir() + "/clock-" + std::to_string(::getpid());
  const std::int64_t none = 0;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  require(fd >= 0 && ::pwrite(fd, &none, sizeof none, 0) == sizeof none, "no clock");
  ::close(fd);
  return path;
}

// An instance that calls this host, in the clear, and whose clock can be moved.
class Hooks {
 public:
  explicit Hooks(std::vector<std::string> settings = {}) : stack(with(std::move(settings))) {
    stack.take_the_suites_place();
    owner = sign_up();
  }

  std::string make(const std::string& url, const std::string& events = R"(["role.created"])") {
    const auto made =
        owner.client().post("/api/v1/webhooks", object({{"url", url}, {"events", Field::raw(events)}}));
    expect(made, 201);
    secret = made.text("/secret");
    return "/api/v1/webhooks/" + made.text("/id");
  }
  // Something happens. Returns the event's id.
  std::string happen() const {
    expect(make_role(owner, fresh_name("role"), "[]"), 201);
    const auto events = owner.client().get("/api/v1/events?type=role.created&limit=200");
    return events.text("/items/" + std::to_string(events.size("/items") - 1) + "/id");
  }
  // Waits until the newest delivery is so; returns the list.
  Response await(const std::string& webhook, const std::string& status, std::int64_t attempts = 1) const {
    Response list;
    wait_until(webhook + " is " + status, [&] {
      list = owner.client().get(webhook + "/deliveries");
      return list.size("/items") > 0 && list.text("/items/0/status") == status &&
             list.number("/items/0/attempts") >= attempts;
    });
    return list;
  }
  void move_clock(std::int64_t seconds) const {
    const int fd = ::open(clock.c_str(), O_WRONLY | O_CLOEXEC);
    require(fd >= 0 && ::pwrite(fd, &seconds, sizeof seconds, 0) == sizeof seconds, "the clock");
    ::close(fd);
  }
  pid_t courier() const { return part_pid(stack.dir(), "courier"); }

  std::string clock = new_clock();
  PrivateStack stack;
  Account owner;
  std::string secret;  // of the webhook made last

 private:
  std::vector<std::string> with(std::vector<std::string> settings) const {
    settings.insert(settings.end(),
                    {"OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true", "WEBHOOK_RETRY_SECONDS=1",
                     "WEBHOOK_SECONDS=60", "CLOCK_OFFSET_FILE=" + clock});
    return settings;
  }
};

// What a library for Standard Webhooks computes.
std::string signature(std::string secret, const Received& request) {
  secret = secret.substr(6);
  while (secret.ends_with('=')) secret.pop_back();
  for (char& c : secret) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const auto text =
      request.headers.at("webhook-id") + '.' + request.headers.at("webhook-timestamp") + '.' + request.body;
  return "v1," + tenantd::base64_encode(
                     tenantd::crypto::hmac_sha256(tenantd::base64url_decode(secret).value(), text));
}

Receiver::Answer with_status(int status) { return {status, {}, {}, false}; }

}  // namespace

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

Test(webhook_delivery, what_fails_too_long_is_dead_until_it_is_replayed_by_hand, .timeout = 180) {
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

Test(webhook_delivery, a_test_reaches_this_webhook_alone_whatever_its_types_are, .timeout = 180) {
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

Test(webhook_delivery, a_test_of_a_paused_or_foreign_webhook_is_refused_and_an_hour_has_sixty,
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
Test(webhook_delivery, super_admins_find_what_was_given_up_and_send_it_once_more, .timeout = 240) {
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
