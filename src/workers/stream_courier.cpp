#include "tenantd/workers/stream_courier.hpp"

#include <algorithm>
#include <stdexcept>

#include "tenantd/db/server.hpp"
#include "tenantd/net/tls_sending.hpp"
#include "workers/security_event.hpp"

namespace tenantd::service {
namespace {

using StreamsKind = StreamEvent::Kind;

constexpr std::chrono::milliseconds kStreamPoll{1000};
constexpr std::int64_t kStreamPollUs = 1'000'000;
constexpr std::int64_t kSystemPollUs = 5'000'000;  // a look at every chain costs more
constexpr std::size_t kStreamReplyBytes = 65536;   // nobody looks at them
constexpr std::int64_t kSlowStreamMs = 1000;
// Of one batch. An object holds an hour, so that it may be larger.
constexpr std::size_t kBatchItems = 500;
constexpr std::size_t kBatchBytes = 1 << 20;
constexpr std::size_t kObjectItems = 20000;
constexpr std::size_t kObjectBytes = 8 << 20;
constexpr std::int64_t kStreamRowsAtOnce = 100;
constexpr std::int64_t kChainsAtOnce = 50;
constexpr std::size_t kUnsignalledRows = 2000;  // looked through in one go, of which most tell no signal
constexpr Seconds kHour{3600};
// Rows of an hour may be committed after its end: their time is that of their request.
constexpr Seconds kHourSettles{60};

TimePoint end_of_hour(TimePoint time) {
  const auto seconds = unix_seconds(time);
  return from_unix(seconds - seconds % kHour.count() + kHour.count());
}

bool is_full(const store::StreamClaim& claim, const StreamBatch& batch) {
  // A POST holds one token.
  if (claim.kind == StreamKind::shared_signals) return !batch.items.empty();
  const bool object = claim.kind == StreamKind::s3;
  return batch.items.size() >= (object ? kObjectItems : kBatchItems) ||
         batch.bytes >= (object ? kObjectBytes : kBatchBytes);
}

}  // namespace

std::string_view stream_event_name(StreamsKind kind) {
  switch (kind) {
    case StreamsKind::delivered: return "stream_delivered";
    case StreamsKind::postponed: return "stream_postponed";
    case StreamsKind::database_lost: return "streams_database_lost";
    case StreamsKind::database_back: return "streams_database_back";
  }
  throw std::logic_error("no such stream event");
}

bool is_failure(StreamsKind kind) {
  return kind == StreamsKind::postponed || kind == StreamsKind::database_lost;
}

StreamCourierOptions stream_courier_options(const Settings& settings) {
  StreamCourierOptions options{receiver_options(settings, kStreamReplyBytes)};
  options.issuer = settings.public_url;
  const auto scheme = settings.public_url.find("://");
  options.host = scheme == std::string::npos ? settings.public_url : settings.public_url.substr(scheme + 3);
  options.host = options.host.substr(0, options.host.find_first_of(":/"));
  if (options.host.empty()) options.host = "-";
  return options;
}

StreamCourier::StreamCourier(StreamCourierOptions options)
    : options_(std::move(options)),
      pool_(options_.policy),
      turns_(options_.connections),
      queue_(options_.database, options_.first_retry,
             {[this](const std::string& why) {
                options_.on_event({StreamsKind::database_lost, "", why, 0, 0});
              },
              [this] {
                options_.on_event({StreamsKind::database_back, "", "", 0, 0});
              }}) {}

void StreamCourier::wake() noexcept {
  woken_ = true;
  pool_.wake();
}

void StreamCourier::run(const std::atomic<bool>& stop) {
  while (!stop) {
    const bool more = queue_.turn([&] { return step(options_.clock()); });
    await(more || !results_.empty() ? std::chrono::milliseconds{queue_.is_lost() ? 1000 : 0} : kStreamPoll);
  }
  give_back();
}

void StreamCourier::drain(const std::atomic<bool>& stop) {
  const TimePoint due_by = options_.clock();
  for (bool more = true; more && !stop;) {
    woken_ = turns_.waiting() == 0 && under_way_.empty();
    more = step(due_by);
    if (!under_way_.empty()) await(kStreamPoll);
    more = more || !under_way_.empty() || !results_.empty();
  }
  if (stop) give_back();
}

void StreamCourier::look(TimePoint due_by) {
  const auto now_us = monotonic_microseconds();
  if (!woken_ && now_us - looked_at_us_ < kStreamPollUs) return;
  const bool system = woken_ || now_us - system_at_us_ >= kSystemPollUs;
  woken_ = false;
  looked_at_us_ = now_us;
  if (system) system_at_us_ = now_us;
  for (const auto& stream : store::streams_with_work(queue_.database(), due_by, system)) turns_.add(stream);
}

// What became of the finished ones and the next ones, by one commit. True if there may be more at once.
bool StreamCourier::step(TimePoint due_by) {
  auto& db = queue_.database();
  if (turns_.waiting() == 0) look(due_by);
  if (results_.empty() && turns_.waiting() == 0) return false;
  auto sends = db::at_once(db, [&](db::Connection& connection) {
    for (const auto& result : results_) save(connection, result);
    return claim(connection, due_by);
  });
  results_.clear();
  const bool more = !sends.empty();
  for (auto& send : sends) begin(std::move(send));
  return more || !results_.empty();
}

// Goes through the row once. A stream that may have no more now returns when a batch ends that takes its
// place.
std::vector<StreamCourier::Send> StreamCourier::claim(db::Connection& db, TimePoint due_by) {
  const TimePoint at = options_.clock();
  std::vector<Send> sends;
  auto room = options_.connections - under_way();
  for (auto left = turns_.waiting(); left > 0 && room > 0; --left) {
    const auto stream = *turns_.next();
    if (turns_.share(stream) <= 0) {
      turns_.hold_back(stream);
      continue;
    }
    const auto claimed = store::claim_stream(db, stream, std::max(due_by, at), at + options_.lease);
    StreamBatch batch;
    if (!claimed || !gather(db, *claimed, batch, at)) {
      turns_.passed();
      continue;
    }
    sends.push_back({*claimed, std::move(batch)});
    --room;
  }
  return sends;
}

bool StreamCourier::gather(db::Connection& db, const store::StreamClaim& claim, StreamBatch& batch,
                           TimePoint at) {
  const bool system = claim.stream.org == kWholeSystem;
  auto& last = rotation_[claim.stream];
  auto places = store::places_of(db, claim.stream, last, kChainsAtOnce);
  if (system && places.empty() && last != OrgId{}) {
    last = OrgId{};
    places = store::places_of(db, claim.stream, last, kChainsAtOnce);
  }
  // The chain that belongs to none has the id of zeros, behind which the others are looked for.
  if (system && last == OrgId{})
    for (const auto& place : store::system_place_of(db, claim.stream)) places.insert(places.begin(), place);
  std::optional<TimePoint> wait_until;
  for (const auto& place : places) {
    TimePoint wait = at;
    if (!gather_chain(db, claim, place, batch, at, wait))
      wait_until = std::min(wait_until.value_or(wait), wait);
    last = place.org;
    if (is_full(claim, batch)) break;
  }
  if (!system) rotation_.erase(claim.stream);
  if (!batch.items.empty()) return true;
  if (!batch.advances.empty()) {
    store::acknowledge(db, claim, batch.advances, at);
    turns_.add(claim.stream);
  } else {
    // Chains behind these may have an hour that is over.
    const bool all = static_cast<std::int64_t>(places.size()) < kChainsAtOnce;
    store::release_stream(db, claim, all ? wait_until.value_or(at) : at);
  }
  return false;
}

// Of an s3 stream a chain goes by whole hours, each in an object of its own. False: it has to wait until
// `wait_until`.
bool StreamCourier::gather_chain(db::Connection& db, const store::StreamClaim& claim,
                                 const store::StreamPlace& place, StreamBatch& batch, TimePoint at,
                                 TimePoint& wait_until) {
  const bool by_hour = claim.kind == StreamKind::s3;
  auto seq = place.seq;
  const bool signals = claim.kind == StreamKind::shared_signals;
  const auto most = signals                                        ? kUnsignalledRows
                    : claim.stream.org == kWholeSystem && !by_hour ? kBatchItems / 4
                                                                   : kObjectItems;
  std::size_t taken = 0;
  for (bool more = true; more && !is_full(claim, batch) && taken < most;) {
    const auto rows = store::read_streamed(db, place.org, seq, kStreamRowsAtOnce, claim.events);
    more = static_cast<std::int64_t>(rows.size()) == kStreamRowsAtOnce;
    for (const auto& row : rows) {
      const auto hour = end_of_hour(row.row.created_at);
      if (by_hour && hour + kHourSettles > at) {
        if (seq == place.seq) return wait_until = hour + kHourSettles, false;
        more = false;
        break;
      }
      if (by_hour && !batch.times.empty() && end_of_hour(batch.times.front()) != hour) {
        more = false;
        break;
      }
      for (auto& item : items_of(claim, row)) {
        batch.bytes += item.size();
        batch.items.push_back(std::move(item));
        batch.syslog_ids.push_back(row.row.action);
        batch.times.push_back(row.row.created_at);
        batch.signal_id = signal_id(claim.stream, row.row);
      }
      seq = row.row.seq;
      ++taken;
      if (is_full(claim, batch)) break;
    }
    // Retention has removed all that was left.
    if (rows.empty() && seq == place.seq) seq = place.head;
  }
  if (seq > place.seq) batch.advances.push_back({place.org, place.seq, seq});
  return true;
}

std::vector<std::string> StreamCourier::items_of(const store::StreamClaim& claim,
                                                 const store::StreamedRow& row) const {
  if (claim.kind != StreamKind::shared_signals) return stream_items(claim, row);
  auto event = security_event(claim, row.row, options_.issuer);
  return event ? std::vector{*std::move(event)} : std::vector<std::string>{};
}

void StreamCourier::begin(Send send) {
  const auto tag = ++last_tag_;
  const auto& claim = send.claim;
  turns_.begun(claim.stream);
  under_way_.emplace(tag,
                     Flight{claim, send.batch.advances, static_cast<std::int64_t>(send.batch.items.size()),
                            monotonic_microseconds()});
  try {
    switch (claim.kind) {
      case StreamKind::https:
        return pool_.start(tag, https_batch(options_.seal_key, claim, send.batch, options_.clock()));
      case StreamKind::s3:
        return pool_.start(tag, s3_batch(options_.seal_key, claim, send.batch, options_.clock()));
      case StreamKind::shared_signals:
        return pool_.start(
            tag, security_event_push(options_.seal_key, *options_.keys(), claim, send.batch.items.front(),
                                     send.batch.signal_id, options_.issuer, options_.clock()));
      case StreamKind::syslog: return begin_aside(tag, claim, syslog_batch(send.batch, options_.host));
    }
  } catch (const std::runtime_error& problem) {
    // An URL that may not be called, or a key of another host: mended by its owner or the operator.
    end(tag, problem.what(), Seconds{0});
  }
}

// As many threads as there are connections, at most: each is counted as under way.
void StreamCourier::begin_aside(std::uint64_t tag, const store::StreamClaim& claim, std::string bytes) {
  auto place = claim.url.substr(claim.url.find("://") + 3);
  aside_.emplace(tag, std::jthread{[this, tag, place = std::move(place), bytes = std::move(bytes)] {
                   std::string error;
                   try {
                     net::send_over_tls(options_.policy, place, bytes);
                   } catch (const std::exception& problem) {
                     error = *problem.what() == '\0' ? "it cannot be reached" : problem.what();
                   }
                   {
                     const std::scoped_lock lock{aside_mutex_};
                     aside_ended_.push_back({tag, std::move(error)});
                   }
                   pool_.wake();
                 }});
}

std::string StreamCourier::fault_of(const net::OutboundPool::Outcome& outcome) const {
  if (outcome.error && outcome.error->kind != net::OutboundError::Kind::too_large)
    return outcome.error->what();
  if (under_way_.at(outcome.tag).claim.kind == StreamKind::shared_signals)
    return security_event_fault(outcome.status, outcome.reply.body);
  if (outcome.status / 100 == 2) return {};
  return "HTTP " + std::to_string(outcome.status) +
         (outcome.status / 100 == 3 ? "; redirects are not followed" : "");
}

void StreamCourier::await(std::chrono::milliseconds longest) {
  for (const auto& outcome : pool_.wait(longest)) {
    // Who asks for more than the longest delay of our own gets that.
    const bool busy = outcome.status == 429 || outcome.status == 503;
    const Seconds asked{busy ? outcome.reply.retry_after.value_or(0) : 0};
    end(outcome.tag, fault_of(outcome), std::min(LeasedQueue::kRetryMax, asked));
  }
  std::vector<Aside> ended;
  {
    const std::scoped_lock lock{aside_mutex_};
    ended.swap(aside_ended_);
  }
  for (auto& each : ended) {
    aside_.erase(each.tag);
    end(each.tag, std::move(each.error), Seconds{0});
  }
}

void StreamCourier::end(std::uint64_t tag, std::string error, Seconds asked_to_wait) {
  const auto found = under_way_.find(tag);
  Result result{std::move(found->second), std::move(error), 0, asked_to_wait};
  under_way_.erase(found);
  result.milliseconds = (monotonic_microseconds() - result.flight.began_us) / 1000;
  const auto stream = result.flight.claim.stream;
  turns_.ended(stream, !result.error.empty() || result.milliseconds > kSlowStreamMs);
  if (result.error.empty()) turns_.add(stream);
  results_.push_back(std::move(result));
}

void StreamCourier::save(db::Connection& db, const Result& result) {
  const auto& claim = result.flight.claim;
  const TimePoint at = options_.clock();
  if (result.error.empty()) {
    store::acknowledge(db, claim, result.flight.advances, at);
  } else {
    store::postpone_stream(db, claim, result.error,
                           at + std::max(queue_.retry_delay(claim.failures), result.asked_to_wait));
  }
  options_.on_event({result.error.empty() ? StreamsKind::delivered : StreamsKind::postponed,
                     claim.stream.id.str(), result.error, result.flight.items, result.milliseconds});
}

// What is not saved goes again when its lease runs out.
void StreamCourier::give_back() {
  aside_.clear();  // waits for them, no longer than a delivery takes
  await(std::chrono::milliseconds{0});
  try {
    auto& db = queue_.database();
    for (const auto& result : results_) save(db, result);
    for (const auto& [tag, flight] : under_way_) store::release_stream(db, flight.claim, options_.clock());
  } catch (const std::exception& problem) {
    options_.on_event({StreamsKind::database_lost, "", reason(problem), 0, 0});
  }
}

}  // namespace tenantd::service
