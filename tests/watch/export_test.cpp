// Traces and error reports as they arrive where they are sent: from nginx to the statement and to the
// receiver of the webhook, and never in the request's way.
#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <mutex>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/receiver.hpp"
#include "support/roles.hpp"
#include "support/stub_server.hpp"
#include "tenantd/shm/shared.hpp"
#include "tenantd/watch/exporter.hpp"

using namespace tenantd::test;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kCallersSpan = "00f067aa0ba902b7";

// Takes what is sent to it, as a collector of traces and as Sentry.
class Sink {
 public:
  explicit Sink(int status = 200)
      : server_([this, status](const StubRequest& request) {
          const std::scoped_lock lock{mutex_};
          requests_.push_back(request);
          return StubReply{status, "{}"};
        }) {}

  std::string url() const { return server_.url(); }
  std::string dsn() const { return "http://publickey@" + url().substr(7) + "/42"; }

  // Every span that has come, as JSON objects.
  std::vector<rapidjson::Document> spans() {
    std::vector<rapidjson::Document> found;
    for (const auto& request : all("/v1/traces")) {
      rapidjson::Document body;
      body.Parse(request.body);
      require(!body.HasParseError(), request.body);
      for (const auto& span : body["resourceSpans"][0]["scopeSpans"][0]["spans"].GetArray())
        found.emplace_back().CopyFrom(span, found.back().GetAllocator());
    }
    return found;
  }
  // The span of this name in the trace, waited for.
  rapidjson::Document span(const std::string& trace, const std::string& name) {
    rapidjson::Document found;
    wait_until("the span " + name, [&] {
      for (auto& span : spans())
        if (span["traceId"].GetString() == trace && span["name"].GetString() == name) {
          found = std::move(span);
          return true;
        }
      return false;
    });
    return found;
  }
  std::vector<StubRequest> all(const std::string& path) {
    const std::scoped_lock lock{mutex_};
    std::vector<StubRequest> found;
    for (const auto& request : requests_)
      if (request.path == path) found.push_back(request);
    return found;
  }
  StubRequest report(std::size_t at = 0) {
    const std::string path = "/api/42/envelope/";
    wait_until("a report", [&] { return all(path).size() > at; });
    return all(path)[at];
  }

 private:
  std::mutex mutex_;
  std::vector<StubRequest> requests_;
  StubServer server_;
};

std::string attribute(const rapidjson::Document& span, const std::string& key) {
  for (const auto& each : span["attributes"].GetArray())
    if (each["key"].GetString() == key) {
      const auto& value = each["value"];
      return value.HasMember("stringValue") ? value["stringValue"].GetString()
                                            : value["intValue"].GetString();
    }
  return "";
}

std::string text(const rapidjson::Document& span, const char* name) {
  return span.HasMember(name) ? span[name].GetString() : "";
}

double metric(const Client&, const std::string& series) {
  const auto body = Client{}.get("/metrics").body;
  const auto at = body.find('\n' + series + ' ');
  return at == std::string::npos ? -1 : std::stod(body.substr(at + series.size() + 2));
}

// The second line of three: what an envelope's item holds.
rapidjson::Document event_of(const StubRequest& request) {
  const auto first = request.body.find('\n');
  const auto second = request.body.find('\n', first + 1);
  rapidjson::Document event;
  event.Parse(request.body.substr(second + 1));
  require(!event.HasParseError(), request.body);
  return event;
}

std::vector<std::string> traced(const Sink& sink, const std::string& ratio = "1") {
  return {"OTEL_EXPORTER_OTLP_ENDPOINT=" + sink.url() + "/",
          "OTEL_TRACES_SAMPLER_ARG=" + ratio,
          "OTEL_EXPORTER_OTLP_HEADERS=x-api-key=some%20key",
          "OTEL_SERVICE_NAME=accounts",
          "OUTBOUND_ALLOW=127.0.0.1",
          "OUTBOUND_HTTP=true",
          "WEBHOOK_SECONDS=60"};
}

}  // namespace

