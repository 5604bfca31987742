#include "modules/administration/metrics_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>

#include "modules/administration/watched_store.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/db/counters.hpp"
#include "tenantd/db/deadline.hpp"
#include "tenantd/hosts/hosts.hpp"

namespace tenantd::api {
namespace {

// The Prometheus text format: name, labels, value.
class Exposition {
 public:
  void family(const char* name, const char* type, const char* help) {
    text_ += std::string{"# HELP "} + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
  }
  void sample(const std::string& series, std::uint64_t value) {
    text_ += series + ' ' + std::to_string(value) + '\n';
  }
  void seconds(const std::string& series, std::int64_t microseconds) {
    std::array<char, 40> number{};
    std::snprintf(number.data(), number.size(), " %.6f\n", static_cast<double>(microseconds) / 1e6);
    text_ += series + number.data();
  }
  void gauge(const char* name, const char* help, std::int64_t value) {
    family(name, "gauge", help);
    sample(name, static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
  }
  void counter(const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    family(name, "counter", help);
    sample(name, value.load());
  }
  // A counter of seconds.
  void duration(const char* name, const char* help, const std::atomic<std::uint64_t>& microseconds) {
    family(name, "counter", help);
    seconds(name, static_cast<std::int64_t>(microseconds.load()));
  }
  // One series of a histogram's family; `labels` as "lane=\"hash\"".
  template <std::size_t kCount>
  void histogram(const std::string& name, const std::string& labels,
                 const std::array<std::int64_t, kCount>& bounds, const shm::Histogram<kCount>& of) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      sum += of.buckets[i].load();
      std::array<char, 32> bound{};
      std::snprintf(bound.data(), bound.size(), "%g", static_cast<double>(bounds[i]) / 1e6);
      sample(name + "_bucket{" + labels + ",le=\"" + bound.data() + "\"}", sum);
    }
    sum += of.buckets.back().load();
    sample(name + "_bucket{" + labels + ",le=\"+Inf\"}", sum);
    seconds(name + "_sum{" + labels + '}', static_cast<std::int64_t>(of.sum_us.load()));
    sample(name + "_count{" + labels + '}', sum);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// As a label's value stands between quotes.
std::string quoted(const std::string& text) {
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

// The labels of a route: those of the table, so that their number is bounded, and no path that somebody
// typed.
std::string labels_of(std::size_t row) {
  const auto table = routes();
  if (row >= table.size()) return "method=\"\",path=\"unmatched\"";
  return "method=\"" + std::string{http::method_name(table[row].method)} + "\",path=\"" +
         std::string{table[row].path} + '"';
}

// Calls `put(row, labels)` for each route of the table, and for what matched none.
template <class Put>
void each_route(Put&& put) {
  for (std::size_t row = 0; row < std::min(routes().size(), shm::Metrics::kRoutes - 1); ++row)
    put(row, labels_of(row));
  put(shm::Metrics::kRoutes - 1, labels_of(shm::Metrics::kRoutes - 1));
}

void put_requests(Exposition& out, const shm::Metrics& metrics) {
  out.family("tenantd_http_requests_total", "counter", "Requests answered, by route and class of status");
  each_route([&](std::size_t row, const std::string& labels) {
    for (std::size_t digit = 1; digit < shm::Metrics::kStatuses; ++digit)
      if (const auto count = metrics.requests[row][digit].load(); count > 0)
        out.sample("tenantd_http_requests_total{" + labels + ",status=\"" + std::to_string(digit) + "xx\"}",
                   count);
  });
  const std::string name = "tenantd_http_request_duration_seconds";
  out.family(name.c_str(), "histogram", "Time from reading a request to its reply");
  each_route([&](std::size_t row, const std::string& labels) {
    const auto& seen = metrics.requests[row];
    if (std::any_of(seen.begin(), seen.end(), [](const auto& count) { return count.load() > 0; }))
      out.histogram(name, labels, shm::Metrics::kBounds, metrics.durations[row]);
  });
  out.gauge("tenantd_http_requests_in_flight", "Requests being answered",
            static_cast<std::int64_t>(metrics.in_flight.load()));
}

void put_lanes(Exposition& out, const shm::Metrics& metrics, const Settings& settings) {
  const auto lane = [](std::size_t at) { return "lane=\"" + std::string{shm::Metrics::kLanes[at]} + '"'; };
  constexpr auto count = shm::Metrics::kLanes.size();
  out.family("tenantd_lane_in_flight", "gauge", "Requests being answered, by lane");
  for (std::size_t at = 0; at < count; ++at)
    out.sample("tenantd_lane_in_flight{" + lane(at) + '}', metrics.lane_in_flight[at].load());
  out.family("tenantd_lane_threads", "gauge", "Requests that the lane can answer at once");
  const std::array<std::int64_t, count> threads = {settings.workers * settings.worker_threads,
                                                   settings.hash_workers,
                                                   settings.outbound_workers * settings.worker_threads};
  for (std::size_t at = 0; at < count; ++at)
    out.sample("tenantd_lane_threads{" + lane(at) + '}', static_cast<std::uint64_t>(threads[at]));
  const std::string name = "tenantd_lane_queue_seconds";
  out.family(name.c_str(), "histogram", "Time that a request waited from nginx to a thread of its lane");
  for (std::size_t at = 0; at < count; ++at)
    out.histogram(name, lane(at), shm::Metrics::kQueueBounds, metrics.queues[at]);
}

void put_sign_ins(Exposition& out, const shm::Metrics& metrics) {
  out.family("tenantd_sign_ins_total", "counter", "Requests for a session, by route and what became of them");
  each_route([&](std::size_t row, const std::string&) {
    for (std::size_t at = 0; at < shm::Metrics::kOutcomes.size(); ++at)
      if (const auto count = metrics.sign_ins[row][at].load(); count > 0)
        out.sample("tenantd_sign_ins_total{path=\"" + std::string{routes()[row].path} + "\",outcome=\"" +
                       std::string{shm::Metrics::kOutcomes[at]} + "\"}",
                   count);
  });
  out.counter("tenantd_lock_outs_total", "Accounts that wrong passwords have locked", metrics.lock_outs);
}

void put_database(Exposition& out, const db::Counters& database) {
  out.counter("tenantd_database_statements_total", "Statements sent by this host's workers",
              database.statements);
  out.duration("tenantd_database_statement_seconds_total", "Time that they took", database.statement_sum_us);
  out.counter("tenantd_database_connects_total", "Connections opened", database.connects);
  out.counter("tenantd_database_pool_waits_total",
              "How often a request waited for a connection of its worker", database.pool_waits);
  out.duration("tenantd_database_pool_wait_seconds_total", "For how long", database.pool_wait_sum_us);
  out.family("tenantd_database_errors_total", "counter", "Statements that failed, by why");
  for (std::size_t at = 0; at < db::Counters::kFailures.size(); ++at)
    out.sample("tenantd_database_errors_total{kind=\"" + std::string{db::Counters::kFailures[at]} + "\"}",
               database.failures[at].load());
}

void put_export(Exposition& out, const shm::Metrics& m) {
  out.counter("tenantd_spans_sent_total", "Spans that the collector of traces has taken", m.spans_sent);
  out.counter("tenantd_spans_dropped_total", "Spans that nobody took in time", m.spans_dropped);
  out.counter("tenantd_error_reports_sent_total", "Error reports that were taken", m.reports_sent);
  out.counter("tenantd_error_reports_dropped_total", "Error reports that were not", m.reports_dropped);
}

// What lies in the database, which all hosts share. Without an answer the families are left out, all but the
// first.
void put_shared(Exposition& out, const store::Watched* seen, std::int64_t now) {
  out.gauge("tenantd_database_up", "1 if the database answered the newest question of this host's /metrics",
            seen != nullptr ? 1 : 0);
  if (seen == nullptr) return;
  const auto age = [&](const std::optional<TimePoint>& since) {
    return static_cast<std::uint64_t>(since ? std::max<std::int64_t>(now - unix_seconds(*since), 0) : 0);
  };
  out.family("tenantd_database_latency_seconds", "gauge", "How long one statement took");
  out.seconds("tenantd_database_latency_seconds", seen->latency_us);
  out.gauge("tenantd_database_connections", "Connections that the server has", seen->connections);
  out.gauge("tenantd_database_connections_max", "Connections that it allows", seen->max_connections);
  out.family("tenantd_database_unapplied_write_sets", "gauge",
             "Of a Galera cluster: what other nodes wrote and the node that is used has yet to apply");
  if (seen->node)
    out.sample("tenantd_database_unapplied_write_sets", static_cast<std::uint64_t>(seen->node->unapplied));
  out.family("tenantd_database_paused_seconds_total", "counter",
             "Of a Galera cluster: for how long the node that is used has waited for nodes that lag");
  if (seen->node) out.seconds("tenantd_database_paused_seconds_total", seen->node->paused_us);
  const auto mail = [](std::size_t at) { return "{class=\"" + std::string{store::kMailClasses[at]} + "\"}"; };
  out.family("tenantd_outbox_mails", "gauge", "Mails that wait, by class");
  for (std::size_t at = 0; at < seen->mails.size(); ++at)
    out.sample("tenantd_outbox_mails" + mail(at), static_cast<std::uint64_t>(seen->mails[at].waiting));
  out.family("tenantd_outbox_overdue_seconds", "gauge",
             "For how long the oldest of them could have been sent");
  for (std::size_t at = 0; at < seen->mails.size(); ++at)
    out.sample("tenantd_outbox_overdue_seconds" + mail(at), age(seen->mails[at].due_at));
  out.family("tenantd_outbox_age_seconds", "gauge", "How long ago the oldest mail that waits was ordered");
  out.sample("tenantd_outbox_age_seconds", age(seen->oldest_mail_at));
  out.gauge("tenantd_outbox_dead_mails", "Mails that were given up and are kept", seen->dead_mails);
  out.gauge("tenantd_webhook_deliveries", "Deliveries and unread events that wait", seen->deliveries);
  out.family("tenantd_webhook_lag_seconds", "gauge", "For how long the oldest of them could have been sent");
  out.sample("tenantd_webhook_lag_seconds", age(seen->delivery_due_at));
  out.gauge("tenantd_webhook_dead_deliveries", "Deliveries that were given up and are kept",
            seen->dead_deliveries);
  const std::pair<const char*, const store::Watched::Streams*> streams[] = {
      {"organizations", &seen->streams}, {"system", &seen->system_streams}};
  out.family("tenantd_streams", "gauge", "Streams by state; failing ones are active too");
  for (const auto& [scope, they] : streams)
    for (const auto& [state, count] :
         {std::pair{"active", they->active}, {"failing", they->failing}, {"paused", they->paused}})
      out.sample(std::string{"tenantd_streams{scope=\""} + scope + "\",state=\"" + state + "\"}",
                 static_cast<std::uint64_t>(count));
  out.family("tenantd_stream_behind_rows", "gauge",
             "Audit rows that receivers of active streams have not acknowledged");
  for (const auto& [scope, they] : streams)
    out.sample(std::string{"tenantd_stream_behind_rows{scope=\""} + scope + "\"}",
               static_cast<std::uint64_t>(they->behind));
  out.family("tenantd_stream_lag_seconds", "gauge", "How old the oldest of them is");
  for (const auto& [scope, they] : streams)
    out.sample(std::string{"tenantd_stream_lag_seconds{scope=\""} + scope + "\"}", age(they->since));
  out.family("tenantd_sweeper_last_run_timestamp_seconds", "gauge", "When the sweeper began its newest run");
  out.sample("tenantd_sweeper_last_run_timestamp_seconds",
             static_cast<std::uint64_t>(seen->last_sweep_at ? unix_seconds(*seen->last_sweep_at) : 0));
  out.family("tenantd_sweeper_rows", "gauge", "Rows that a task of the sweeper removed in its newest run");
  for (const auto& run : seen->sweeps)
    out.sample("tenantd_sweeper_rows{task=" + quoted(run.task) + '}', static_cast<std::uint64_t>(run.rows));
  out.family("tenantd_sweeper_failed", "gauge", "1 if a task's newest run failed");
  for (const auto& run : seen->sweeps)
    out.sample("tenantd_sweeper_failed{task=" + quoted(run.task) + '}', run.failed ? 1 : 0);
}

void put_hosts(Exposition& out, const shm::Metrics& m, const Settings& settings) {
  out.family("tenantd_host_info", "gauge", "Whose metrics these are");
  out.sample(
      "tenantd_host_info{host=" + quoted(hosts::host_name(settings)) + ",version=" + quoted(kVersion) + '}',
      1);
  out.family("tenantd_other_hosts", "gauge", "Other hosts of the same database");
  out.sample("tenantd_other_hosts", static_cast<std::uint64_t>(m.other_hosts.load()));
  out.family("tenantd_session_cache_trusted", "gauge",
             "1 if what workers share is used, 0 if the database is read");
  out.sample("tenantd_session_cache_trusted", boot_microseconds() < m.cache_trusted_until_us.load() ? 1 : 0);
  out.counter("tenantd_host_joins_total", "How often this host joined the others anew", m.host_joins);
  out.counter("tenantd_invalidations_read_total", "Changes of other hosts", m.invalidations_read);
  out.counter("tenantd_host_waits_total", "Replies that waited for other hosts", m.host_waits);
  out.counter("tenantd_host_waits_overdue_total", "Of those, how many waited for a host that did not answer",
              m.host_waits_overdue);
  out.family("tenantd_host_wait_seconds_total", "counter", "How long replies waited for other hosts");
  out.seconds("tenantd_host_wait_seconds_total", static_cast<std::int64_t>(m.host_wait_sum_us.load()));
  out.counter("tenantd_host_leases_lost_total", "How often other hosts had waited for this one in vain",
              m.host_leases_lost);
  out.family("tenantd_keys_lacking", "gauge",
             "1 if this host lacks keys of its database, and answers nothing");
  out.sample("tenantd_keys_lacking", static_cast<std::uint64_t>(m.lacks_keys.load()));
  out.family("tenantd_signing_key_waits", "gauge",
             "1 if a signing key whose time has come waits for a host that lacks it");
  out.sample("tenantd_signing_key_waits", static_cast<std::uint64_t>(m.keys_waiting.load()));
}

void put_limits_and_redis(Exposition& out, const shm::Metrics& m, const Settings& settings) {
  out.counter("tenantd_limit_rounds_total", "How often this host told the others what it took of limits",
              m.limit_rounds);
  out.counter("tenantd_limit_rounds_heard_total", "How often it heard that of others", m.limit_rounds_heard);
  if (settings.redis_url.empty()) return;
  out.counter("tenantd_limit_rounds_by_redis_total", "Of those that were told, for which no row was written",
              m.limit_rounds_by_redis);
  out.family("tenantd_redis_up", "gauge", "1 if what this host says by Redis comes back");
  out.sample("tenantd_redis_up", static_cast<std::uint64_t>(m.redis_up.load()));
  out.family("tenantd_redis_latency_seconds", "gauge", "How long that took, the last time");
  out.seconds("tenantd_redis_latency_seconds", m.redis_latency_us.load());
  out.counter("tenantd_redis_failures_total", "Connections to Redis that failed or were given up",
              m.redis_failures);
  out.counter("tenantd_redis_messages_total", "Messages of other hosts that were taken", m.redis_messages);
  out.counter("tenantd_redis_refused_total", "Messages that no live host wrote, or that had come before",
              m.redis_refused);
}

// What the database said last, for a few seconds, also that it said nothing: however often somebody scrapes,
// and whatever becomes of the database, one question of bounded time is asked meanwhile.
class Recent {
 public:
  // nullopt if there is no answer.
  std::optional<store::Watched> get(const db::ConnectOptions& database) {
    constexpr std::int64_t kept_us = 3'000'000;
    const std::scoped_lock lock{mutex_};
    const auto at = monotonic_microseconds();
    if (asked_at_us_ != 0 && at - asked_at_us_ < kept_us) return seen_;
    seen_ = ask(database);
    asked_at_us_ = monotonic_microseconds();
    return seen_;
  }

 private:
  static std::optional<store::Watched> ask(db::ConnectOptions database) {
    constexpr int patience_seconds = 2;
    database.timeout_seconds = patience_seconds;
    const db::Deadline deadline{monotonic_microseconds() + std::int64_t{patience_seconds} * 1'000'000};
    try {
      return store::read_watched(database);
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  std::mutex mutex_;
  std::optional<store::Watched> seen_;
  std::int64_t asked_at_us_ = 0;
};

}  // namespace

std::string metrics_text(const shm::Metrics& m, const service::Context& context,
                         const db::ConnectOptions& database) {
  static Recent recent;
  const auto& settings = context.settings;
  Exposition out;
  out.family("tenantd_build_info", "gauge", "Which program answers");
  out.sample("tenantd_build_info{version=" + quoted(kVersion) + ",compiler=" + quoted(__VERSION__) + '}', 1);
  put_requests(out, m);
  put_lanes(out, m, settings);
  put_sign_ins(out, m);
  out.counter("tenantd_session_cache_hits_total", "Tokens answered for by what workers share", m.cache_hits);
  out.counter("tenantd_session_cache_misses_total", "Tokens for which the database was read", m.cache_misses);
  out.counter("tenantd_rate_limited_total", "Requests refused by a rate limit", m.rate_limited);
  out.counter("tenantd_worker_crashes_total", "Workers that ended without being told to", m.worker_crashes);
  out.counter("tenantd_reloads_total", "Completed reloads", m.reloads);
  put_database(out, db::counters());
  put_export(out, m);
  put_hosts(out, m, settings);
  put_limits_and_redis(out, m, settings);
  const auto seen = recent.get(database);
  put_shared(out, seen ? &*seen : nullptr, unix_seconds(context.now));
  out.family("process_start_time_seconds", "gauge", "Start of the master, seconds since 1970");
  out.sample("process_start_time_seconds", static_cast<std::uint64_t>(m.started_at));
  return out.take();
}

}  // namespace tenantd::api
