// Webhooks as the API shows them, and addresses that are not called. What is sent: webhook_delivery_test.cpp.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/listener.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

// Public, and never called: the webhook is paused.
constexpr const char* kAddress = "https://127.9.9.9/hooks";

std::string body(const std::string& url, const std::string& events = R"(["role.created"])",
                 const std::string& status = "paused") {
  return object({{"url", url}, {"events", Field::raw(events)}, {"status", status}});
}

Response make(const Account& owner) { return owner.client().post("/api/v1/webhooks", body(kAddress)); }

std::string path_to(const Response& webhook) { return "/api/v1/webhooks/" + webhook.text("/id"); }

// The bytes of a secret, as hexadecimal digits.
std::string bytes_of(std::string secret) {
  secret = secret.substr(6);
  while (secret.ends_with('=')) secret.pop_back();
  for (char& c : secret) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return tenantd::to_hex(tenantd::base64url_decode(secret).value());
}

// A delivery of an event of the organization, as if a commit had made it.
std::string insert_delivery(const Account& owner, const std::string& webhook_id, int status) {
  const auto event = owner.client().get("/api/v1/events?limit=1").text("/items/0/id");
  database().run(
      "INSERT INTO webhook_delivery (org_id, webhook_id, event_id, event_seq, status, attempts, "
      "next_attempt_at, pending_since, created_at, updated_at) SELECT org_id, " +
      binary(webhook_id) + ", id, seq, " + std::to_string(status) +
      ", 3, 1, 1, 1, 1 FROM event WHERE id = " + binary(event));
  return event;
}

}  // namespace

Test(webhooks, a_webhook_is_made_shown_listed_changed_and_ended) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made = client.post("/api/v1/webhooks", body(kAddress, R"(["role.created","member.removed"])"));
  expect(made, 201);
  require_equal(made.header("location"), path_to(made));
  require_equal(made.header("etag"), "\"1\"");
  require_equal(made.text("/status"), "paused");
  require_equal(made.text("/created_by"), owner.user_id);
  require_equal(made.text("/events/1"), "member.removed");
  const auto shown = client.get(path_to(made));
  expect(shown, 200);
  require(!shown.has("/secret"), shown.describe());
  const auto list = client.get("/api/v1/webhooks?include_total=true");
  require_equal(list.number("/total"), 1);
  require_equal(list.text("/items/0/url"), kAddress);
  require(list.body.find("whsec_") == std::string::npos, list.describe());

  const auto change = object({{"url", "https://127.9.9.9/other"},
                              {"events", Field::raw(R"(["*"])")},
                              {"description", "Everything"}});
  const auto changed = client.put(path_to(made), change);
  expect(changed, 200);
  require_equal(changed.header("etag"), "\"2\"");
  require_equal(changed.text("/status"), "paused", "left as it was");
  require_equal(changed.text("/events/0"), "*");
  expect_problem(client.send({"PUT", path_to(made), change, "application/json", {{"If-Match", "\"1\""}}}),
                 412, "precondition_failed");
  expect(client.send({"PUT", path_to(made), change, "application/json", {{"If-Match", "\"2\""}}}), 200);
  // What is not named stays; of the address the log says where, and not by which secret.
  const auto paused = client.put(path_to(made), R"({"status":"paused"})");
  expect(paused, 200);
  require_equal(paused.text("/url") + paused.text("/description") + paused.text("/events/0"),
                "https://127.9.9.9/otherEverything*");
  require_equal(
      number_of("SELECT COUNT(*) FROM audit_log WHERE resource_id = " + binary(made.text("/id")) +
                " AND CONCAT(COALESCE(old_values, ''), COALESCE(new_values, '')) RLIKE 'hooks|other'"),
      0);
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE resource_id = " + binary(made.text("/id")) +
                          " AND new_values LIKE '%https://127.9.9.9/***%'"),
                4);
  expect(client.del(path_to(made), ""), 204);
  expect_problem(client.get(path_to(made)), 404, "not_found");
  expect_problem(client.put(path_to(made), change), 404, "not_found");
  expect_problem(client.del(path_to(made), ""), 404, "not_found");
  const auto told = client.get("/api/v1/events?type=webhook.deleted");
  require_equal(told.text("/items/0/subject_id"), made.text("/id"));
}

