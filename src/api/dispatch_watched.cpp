// What is seen of a request from outside: its place in a trace, its counters, its lines in the logs.
#include "dispatch_watched.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "tenantd/base/log.hpp"
#include "tenantd/base/log_line.hpp"
#include "tenantd/watch/exporter.hpp"
#include "tenantd/watch/report.hpp"

namespace tenantd::api {
namespace {

// "1764331200.123 0.004", nginx's $msec and $request_time, as microseconds; zeros for anything else.
struct PassedOn {
  std::int64_t at_us = 0;
  std::int64_t after_us = 0;
};

PassedOn parse_passed_on(const std::string& text) {
  char* end = nullptr;
  const double at = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != ' ') return {};
  const double after = std::strtod(end, nullptr);
  constexpr double most = 4e9;
  if (!(at > 0 && at < most && after >= 0 && after < most)) return {};
  return {static_cast<std::int64_t>(at * 1e6), static_cast<std::int64_t>(after * 1e6)};
}

// What became of somebody who wanted a session.
std::size_t outcome_of(int status, std::optional<ErrorCode> refusal) {
  const auto place = [](std::string_view name) {
    const auto& all = shm::Metrics::kOutcomes;
    return static_cast<std::size_t>(std::find(all.begin(), all.end(), name) - all.begin());
  };
  if (status < 400) return place("succeeded");
  if (refusal == ErrorCode::mfa_required) return place("second_factor");
  if (status == 429) return place("limited");
  if (status >= 500) return place("failed");
  if (status == 401 || refusal == ErrorCode::mfa_invalid) return place("wrong");
  return place("refused");
}

// As nginx writes it into its own line: a number in seconds.
std::string seconds_text(std::int64_t microseconds) {
  auto fraction = std::to_string(microseconds % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(microseconds / 1'000'000) + '.' + fraction;
}

}  // namespace

std::string user_of(const Principal* principal) { return principal ? principal->user.id.str() : ""; }

std::string organization_of(const Principal* principal) {
  return principal && principal->organization ? principal->organization->id.str() : "";
}

void Dispatch::under_way(int more) const {
  const auto by = static_cast<std::uint64_t>(std::int64_t{more});
  shared_.metrics->in_flight.fetch_add(by, std::memory_order_relaxed);
  shared_.metrics->lane_in_flight[lane_].fetch_add(by, std::memory_order_relaxed);
}

void Dispatch::begin(Call& call) const {
  under_way(1);
  call.started_us = monotonic_microseconds();
  call.parent = trace::parse_traceparent(call.http.traceparent);
  call.place.trace = call.parent ? call.parent->trace : trace::new_trace_id();
  call.place.span = trace::new_span_id();
  // Without traces of our own the caller's word is passed on as it came.
  call.place.sampled = settings_.otlp_endpoint.empty() ? call.parent && call.parent->sampled
                                                       : sampler_.picks(call.place.trace, call.parent);
  const auto passed_on = parse_passed_on(call.http.passed_on);
  if (passed_on.at_us == 0) return;
  constexpr std::int64_t hour = 3'600'000'000;
  call.queued_us = std::clamp<std::int64_t>(call.http.read_at_us - passed_on.at_us, 0, hour);
  call.in_nginx_us = passed_on.after_us;
  if (!call.again) shared_.metrics->queues[lane_].observe(shm::Metrics::kQueueBounds, call.queued_us);
}

void Dispatch::count(const Call& call, const http::Response& response, std::int64_t duration_us) const {
  auto& metrics = *shared_.metrics;
  const auto* route = call.match.route;
  const std::size_t row = route != nullptr ? call.match.index : shm::Metrics::kRoutes - 1;
  metrics.observe(row, response.status, duration_us);
  under_way(-1);
  if (route == nullptr || route->pair != Pair::answered || route->handler.access != Access::anyone) return;
  metrics.sign_ins[row][outcome_of(response.status, call.refusal)].fetch_add(1, std::memory_order_relaxed);
}

// nginx writes what these headers say into its own line of the request, and passes none of them on
// (nginx/http/log.conf).
void Dispatch::log_end(const Call& call, http::Response& response, std::int64_t duration_us) const {
  const auto* work = trace::current();
  const auto* principal = call.principal ? &*call.principal : nullptr;
  const std::string route{call.match.route != nullptr ? call.match.route->path : std::string_view{}};
  const auto statements = work != nullptr ? work->statements() : 0;
  const auto statement_us = work != nullptr ? work->statement_us() : 0;
  response.header("X-Log-Trace", call.place.trace_hex());
  response.header("X-Log-Route", route);
  if (principal != nullptr) response.header("X-Log-User", user_of(principal));
  if (principal != nullptr && principal->organization)
    response.header("X-Log-Organization", organization_of(principal));
  response.header("X-Log-Statements", std::to_string(statements));
  response.header("X-Log-Statement-Seconds", seconds_text(statement_us));

  const bool password = call.match.route != nullptr && call.match.route->rate == Rate::password;
  const bool is_told = password && response.status < 300;
  const auto level = is_told ? log::Level::info : log::Level::debug;
  if (log::is_written(level))
    log::write(level, is_told ? "account.request" : "request",
               {{"request_id", call.context.request_id},
                {"trace_id", call.place.trace_hex()},
                {"path", route},
                {"status", response.status},
                {"address", call.http.remote_address},
                {"user", user_of(principal)},
                {"organization", organization_of(principal)},
                log::milliseconds("duration_ms", duration_us),
                log::milliseconds("queue_ms", call.queued_us),
                {"statements", statements},
                log::milliseconds("statement_ms", statement_us)});
  if (work == nullptr) return;
  log_slow(call, *work);
  if (call.place.sampled && !settings_.otlp_endpoint.empty()) hand_over(call, response, *work);
}

// From nginx to the reply: what nginx had of it, the wait for a thread, the work, and in it each statement
// and each request to others.
void Dispatch::hand_over(const Call& call, const http::Response& response, const trace::Work& work) const {
  using Kind = watch::Span::Kind;
  const auto now_us = monotonic_microseconds();
  const auto wall_less_monotonic = wall_microseconds() - now_us;
  const auto* route = call.match.route;
  const std::string method{http::method_name(call.http.method)};
  const std::string name = route != nullptr ? method + ' ' + std::string{route->path} : method;
  const auto handed_over_us = call.http.read_at_us - call.queued_us;
  const auto ended_us = wall_less_monotonic + now_us;
  const auto* principal = call.principal ? &*call.principal : nullptr;

  watch::SpanList list;
  const auto outer = trace::new_span_id();
  watch::Span nginx{call.place.trace, outer, call.parent ? call.parent->span : trace::SpanId{}, "nginx"};
  nginx.kind = Kind::server;
  nginx.began_us = handed_over_us - call.in_nginx_us;
  nginx.ended_us = ended_us;
  nginx.failed = response.status >= 500;
  nginx.attributes = {{"http.request.method", method},
                      {"http.response.status_code", std::int64_t{response.status}},
                      {"tenantd.request_id", call.context.request_id}};
  if (route != nullptr) nginx.attributes.emplace_back("http.route", route->path);
  list.add(nginx);
  watch::Span queue{call.place.trace, trace::new_span_id(), outer, "queue"};
  queue.began_us = handed_over_us;
  queue.ended_us = call.http.read_at_us;
  queue.attributes = {{"tenantd.lane", shm::Metrics::kLanes[lane_]}};
  list.add(queue);
  watch::Span request{call.place.trace, call.place.span, outer, name};
  request.began_us = wall_less_monotonic + call.started_us;
  request.ended_us = ended_us;
  request.failed = response.status >= 500;
  request.attributes = {{"tenantd.statements", work.statements()}};
  if (principal != nullptr) request.attributes.emplace_back("user.id", user_of(principal));
  if (principal != nullptr && principal->organization)
    request.attributes.emplace_back("tenantd.organization_id", organization_of(principal));
  if (call.refusal) request.attributes.emplace_back("error.type", error_name(*call.refusal));
  list.add(request);
  for (std::size_t at = 0; at < work.size(); ++at) {
    const auto& each = work[at];
    watch::Span span{call.place.trace, trace::new_span_id(), call.place.span, each.name};
    span.kind = Kind::client;
    span.began_us = wall_less_monotonic + each.began_us;
    span.ended_us = span.began_us + each.took_us;
    span.failed = each.failed;
    if (!each.is_request) span.attributes = {{"db.query.summary", each.name}};
    list.add(span);
  }
  handover_.spans(list);
}

// An exception that nobody foresaw.
void Dispatch::report(const Call& call, const std::exception& problem) const {
  if (!watch::is_reported(settings_, call.place)) return;
  auto failure = watch::failure_of(problem);
  if (const auto* route = call.match.route)
    failure.transaction = std::string{http::method_name(route->method)} + ' ' + std::string{route->path};
  failure.request_id = call.context.request_id;
  failure.process = shm::Metrics::kLanes[lane_];
  failure.place = call.place;
  handover_.report(watch::event_json(failure, settings_));
}

// By name, never by value.
void Dispatch::log_slow(const Call& call, const trace::Work& work) const {
  const auto bound_us = settings_.slow_statement_ms * 1000;
  if (bound_us == 0 || work.slowest().took_us < bound_us) return;
  const auto tell = [&](const trace::Call& slow) {
    log::write(log::Level::warning, "statement.slow",
               {{"request_id", call.context.request_id},
                {"trace_id", call.place.trace_hex()},
                {"path", call.match.route != nullptr ? call.match.route->path : std::string_view{}},
                {"statement", slow.name},
                log::milliseconds("duration_ms", slow.took_us)});
  };
  bool is_told = false;
  for (std::size_t at = 0; at < work.size(); ++at) {
    const auto& each = work[at];
    if (each.is_request || each.took_us < bound_us) continue;
    tell(each);
    is_told = is_told || each.began_us == work.slowest().began_us;
  }
  if (!is_told) tell(work.slowest());
}

}  // namespace tenantd::api