Test(export_traces, a_trace_leads_from_nginx_to_the_statement_and_to_the_webhooks_receiver, .timeout = 180) {
  Sink sink;
  Receiver receiver;
  const PrivateStack stack{traced(sink)};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/webhooks", object({{"url", receiver.url("/hook")},
                                                         {"events", Field::raw(R"(["role.created"])")}})),
         201);
  auto client = owner.client();
  client.header("traceparent", "00-" + kTrace + '-' + kCallersSpan + "-01");
  const auto name = fresh_name("role");
  const auto made = client.post("/api/v1/roles", object({{"name", name}, {"permissions", Field::raw("[]")}}));
  expect(made, 201);

  const auto nginx = sink.span(kTrace, "nginx");
  require_equal(text(nginx, "parentSpanId"), kCallersSpan);
  require_equal(attribute(nginx, "http.route"), "/api/v1/roles");
  require_equal(attribute(nginx, "http.response.status_code"), "201");
  require_equal(attribute(nginx, "tenantd.request_id"), made.header("x-request-id"));
  const auto queue = sink.span(kTrace, "queue");
  require_equal(text(queue, "parentSpanId"), text(nginx, "spanId"));
  require_equal(attribute(queue, "tenantd.lane"), "fast");
  const auto request = sink.span(kTrace, "POST /api/v1/roles");
  require_equal(text(request, "parentSpanId"), text(nginx, "spanId"));
  require_equal(attribute(request, "user.id"), owner.user_id);
  require_equal(attribute(request, "tenantd.organization_id"), owner.org_id);
  const auto commit = sink.span(kTrace, "COMMIT");
  require_equal(text(commit, "parentSpanId"), text(request, "spanId"));
  const auto append = sink.span(kTrace, "change.append");
  require_equal(text(append, "parentSpanId"), text(request, "spanId"));
  for (const char* time : {"startTimeUnixNano", "endTimeUnixNano"}) {
    require(std::stoll(text(nginx, "startTimeUnixNano")) <= std::stoll(text(append, time)), time);
    require(std::stoll(text(append, time)) <= std::stoll(text(nginx, "endTimeUnixNano")), time);
  }

  const auto received = receiver.wait_for(1, "/hook");
  const auto passed_on = received[0].headers.at("traceparent");
  const auto delivery = sink.span(kTrace, "webhook.deliver");
  require_equal(text(delivery, "parentSpanId"), text(request, "spanId"));
  require_equal(passed_on, "00-" + kTrace + '-' + text(delivery, "spanId") + "-01");
  require_equal(attribute(delivery, "http.response.status_code"), "200");
  require(received[0].body.find(kTrace) == std::string::npos, "the event's data holds the trace");

  const auto sent = sink.all("/v1/traces");
  for (const auto& each : sent) {
    require(each.header.find("x-api-key: some key") != std::string::npos, each.header);
    require(each.body.find("\"accounts\"") != std::string::npos, "the service's name");
    for (const auto& secret : {name, owner.email, owner.access_token, owner.password})
      require(each.body.find(secret) == std::string::npos, "a span holds " + secret);
  }
  wait_until("they are counted", [&] { return metric(Client{}, "tenantd_spans_sent_total") > 0; });
  const auto line = log_with(stack.dir(), "\"trace_id\":\"" + kTrace + '"');
  require(!line.empty(), "no log names the trace");
}

Test(export_traces, a_bad_traceparent_is_ignored_and_one_is_made_when_there_is_none, .timeout = 120) {
  Sink sink;
  const PrivateStack stack{traced(sink)};
  stack.take_the_suites_place();
  const auto upper = "4BF92F3577B34DA6A3CE929D0E0E4736";
  Client{}
      .header("traceparent", std::string{"00-"} + upper + '-' + kCallersSpan + "-01")
      .get("/api/v1/config");
  Client{}.get("/api/v1/config");
  send_raw("GET /api/v1/config HTTP/1.1\r\nHost: x\r\nConnection: close\r\ntraceparent: 00-" + kTrace + '-' +
           kCallersSpan + "-01\r\ntraceparent: 00-" + kTrace + '-' + kCallersSpan + "-01\r\n\r\n");
  std::size_t roots = 0;
  wait_until("three roots", [&] {
    roots = 0;
    for (const auto& span : sink.spans())
      if (text(span, "name") == "nginx" && attribute(span, "http.route") == "/api/v1/config") {
        require(!span.HasMember("parentSpanId"), "a parent that was none");
        require(text(span, "traceId") != kTrace, "one that came twice");
        ++roots;
      }
    return roots >= 3;
  });
}

Test(export_traces, an_identity_provider_gets_the_trace, .timeout = 120) {
  Sink sink;
  FakeProvider idp;
  std::mutex mutex;
  std::string asked;
  idp.misbehave([&](const StubRequest& request) -> std::optional<StubReply> {
    const std::scoped_lock lock{mutex};
    asked += request.header;
    return std::nullopt;
  });
  auto settings = idp.settings();
  settings.push_back("OTEL_EXPORTER_OTLP_ENDPOINT=" + sink.url());
  settings.emplace_back("OTEL_TRACES_SAMPLER_ARG=1");
  const PrivateStack stack{settings};
  stack.take_the_suites_place();
  const auto owner = sign_up_verified();
  make_provider(owner, "google");
  Client client;
  client.header("traceparent", "00-" + kTrace + '-' + kCallersSpan + "-01");
  client.header("tracestate", "vendor=value");
  begin("google", owner.org_id, std::move(client));
  const auto call = sink.span(kTrace, "request");
  const std::scoped_lock lock{mutex};
  require(
      asked.find("traceparent: 00-" + kTrace + '-' + text(call, "parentSpanId") + "-01") != std::string::npos,
      asked);
  require(asked.find("tracestate: vendor=value") != std::string::npos, asked);
}

