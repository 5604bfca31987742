// Streams to real receivers on loopback: what they have is what the database has, in its order.
#include <criterion/criterion.h>

#include "modules/streams/stream_fixture.hpp"
#include "support/parallel.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

Receiver::Answer answer_with(int status) { return {status, {}, {}, false}; }

// What a library for Standard Webhooks computes.
std::string signature_of(std::string secret, const Received& request) {
  const auto text =
      request.headers.at("webhook-id") + '.' + request.headers.at("webhook-timestamp") + '.' + request.body;
  return "v1," + tenantd::base64_encode(
                     tenantd::crypto::hmac_sha256(tenantd::base64_decode(secret.substr(6)).value(), text));
}

// Waits until the receiver has acknowledged all of the chain; returns the stream.
Response caught_up(const Account& who, const std::string& path) {
  Response stream;
  wait_until(path + " has caught up", [&] {
    stream = who.client().get(path);
    return stream.status == 200 && stream.number("/behind") == 0;
  });
  return stream;
}

Arrived arrived_at(Receiver& receiver, const std::string& path) {
  Arrived arrived;
  arrived.add(receiver.wait_for(1, path));
  return arrived;
}

}  // namespace

Test(stream_delivery, rows_and_events_arrive_signed_in_their_order_from_the_stream_on, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  StreamStack::happen(streams.owner, 3);
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(receiver.url("/siem"));
  const auto secret = streams.secret;
  StreamStack::happen(streams.owner, 5);
  const auto stream = caught_up(streams.owner, path);
  require_equal(stream.number("/position"), chain_head(streams.owner.org_id));
  require_equal(stream.number("/lag_seconds"), 0);
  require(stream.at("/last_error").IsNull() && stream.number("/failures") == 0, stream.describe());
  const auto requests = receiver.wait_for(1, "/siem");
  for (const auto& request : requests) {
    require_equal(request.headers.at("webhook-signature"), signature_of(secret, request));
    require_equal(std::string{request.json["stream_id"].GetString()}, stream.text("/id"));
    require_equal(std::string{request.json["batch_id"].GetString()}, request.headers.at("webhook-id"));
  }
  Arrived arrived;
  arrived.add(requests);
  require_all(arrived, streams.owner.org_id, first);
  require_equal(arrived.repeated, 0);
  // The stream's own making is the first that it tells of, and each of these changes is an event too.
  const auto& item = requests[0].json["items"][0];
  require_equal(std::string{item["action"].GetString()}, "stream.created");
  require_equal(std::string{item["new_values"]["secret"].GetString()}, "***");
  require_equal(arrived.events.at(streams.owner.org_id).size(), 6U);
  require_equal(log_with(streams.stack.dir(), secret), "", "a secret in a log");
  // For a day both secrets sign.
  expect(streams.owner.client().post(path + "/rotate-secret"), 200);
  caught_up(streams.owner, path);
  const auto last = receiver.wait_for(requests.size() + 1, "/siem").back().headers.at("webhook-signature");
  require(last.find(' ') != std::string::npos, last);
}

Test(stream_delivery, an_outage_of_a_day_loses_nothing_and_the_order_stays, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  std::atomic<bool> down{true};
  receiver.answer([&](const Received&) { return answer_with(down ? 503 : 200); });
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(receiver.url("/siem"));
  for (const int hour : {0, 1, 6, 12, 23}) {
    streams.move_clock(hour * 3600);
    streams.sign_in_again();
    StreamStack::happen(streams.owner, 130);
    wait_until("it is tried, and waits", [&] { return last_error(streams.owner, path) == "HTTP 503"; });
  }
  streams.move_clock(86400);
  streams.sign_in_again();
  const auto waiting = streams.owner.client().get(path);
  require_equal(waiting.number("/position"), first - 1, "a position moved without a receiver's word");
  require(waiting.number("/behind") >= 650, waiting.describe());
  require(waiting.number("/lag_seconds") >= 86400, waiting.describe());
  // The delay between two attempts is an hour at most.
  require(number_of("SELECT next_attempt_at - (" + std::to_string(86400) +
                    " + UNIX_TIMESTAMP()) FROM stream") <= 4320,
          "it waits too long");
  const auto before = receiver.count("/siem");
  down = false;
  streams.move_clock(86400 + 4400);
  streams.sign_in_again();
  const auto stream = caught_up(streams.owner, path);
  require(stream.at("/last_error").IsNull(), stream.describe());
  const auto all = receiver.wait_for(before + 2, "/siem");
  Arrived arrived;
  for (std::size_t i = before; i < all.size(); ++i)
    for (const auto& item : all[i].json["items"].GetArray()) arrived.add(item);
  require_all(arrived, streams.owner.org_id, first);
}