Test(webhooks, the_secret_is_shown_once_kept_sealed_and_in_no_log) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made = make(owner);
  const auto secret = made.text("/secret");
  const auto rotated = client.post(path_to(made) + "/rotate-secret");
  expect(rotated, 200);
  require_equal(rotated.header("etag"), "\"2\"");
  require(rotated.text("/secret") != secret, "the same secret");
  const auto row = " FROM webhook WHERE id = " + binary(made.text("/id"));
  require_equal(number_of("SELECT previous_until - UNIX_TIMESTAMP() BETWEEN 86300 AND 86400" + row), 1);
  for (const auto& shown : {secret, rotated.text("/secret")}) {
    require_equal(bytes_of(shown).size(), 64U, "32 bytes");
    for (const char* column : {"secret_sealed", "previous_secret_sealed"})
      require(text_of(std::string{"SELECT LOWER(HEX("} + column + "))" + row).find(bytes_of(shown)) ==
                  std::string::npos,
              "a secret in the clear");
    require_equal(log_with(run_dir(), shown), "");
    for (const auto& path : {std::string{"/api/v1/webhooks"}, path_to(made), path_to(made) + "/deliveries",
                             std::string{"/api/v1/events"}})
      require(client.get(path).body.find(shown) == std::string::npos, path);
    require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = " + binary(owner.org_id) +
                            " AND INSTR(CONCAT_WS('|', old_values, new_values), " + literal(shown) + ") > 0"),
                  0, "in the audit log");
  }
}

Test(webhooks, a_type_that_nobody_records_is_refused) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  struct Case {
    const char* events;
    const char* pointer;
  };
  for (const auto& [events, pointer] :
       {Case{R"(["role.created","member.remove"])", "/events/1"},
        Case{R"(["role.created","*"])", "/events/1"}, Case{R"(["role.*"])", "/events/0"},
        Case{R"(["role.created,role.deleted"])", "/events/0"}, Case{R"([])", "/events"},
        Case{R"(["*","*"])", "/events"}}) {
    const auto reply = client.post("/api/v1/webhooks", body(kAddress, events));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  }
  expect_problem(client.post("/api/v1/webhooks", body(kAddress, R"(["*"])", "dead")), 422,
                 "validation_failed");
  database.check("types that are none");
}

Test(webhooks, an_address_that_leads_inside_is_refused_and_nobody_connects) {
  const Listener listener;
  const auto port = listener.url().substr(listener.url().rfind(':'));
  const auto owner = sign_up();
  auto client = owner.client();
  const auto path = path_to(make(owner));
  Unchanged database;
  for (const auto& url :
       {"http://127.1" + port + '/', "https://127.1" + port + '/', "https://127.0.0.1" + port + '/',
        "https://[::1]" + port + '/', "https://[::ffff:127.0.0.1]" + port + '/',
        std::string{"https://169.254.169.254/latest/meta-data"}, std::string{"file:///etc/passwd"},
        "https://2130706433" + port + '/', "https://0x7f.1" + port + '/', "https://0177.0.0.1" + port + '/',
        "https://localhost" + port + '/', "https://localhost." + port + '/',
        "https://user:password@127.9.9.9" + port + '/', std::string{"https://10.0.0.1/"},
        std::string{"https://no-such-host.invalid/"}, std::string{"gopher://127.9.9.9/"},
        std::string{"http://127.9.9.9/"}, std::string{"127.9.9.9"}, std::string{"https://"}}) {
    for (const auto& reply : {client.post("/api/v1/webhooks", body(url)), client.put(path, body(url))}) {
      expect_problem(reply, 422, "url_refused");
      expect_pointer(reply, "/url");
    }
  }
  require(!listener.was_knocked_at(0), "somebody connected");
  database.check("addresses that are not called");
}

Test(webhooks, an_address_that_leads_inside_later_is_refused_at_each_attempt) {
  const Listener listener;
  const auto port = listener.url().substr(listener.url().rfind(':'));
  const auto owner = sign_up();
  auto client = owner.client();
  for (const auto& url : {"https://localhost" + port + '/', "https://127.0.0.1" + port + '/'}) {
    const auto made = make(owner);
    database().run("UPDATE webhook SET status = 0, url = " + literal(url) +
                   " WHERE id = " + binary(made.text("/id")));
    expect(make_role(owner, fresh_name("role"), "[]"), 201);
    Response tried;
    wait_until("the courier tries " + url, [&] {
      tried = client.get(path_to(made) + "/deliveries");
      return tried.size("/items") > 0 && tried.number("/items/0/attempts") > 0;
    });
    require_equal(tried.text("/items/0/status"), "pending");
    require(tried.at("/items/0/response_status").IsNull(), tried.describe());
    require(tried.text("/items/0/error").find("loopback") != std::string::npos, tried.describe());
    require(!listener.was_knocked_at(0), "somebody connected");
    expect(client.del(path_to(made), ""), 204);
  }
}

