// Sends audit rows and events to the receivers of streams, in the order of each organization's chain.
//
// A stream has one batch under way at most, leased in the database, and its positions move once the receiver
// has acknowledged it: 2xx of https and s3, 202 of shared_signals, the end of the connection of syslog. So
// what it has is a beginning of each chain, and nothing is missing in it. What fails is tried again after
// first_retry doubling up to an hour, ±20 %, and not before a 429's or 503's Retry-After; it is never given
// up. Streams take turns as webhooks do, so that a receiver that hangs delays no other one. Any number of
// couriers may run at once. One that dies loses nothing: its leases run out, and the rows go again.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/net/outbound_pool.hpp"
#include "tenantd/workers/leased_queue.hpp"
#include "tenantd/workers/receiver_options.hpp"
#include "workers/receiver_turns.hpp"
#include "workers/stream_message.hpp"

namespace tenantd::service {

// What the main writes to the log; the first two concern one stream. Never the URL.
struct StreamEvent {
  enum class Kind { delivered, postponed, database_lost, database_back };
  Kind kind;
  std::string stream_id;
  std::string detail;
  std::int64_t items = 0;
  std::int64_t milliseconds = 0;
};
std::string_view stream_event_name(StreamEvent::Kind kind);
// True for what somebody may have to act on.
bool is_failure(StreamEvent::Kind kind);

struct StreamCourierOptions : ReceiverOptions {
  Secret seal_key = {};
  std::string host = {};    // how syslog messages name this service
  std::string issuer = {};  // of security event tokens
  // As they are now: a retired key signs nothing that a receiver would believe.
  std::function<std::shared_ptr<const crypto::KeyRing>()> keys = {};
  std::function<void(const StreamEvent&)> on_event = [](const StreamEvent&) {};
};
// The options that the settings mean for webhooks, without the seal key and the callback. Throws ConfigError.
StreamCourierOptions stream_courier_options(const Settings& settings);

class StreamCourier {
 public:
  explicit StreamCourier(StreamCourierOptions options);

  // Works until `stop`. A lost database is waited for.
  void run(const std::atomic<bool>& stop);
  // Sends what is due and returns. Throws what the database throws.
  void drain(const std::atomic<bool>& stop);
  // From any thread: looks now instead of within a second.
  void wake() noexcept;

 private:
  struct Flight {
    store::StreamClaim claim;
    std::vector<store::Advance> advances;
    std::int64_t items = 0;
    std::int64_t began_us = 0;  // monotonic
  };
  struct Result {
    Flight flight;
    std::string error;  // empty: acknowledged
    std::int64_t milliseconds = 0;
    Seconds asked_to_wait{0};
  };
  struct Send {
    store::StreamClaim claim;
    StreamBatch batch;
  };
  // A connection that libcurl's pool cannot drive, in a thread of its own.
  struct Aside {
    std::uint64_t tag = 0;
    std::string error;
  };

  bool step(TimePoint due_by);
  void look(TimePoint due_by);
  std::vector<Send> claim(db::Connection& db, TimePoint due_by);
  // False: nothing may go now, and the stream was given back.
  bool gather(db::Connection& db, const store::StreamClaim& claim, StreamBatch& batch, TimePoint at);
  bool gather_chain(db::Connection& db, const store::StreamClaim& claim, const store::StreamPlace& place,
                    StreamBatch& batch, TimePoint at, TimePoint& wait_until);
  void begin(Send send);
  std::vector<std::string> items_of(const store::StreamClaim& claim, const store::StreamedRow& row) const;
  // What is wrong with a reply; empty: nothing.
  std::string fault_of(const net::OutboundPool::Outcome& outcome) const;
  void begin_aside(std::uint64_t tag, const store::StreamClaim& claim, std::string bytes);
  void await(std::chrono::milliseconds longest);
  void end(std::uint64_t tag, std::string error, Seconds asked_to_wait);
  void save(db::Connection& db, const Result& result);
  void give_back();
  std::int64_t under_way() const { return static_cast<std::int64_t>(under_way_.size()); }

  StreamCourierOptions options_;
  net::OutboundPool pool_;
  StreamTurns turns_;
  LeasedQueue queue_;
  std::map<std::uint64_t, Flight> under_way_;  // by tag
  std::uint64_t last_tag_ = 0;
  std::vector<Result> results_;
  std::map<store::StreamKey, OrgId> rotation_;  // of the whole system: the chain that was sent last
  std::mutex aside_mutex_;
  std::vector<Aside> aside_ended_;
  std::map<std::uint64_t, std::jthread> aside_;
  std::atomic<bool> woken_{true};
  std::int64_t looked_at_us_ = 0;  // monotonic
  std::int64_t system_at_us_ = 0;
};

}  // namespace tenantd::service