Test(stream_delivery, a_courier_that_is_killed_loses_nothing, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  std::atomic<bool> hang{true};
  receiver.answer([&](const Received&) { return Receiver::Answer{200, {}, {}, hang}; });
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(receiver.url("/siem"));
  receiver.wait_for(1, "/siem");
  streams.kill_courier();
  StreamStack::happen(streams.owner, 20);
  hang = false;
  require_equal(streams.stack.run("tenantd-courier --once").status, 0);
  require_equal(receiver.count("/siem"), 1U, "the lease of the dead one holds");
  require_equal(streams.owner.client().get(path).number("/position"), first - 1);
  streams.move_clock(136);
  require_equal(streams.stack.run("tenantd-courier --once").status, 0);
  streams.sign_in_again();
  caught_up(streams.owner, path);
  const auto arrived = arrived_at(receiver, "/siem");
  require_all(arrived, streams.owner.org_id, first);
  require(arrived.repeated > 0, "what was under way comes once more");
}

Test(stream_delivery, a_receiver_that_hangs_or_is_slow_delays_nobody_else, .timeout = 240) {
  Receiver receiver, slow_one;
  StreamStack streams{{"WEBHOOK_CONNECTIONS=4", "WEBHOOK_SECONDS=60"}};
  receiver.answer([](const Received& request) {
    return Receiver::Answer{200, {}, {}, request.path == "/hang"};
  });
  slow_one.answer([](const Received&) {
    ::usleep(1'200'000);  // how long this receiver takes
    return answer_with(200);
  });
  const auto other = sign_up();
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto hanging = streams.make(receiver.url("/hang"));
  const auto slow = streams.make(slow_one.url("/slow"));
  const auto fast = streams.make(receiver.url("/fast"));
  const auto first_of_other = chain_head(other.org_id) + 1;
  const auto others = streams.make(other, StreamStack::body(receiver.url("/other")));
  for (int i = 0; i < 5; ++i) {
    StreamStack::happen(streams.owner);
    StreamStack::happen(other);
    caught_up(streams.owner, fast);
    caught_up(other, others);
  }
  require_equal(receiver.held(), 1U, "one batch at a time");
  require_all(arrived_at(receiver, "/other"), other.org_id, first_of_other);
  caught_up(streams.owner, slow);
  const auto arrived = arrived_at(slow_one, "/slow");
  require_all(arrived, streams.owner.org_id, first + 1);
  require_equal(arrived.repeated, 0);
  receiver.release();
  caught_up(streams.owner, hanging);
  require_all(arrived_at(receiver, "/hang"), streams.owner.org_id, first);
}

Test(stream_delivery, changes_that_commit_at_once_are_passed_over_by_no_courier, .timeout = 240) {
  Receiver receiver;
  StreamStack streams;
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(receiver.url("/siem"));
  at_once(8, [&](std::size_t n) {
    if (n < 2) return streams.stack.run("tenantd-courier --once").status;
    StreamStack::happen(streams.owner, 25);
    return 0;
  });
  caught_up(streams.owner, path);
  const auto arrived = arrived_at(receiver, "/siem");
  require_all(arrived, streams.owner.org_id, first);
  require_equal(arrived.repeated, 0, "two couriers sent one row");
}

Test(stream_delivery, what_happens_in_a_pause_comes_afterwards, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(receiver.url("/siem"));
  caught_up(streams.owner, path);
  expect(streams.owner.client().put(path, R"({"status":"paused"})"), 200);
  const auto had = receiver.count("/siem");
  const auto second = streams.make(receiver.url("/second"));
  StreamStack::happen(streams.owner, 4);
  caught_up(streams.owner, second);
  require_equal(receiver.count("/siem"), had, "a paused stream was sent something");
  expect(streams.owner.client().put(path, R"({"status":"active"})"), 200);
  caught_up(streams.owner, path);
  require_all(arrived_at(receiver, "/siem"), streams.owner.org_id, first);
}

Test(stream_delivery, a_stream_that_asks_for_the_oldest_rows_gets_the_whole_chain, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  StreamStack::happen(streams.owner, 3);
  const auto path = streams.make(
      streams.owner, StreamStack::body(receiver.url("/siem"), R"(,"start":"oldest")", R"(["audit"])"));
  caught_up(streams.owner, path);
  const auto arrived = arrived_at(receiver, "/siem");
  require_all(arrived, streams.owner.org_id, 1);
  require(arrived.events.empty(), "it carries no events");
}

Test(stream_delivery, a_stream_of_events_passes_rows_by_that_are_none, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  const auto path =
      streams.make(streams.owner, StreamStack::body(receiver.url("/siem"), "", R"(["events"])"));
  StreamStack::happen(streams.owner, 2);
  expect(streams.owner.client().get("/api/v1/audit-logs/export"), 200);  // a row, and no event
  const auto stream = caught_up(streams.owner, path);
  require_equal(stream.number("/position"), chain_head(streams.owner.org_id));
  const auto arrived = arrived_at(receiver, "/siem");
  require(arrived.audit.empty(), "it carries no audit rows");
  require_equal(arrived.events.at(streams.owner.org_id).size(), 3U);
}