Test(webhooks, an_organization_has_fifty_of_them_however_many_are_asked_for_at_once) {
  const auto owner = sign_up();
  for (int i = 0; i < 48; ++i) expect(make(owner), 201);
  const auto replies = at_once(4, [&](std::size_t) { return make(owner); });
  int made = 0;
  for (const auto& reply : replies) {
    made += reply.status == 201 ? 1 : 0;
    if (reply.status == 201) continue;
    expect_problem(reply, 409, "limit_reached");
    require_equal(reply.text("/limit"), "webhooks");
  }
  require_equal(made, 2);
  require_equal(owner.client().get("/api/v1/webhooks?include_total=true").number("/total"), 50);
}

Test(webhooks, deliveries_are_listed_filtered_and_paged_newest_first) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto webhook = path_to(make(owner));
  const auto id = webhook.substr(webhook.rfind('/') + 1);
  for (int i = 0; i < 3; ++i) expect(make_role(owner, fresh_name("role"), "[]"), 201);
  database().run(
      "INSERT INTO webhook_delivery (org_id, webhook_id, event_id, event_seq, status, next_attempt_at, "
      "pending_since, created_at, updated_at) SELECT org_id, " +
      binary(id) + ", id, seq, seq MOD 3, 1, 1, 1, 1 FROM event WHERE org_id = " + binary(owner.org_id));
  const auto all = client.get(webhook + "/deliveries?include_total=true");
  const auto count = static_cast<std::int64_t>(all.size("/items"));
  require_equal(all.number("/total"), count);
  require_equal(all.number("/items/0/event_seq"), count);
  require_equal(all.text("/items/0/event_type"), "role.created");
  const auto first = client.get(webhook + "/deliveries?limit=2");
  const auto second = client.get(webhook + "/deliveries?limit=2&cursor=" + first.text("/next_cursor"));
  require_equal(second.number("/items/0/event_seq"), count - 2);
  const auto dead = client.get(webhook + "/deliveries?status=dead&include_total=true");
  require_equal(dead.size("/items"), static_cast<std::size_t>(dead.number("/total")));
  for (const auto& item : dead.at("/items").GetArray()) require_equal(item["event_seq"].GetInt64() % 3, 2);
  expect_problem(client.get(webhook + "/deliveries?status=lost"), 422, "validation_failed");
}

Test(webhooks, what_is_replayed_begins_anew_and_nothing_is_for_a_paused_one) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto webhook = path_to(make(owner));
  const auto id = webhook.substr(webhook.rfind('/') + 1);
  const auto event = insert_delivery(owner, id, 2);
  const auto replay = webhook + "/deliveries/" + event + "/replay";
  expect_problem(client.post(replay), 409, "conflict");
  expect_problem(client.post(webhook + "/deliveries/" + fresh_id() + "/replay"), 404, "not_found");
  require_equal(client.get(webhook + "/deliveries").text("/items/0/status"), "dead");
  // To an address that is refused: the courier may try it meanwhile, and fails at once.
  database().run("UPDATE webhook SET status = 0, url = 'https://127.0.0.1/' WHERE id = " + binary(id));
  const auto replayed = client.post(replay);
  expect(replayed, 202);
  require_equal(replayed.text("/status"), "pending");
  require_equal(replayed.number("/attempts"), 0);
  require_equal(client.get("/api/v1/events?type=webhook.delivery_replayed").text("/items/0/subject_id"), id);
  expect(client.del(webhook, ""), 204);
}

Test(webhooks, another_organizations_are_not_found) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  const auto webhook = path_to(make(theirs));
  const auto event = insert_delivery(theirs, webhook.substr(webhook.rfind('/') + 1), 2);
  const auto own = path_to(make(ours));
  auto client = ours.client();
  Unchanged database;
  expect_problem(client.get(webhook), 404, "not_found");
  expect_problem(client.put(webhook, body(kAddress)), 404, "not_found");
  expect_problem(client.del(webhook, ""), 404, "not_found");
  expect_problem(client.post(webhook + "/rotate-secret"), 404, "not_found");
  expect_problem(client.get(webhook + "/deliveries"), 404, "not_found");
  expect_problem(client.post(webhook + "/deliveries/" + event + "/replay"), 404, "not_found");
  expect_problem(client.post(own + "/deliveries/" + event + "/replay"), 404, "not_found");
  expect_problem(client.get("/api/v1/events/" + event), 404, "not_found");
  require_equal(client.get("/api/v1/webhooks").size("/items"), 1U);
  database.check("another organization's webhooks");
}
