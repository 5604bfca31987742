#include "tenantd/watch/exporter.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tenantd/base/json.hpp"
#include "tenantd/base/log.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/net/outbound.hpp"
#include "tenantd/watch/crash.hpp"
#include "tenantd/watch/report.hpp"

namespace tenantd::watch {
namespace {

constexpr unsigned kMostWaiting = 8192;  // spans; about 4 MB
constexpr std::size_t kMostReports = 64;
constexpr unsigned kMostInBatch = 512;
constexpr std::int64_t kReportsAMinute = 60;
constexpr auto kPause = std::chrono::milliseconds{1000};  // between two batches that are not full
constexpr int kTries = 3;
constexpr std::int64_t kMostPatienceSeconds = 30;
constexpr std::int64_t kCallMilliseconds = 5000;

// An operator names these places: unlike an URL of a tenant's, they may be inside.
net::OutboundPolicy policy(const std::string& ca_file) {
  net::OutboundPolicy policy;
  policy.allow.push_back({std::string(16, '\0'), 0});
  policy.allow_http = true;
  policy.ca_file = ca_file;
  policy.seconds = kCallMilliseconds / 1000;
  policy.bytes = 65536;
  return policy;
}

double ratio_of(const std::string& text, const char* key) {
  char* end = nullptr;
  const double ratio = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(ratio >= 0 && ratio <= 1))
    throw ConfigError(std::string{key} + " must be a number from 0 to 1, not \"" + text + "\"");
  return ratio;
}

// "name=value,name=value", percent-encoded values.
std::vector<std::pair<std::string, std::string>> headers_of(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& each : split(text, ',')) {
    const std::string pair{trim(each)};
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ConfigError("OTEL_EXPORTER_OTLP_HEADERS must be like name=value,name=value");
    std::string value;
    for (std::size_t at = equals + 1; at < pair.size(); ++at) {
      const auto byte = pair[at] == '%' ? from_hex(ascii_lower(pair.substr(at + 1, 2))) : std::nullopt;
      if (byte && byte->size() == 1) at += 2;
      value += byte && byte->size() == 1 ? byte->front() : pair[at];
    }
    const auto is_unsafe = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (std::any_of(value.begin(), value.end(), is_unsafe))
      throw ConfigError("OTEL_EXPORTER_OTLP_HEADERS must not hold control characters");
    headers.emplace_back(pair.substr(0, equals), value);
  }
  return headers;
}

void put_attribute(json::Writer& out, std::string_view key, std::string_view value) {
  out.begin_object().field("key", key).key("value").begin_object().field("stringValue", value);
  out.end_object().end_object();
}

// What stands around the spans of one request to the collector.
std::pair<std::string, std::string> frame_of_spans(const Settings& settings) {
  json::Writer out;
  out.begin_object().key("resourceSpans").begin_array().begin_object();
  out.key("resource").begin_object().key("attributes").begin_array();
  put_attribute(out, "service.name", settings.otel_service_name);
  put_attribute(out, "service.version", kVersion);
  if (!settings.host_name.empty()) put_attribute(out, "host.name", settings.host_name);
  out.end_array().end_object().key("scopeSpans").begin_array().begin_object();
  out.key("scope").begin_object().field("name", "tenantd").end_object().key("spans").begin_array();
  return {out.text(), "]}]}]}"};
}

// The socket that processes write to. One that a predecessor has there is replaced: it sends what it holds.
Descriptor listen_at(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) throw std::runtime_error("The socket's path is too long: " + path);
  Descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
  const bool made = socket && ::fchmod(socket.get(), 0600) == 0 &&
                    ::bind(socket.get(), generic(*address), sizeof *address) == 0;
  if (!made) throw std::runtime_error("The socket " + path + " cannot be made: " + std::strerror(errno));
  return socket;
}

class Exporter {
 public:
  Exporter(const Settings& settings, shm::Metrics& metrics)
      : settings_(settings),
        metrics_(metrics),
        frame_(frame_of_spans(settings)),
        traces_(settings.otlp_endpoint.empty() ? "" : settings.otlp_endpoint + "/v1/traces"),
        headers_(headers_of(settings.otlp_headers.reveal())),
        collector_(policy(settings.otlp_certificate)),
        sentry_(policy(settings.outbound_ca_file)) {
    while (traces_.find("//v1/traces") != std::string::npos) traces_.erase(traces_.find("//v1/traces"), 1);
    headers_.emplace_back("Content-Type", "application/json");
    if (!settings.sentry_dsn.reveal().empty()) dsn_ = parse_dsn(settings.sentry_dsn.reveal());
  }