Test(stream_delivery, the_whole_system_comes_with_each_chain_in_its_order, .timeout = 240) {
  Receiver receiver;
  const std::string email = "root@example.com";
  const std::string password = "velvet anchor northbound";
  StreamStack streams{{"SUPER_ADMIN_EMAIL=" + email, "SUPER_ADMIN_PASSWORD=" + password}};
  const auto root = signed_in_super_admin(email, password);
  const auto own_first = chain_head(streams.owner.org_id) + 1;
  const auto system_first = chain_head("") + 1;
  const auto made = root.client().post("/api/v1/admin/streams", StreamStack::body(receiver.url("/system")));
  expect(made, 201);
  const auto path = "/api/v1/admin/streams/" + made.text("/id");
  // An organization that comes later is told of from its beginning.
  const auto later = sign_up();
  StreamStack::happen(streams.owner, 130);
  StreamStack::happen(later, 3);
  expect(root.client().post(path + "/test"), 202);
  caught_up(root, path);
  const auto arrived = arrived_at(receiver, "/system");
  require_all(arrived, streams.owner.org_id, own_first);
  require_all(arrived, later.org_id, 1);
  require_all(arrived, "", system_first);
  require_equal(arrived.repeated, 0);
  // Nobody else finds it.
  expect_problem(streams.owner.client().get(path), 403, "forbidden");
  expect_problem(streams.owner.client().get("/api/v1/streams/" + made.text("/id")), 404, "not_found");
  require_equal(streams.owner.client().get("/api/v1/streams").size("/items"), 0U);
}

Test(stream_delivery, a_receiver_that_asks_for_time_gets_it_and_redirects_are_not_followed, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  receiver.answer([](const Received& request) -> Receiver::Answer {
    if (request.path == "/busy") return {429, "Retry-After: 1800\r\n", {}, false};
    if (request.path == "/moved") return {302, "Location: /target\r\n", {}, false};
    return answer_with(200);
  });
  const auto busy = streams.make(receiver.url("/busy"));
  const auto moved = streams.make(receiver.url("/moved"));
  wait_until("both were tried", [&] {
    return streams.owner.client().get(busy).number("/failures") > 0 &&
           streams.owner.client().get(moved).number("/failures") > 0;
  });
  require(last_error(streams.owner, moved).find("redirect") != std::string::npos, "a redirect");
  require_equal(receiver.count("/target"), 0U, "a redirect was followed");
  require(number_of("SELECT next_attempt_at - UNIX_TIMESTAMP() FROM stream WHERE id = " +
                    binary(busy.substr(busy.rfind('/') + 1))) > 1700,
          "it was not given the time");
}

Test(stream_delivery, an_address_that_leads_inside_later_is_not_called, .timeout = 180) {
  Receiver receiver;
  StreamStack streams;
  const auto path = streams.make(receiver.url("/siem"));
  caught_up(streams.owner, path);
  const auto had = receiver.count("/siem");
  database().run("UPDATE stream SET url = 'http://169.254.169.254/latest'");
  StreamStack::happen(streams.owner);
  wait_until("it was refused", [&] { return streams.owner.client().get(path).number("/failures") > 0; });
  require_equal(receiver.count("/siem"), had);
  require_equal(streams.owner.client().get(path).number("/behind"), 1);
}

Test(stream_delivery, nothing_of_a_deactivated_organization_goes_out_until_it_is_back, .timeout = 180) {
  Receiver receiver;
  const std::string email = "root@example.com";
  const std::string password = "velvet anchor northbound";
  StreamStack streams{{"SUPER_ADMIN_EMAIL=" + email, "SUPER_ADMIN_PASSWORD=" + password}};
  const auto root = signed_in_super_admin(email, password);
  const auto first = chain_head(streams.owner.org_id) + 1;
  const auto path = streams.make(receiver.url("/off"));
  caught_up(streams.owner, path);
  const auto tenant = "/api/v1/tenants/" + streams.owner.org_id;
  database().run("UPDATE stream SET next_attempt_at = next_attempt_at + 1000000");
  expect(root.client().post(tenant + "/deactivate", R"({"reason":"Unpaid since March"})"), 200);
  database().run("UPDATE stream SET next_attempt_at = 0");
  const auto had = receiver.count("/off");
  const auto other = sign_up();
  const auto others = streams.make(other, StreamStack::body(receiver.url("/other")));
  for (int n = 0; n < 2; ++n) {
    StreamStack::happen(other);
    caught_up(other, others);
  }
  require_equal(receiver.count("/off"), had);
  expect(root.client().post(tenant + "/activate", ""), 200);
  streams.sign_in_again();
  caught_up(streams.owner, path);
  require_all(arrived_at(receiver, "/off"), streams.owner.org_id, first);
}