Test(export_traces, strangers_do_not_decide_what_is_traced, .timeout = 120) {
  Sink sink;
  const PrivateStack stack{traced(sink, "0")};
  stack.take_the_suites_place();
  for (int i = 0; i < 20; ++i)
    Client{}.header("traceparent", "00-" + kTrace + '-' + kCallersSpan + "-01").get("/api/v1/config");
  require_equal(metric(Client{}, "tenantd_spans_sent_total"), 0.0);
  require_equal(metric(Client{}, "tenantd_spans_dropped_total"), 0.0);
  require(sink.spans().empty(), "a span");
}

Test(export_traces, a_collector_that_is_gone_costs_nobody_anything_and_is_counted, .timeout = 180) {
  std::string nowhere;
  {
    Sink gone;
    nowhere = gone.url();
  }
  const PrivateStack stack{{"OTEL_EXPORTER_OTLP_ENDPOINT=" + nowhere, "OTEL_TRACES_SAMPLER_ARG=1"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  for (int i = 0; i < 50; ++i) expect(owner.client().get("/api/v1/users/me"), 200);
  wait_until(
      "what was dropped is counted", [&] { return metric(Client{}, "tenantd_spans_dropped_total") > 100; },
      std::chrono::seconds{60});
  wait_until("the log says so once", [&] { return !log_with(stack.dir(), "traces_lost").empty(); });
}

Test(export_traces, a_socket_that_cannot_be_made_stops_nothing) {
  tenantd::Settings settings;
  settings.otlp_endpoint = "http://127.0.0.1:9";
  settings.export_socket = "/nowhere/export.sock";
  const tenantd::shm::Shared<tenantd::shm::Metrics> metrics;
  // It is told to stop before it begins: what is left is that it says that it is ready, and ends.
  std::array<int, 2> stop{};
  require(::pipe(stop.data()) == 0 && ::write(stop[1], "!", 1) == 1, "a pipe");
  bool is_ready = false;
  tenantd::watch::run_exporter(settings, *metrics, stop[0], [&] { is_ready = true; });
  require(is_ready, "the master would wait for it");
}

Test(export_reports, an_exception_is_reported_without_what_was_sent, .timeout = 180) {
  Sink sink;
  const PrivateStack stack{{"SENTRY_DSN=" + sink.dsn(), "SENTRY_ENVIRONMENT=trial"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  tenantd::db::Connection{stack.database()}.run("DROP PROCEDURE tenantd_app.append_change");
  const auto name = fresh_name("role");
  auto client = owner.client();
  const auto failed = client.send({"POST",
                                   "/api/v1/roles",
                                   object({{"name", name}, {"permissions", Field::raw("[]")}}),
                                   "application/json",
                                   {{"X-Secret-Header", "hidden-value"}}});
  expect_problem(failed, 500, "internal");
  const auto request = sink.report();
  require(request.header.find("sentry_key=publickey") != std::string::npos, request.header);
  const auto event = event_of(request);
  require_equal(std::string{event["environment"].GetString()}, "trial");
  require_equal(std::string{event["transaction"].GetString()}, "POST /api/v1/roles");
  require_equal(std::string{event["tags"]["request_id"].GetString()}, failed.text("/request_id"));
  const auto& exception = event["exception"]["values"][0];
  require_equal(std::string{exception["type"].GetString()}, "tenantd::db::AccessError");
  require_equal(std::string{exception["value"].GetString()}, "change.append: 1370");
  for (const auto& secret : {name, owner.email, owner.access_token, std::string{"hidden-value"},
                             std::string{"127.0.0.1"}, std::string{"append_change"}})
    require(request.body.find(secret) == std::string::npos, "the report holds " + secret);
  wait_until("it is counted", [&] { return metric(Client{}, "tenantd_error_reports_sent_total") == 1; });
}

Test(export_reports, a_crash_is_reported_with_its_backtrace, .timeout = 180) {
  Sink sink;
  const PrivateStack stack{{"SENTRY_DSN=" + sink.dsn(), "SENTRY_SAMPLE_RATE=0"}};
  stack.take_the_suites_place();
  expect(Client{}.get("/api/v1/config"), 200);
  const auto workers = children_of(part_pid(stack.dir(), "tenantd"));
  require(!workers.empty() && ::kill(workers.front(), SIGSEGV) == 0, "a worker");
  const auto event = event_of(sink.report());
  const auto& exception = event["exception"]["values"][0];
  require_equal(std::string{exception["type"].GetString()}, "SIGSEGV");
  require_equal(std::string{event["level"].GetString()}, "fatal");
  require(exception["stacktrace"]["frames"].Size() >= 2, "no backtrace");
  bool has_place = false;
  for (const auto& frame : exception["stacktrace"]["frames"].GetArray())
    has_place = has_place || frame.HasMember("instruction_addr");
  require(has_place, "no place in the program");
  require(event["debug_meta"]["images"][0]["debug_id"].GetStringLength() == 36, "no build-id");
  require(!log_with(stack.dir(), "\"signal\":\"SIGSEGV\"").empty(), "the log says nothing");
  wait_until("the worker is back", [&] { return !lives(workers.front()); });
  expect(Client{}.get("/api/v1/config"), 200);
}