  void run(int stop_fd, const std::function<void()>& ready) {
    const auto socket = listen_or_tell();
    ready();
    std::thread sender{[this] { send_all(); }};
    std::string datagram(Handover::kMostBytes + 64, '\0');
    for (bool stop = false; !stop;) {
      // poll ignores a negative descriptor.
      std::array<struct pollfd, 2> events = {{{socket.get(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
      ::poll(events.data(), events.size(), -1);
      stop = events[1].revents != 0;
      while (socket && receive(socket, datagram)) continue;
    }
    {
      const std::scoped_lock lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    sender.join();
  }

 private:
  struct Batch {
    std::string spans;
    unsigned count = 0;
    std::deque<std::string> reports;
    bool is_empty() const { return count == 0 && reports.empty(); }
  };

  // Without a socket nothing comes and nothing is sent; the service goes on.
  Descriptor listen_or_tell() const {
    try {
      return listen_at(settings_.export_socket);
    } catch (const std::exception& e) {
      log::error("export_unreachable", {{"detail", e.what()}});
      return Descriptor{};
    }
  }

  bool receive(const Descriptor& socket, std::string& datagram) {
    const auto size = ::recv(socket.get(), datagram.data(), datagram.size(), MSG_DONTWAIT);
    if (size < 0) return errno == EINTR;
    Message message;
    if (!parse_message({datagram.data(), static_cast<std::size_t>(size)}, message)) return true;
    metrics_.spans_dropped += message.spans_dropped;
    metrics_.reports_dropped += message.reports_dropped;
    if (message.kind == Message::kSpans) {
      take_spans(message);
    } else {
      take_report(message);
    }
    return true;
  }

  void take_spans(const Message& message) {
    const std::scoped_lock lock{mutex_};
    if (traces_.empty() || waiting_ + message.count > kMostWaiting) {
      metrics_.spans_dropped += message.count;
      return;
    }
    waiting_ += message.count;
    spans_.push_back({message.count, std::string{message.text}});
    if (waiting_ >= kMostInBatch) changed_.notify_one();
  }

  void take_report(const Message& message) {
    std::string event{message.text};
    if (message.kind == Message::kCrash) {
      Failure failure;
      if (!read_crash(message.text, failure)) return;
      event = event_json(failure, settings_);
    }
    const std::scoped_lock lock{mutex_};
    const auto minute = monotonic_microseconds() / 60'000'000;
    if (minute != minute_) in_minute_ = 0;
    minute_ = minute;
    if (!dsn_ || reports_.size() >= kMostReports || ++in_minute_ > kReportsAMinute) {
      ++metrics_.reports_dropped;
      return;
    }
    reports_.push_back(std::move(event));
    changed_.notify_one();
  }

  // Waits for a batch; an empty one is the last.
  Batch next() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, kPause,
                      [this] { return stopping_ || waiting_ >= kMostInBatch || !reports_.empty(); });
    while (!stopping_ && spans_.empty() && reports_.empty()) changed_.wait_for(lock, kPause);
    Batch batch;
    while (!spans_.empty() && batch.count < kMostInBatch) {
      if (batch.count > 0) batch.spans += ',';
      batch.spans += spans_.front().second;
      batch.count += spans_.front().first;
      spans_.pop_front();
    }
    waiting_ -= batch.count;
    batch.reports = std::exchange(reports_, {});
    return batch;
  }

  void send_all() {
    for (auto batch = next(); !batch.is_empty(); batch = next()) {
      for (const auto& event : batch.reports) send_report(event);
      if (batch.count > 0) send_spans(batch);
    }
  }

  void send_spans(const Batch& batch) {
    net::OutboundRequest request;
    request.method = "POST";
    request.url = traces_;
    request.headers = headers_;
    request.body = frame_.first + batch.spans + frame_.second;
    const bool sent = send(collector_, request, traces_lost_, "traces_lost", "traces_back");
    (sent ? metrics_.spans_sent : metrics_.spans_dropped) += batch.count;
  }

  void send_report(const std::string& event) {
    net::OutboundRequest request;
    request.method = "POST";
    request.url = dsn_->envelopes;
    request.headers = {{"Content-Type", "application/x-sentry-envelope"},
                       {"X-Sentry-Auth", std::string{"Sentry sentry_version=7, sentry_client=tenantd/"} +
                                             kVersion + ", sentry_key=" + dsn_->key}};
    request.body = envelope(event);
    const bool sent = send(sentry_, request, reports_lost_, "reports_lost", "reports_back");
    ++(sent ? metrics_.reports_sent : metrics_.reports_dropped);
  }

  // Says once that the other side is gone, and once that it is back.
  bool send(net::Client& client, const net::OutboundRequest& request, bool& lost, const char* lost_name,
            const char* back_name) {
    std::string why;
    for (int attempt = 1; attempt <= kTries; ++attempt) {
      Seconds patience{attempt};
      try {
        const auto reply = client.call(request);
        if (reply.status / 100 == 2) {
          if (std::exchange(lost, false)) log::info(back_name);
          return true;
        }
        why = "HTTP " + std::to_string(reply.status);
        // RFC of OTLP and Sentry alike: others are not to be sent again.
        if (reply.status != 429 && reply.status < 502) break;
        patience = Seconds{std::min(kMostPatienceSeconds, reply.retry_after.value_or(attempt))};
      } catch (const std::exception& e) {
        why = e.what();
      }
      // One who is not there is not waited for by each batch anew.
      if (lost || attempt == kTries || !pause(patience)) break;
    }
    if (!std::exchange(lost, true)) log::warning(lost_name, {{"detail", why}});
    return false;
  }

  // Returns false if there is no time left.
  bool pause(Seconds seconds) {
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, seconds, [this] { return stopping_; });
  }

  const Settings& settings_;
  shm::Metrics& metrics_;
  std::pair<std::string, std::string> frame_;
  std::string traces_;
  std::vector<std::pair<std::string, std::string>> headers_;
  net::Client collector_, sentry_;
  std::optional<Dsn> dsn_;
  bool traces_lost_ = false, reports_lost_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<unsigned, std::string>> spans_;
  unsigned waiting_ = 0;
  std::deque<std::string> reports_;
  std::int64_t minute_ = 0, in_minute_ = 0;
  bool stopping_ = false;
};

}  // namespace

bool exports(const Settings& settings) {
  return !settings.otlp_endpoint.empty() || !settings.sentry_dsn.reveal().empty();
}

std::string handover_socket(const Settings& settings) {
  return exports(settings) ? settings.export_socket : std::string{};
}

trace::Sampler sampler(const Settings& settings) {
  if (settings.otlp_endpoint.empty()) return {};
  return {ratio_of(settings.otel_sampler_ratio, "OTEL_TRACES_SAMPLER_ARG"),
          settings.otel_sampler == "parentbased_traceidratio"};
}

bool is_reported(const Settings& settings, const trace::Place& place) {
  if (settings.sentry_dsn.reveal().empty()) return false;
  const trace::Sampler part{ratio_of(settings.sentry_sample_rate, "SENTRY_SAMPLE_RATE"), false};
  // Not by the trace's id, which a caller may have chosen.
  return place.is_none() || part.picks(trace::new_trace_id(), std::nullopt);
}

void check_export(const Settings& settings) {
  if (settings.otel_sampler != "traceidratio" && settings.otel_sampler != "parentbased_traceidratio")
    throw ConfigError("OTEL_TRACES_SAMPLER must be traceidratio or parentbased_traceidratio, not \"" +
                      settings.otel_sampler + "\"");
  ratio_of(settings.otel_sampler_ratio, "OTEL_TRACES_SAMPLER_ARG");
  ratio_of(settings.sentry_sample_rate, "SENTRY_SAMPLE_RATE");
  headers_of(settings.otlp_headers.reveal());
  if (!settings.sentry_dsn.reveal().empty()) parse_dsn(settings.sentry_dsn.reveal());
  if (!settings.otlp_endpoint.empty())
    if (const auto why = net::refuse_url(policy(""), settings.otlp_endpoint))
      throw ConfigError("OTEL_EXPORTER_OTLP_ENDPOINT " + *why);
  if (exports(settings) && !unix_address(settings.export_socket))
    throw ConfigError("EXPORT_SOCKET is too long for a socket's path");
}

void run_exporter(const Settings& settings, shm::Metrics& metrics, int stop_fd,
                  const std::function<void()>& ready) {
  Exporter{settings, metrics}.run(stop_fd, ready);
}

}  // namespace tenantd::watch
