// Delivers events to webhooks: reads on from each webhook's cursor, claims due deliveries with a lease, sends
// many at once outside any transaction, records what became of them.
//
// 2xx: delivered. 410, or failing for longer than give_up: dead. All else is tried again, not before a 429's
// or 503's Retry-After (an hour at most), after first_retry doubling up to an hour, ±20 %. A webhook has at
// most two deliveries under way, one while it fails, and those that fail share half of the connections: a
// receiver that hangs delays nobody else. Webhooks take turns. Any number of couriers may run at once; these
// bounds are each one's own. One that dies loses nothing: its leases run out, and the events go again under
// the same id.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/modules/webhooks/deliveries_store.hpp"
#include "tenantd/net/outbound_pool.hpp"
#include "tenantd/watch/span.hpp"
#include "tenantd/workers/leased_queue.hpp"
#include "tenantd/workers/receiver_options.hpp"
#include "workers/receiver_turns.hpp"

namespace tenantd::service {

// What the main writes to the log. The first three concern one delivery. Never the URL, which may hold a
// secret of the receiver's.
struct WebhookEvent {
  enum class Kind { delivered, postponed, dead, database_lost, database_back };
  Kind kind;
  std::string webhook_id;
  std::string event_id;
  std::string detail;
  std::int64_t milliseconds = 0;
};

std::string_view webhook_event_name(WebhookEvent::Kind kind);
// True for what somebody may have to act on.
bool is_failure(WebhookEvent::Kind kind);

struct WebhookCourierOptions : ReceiverOptions {
  Secret seal_key = {};
  std::function<void(const WebhookEvent&)> on_event = [](const WebhookEvent&) {};
  std::function<void(const watch::SpanList&)> on_trace = [](const watch::SpanList&) {};
};

// The options that the settings mean, without the seal key and the callbacks. Throws ConfigError.
WebhookCourierOptions webhook_courier_options(const Settings& settings);

class WebhookCourier {
 public:
  explicit WebhookCourier(WebhookCourierOptions options);

  // Works until `stop`, then waits a little for what is under way and gives back the rest. A lost database is
  // waited for.
  void run(const std::atomic<bool>& stop);

  // Delivers what is due and returns. Throws what the database throws.
  void drain(const std::atomic<bool>& stop);

  // From any thread: looks now instead of within a second.
  void wake() noexcept;

 private:
  struct Result {
    store::DeliveryClaim claim;
    store::Answer answer;
  };
  // A delivery under way, and its place in the trace of the request that caused the event.
  struct Flight {
    store::DeliveryClaim claim;
    std::string type;
    std::optional<trace::Place> parent;
    trace::Place place;
    std::int64_t began_us = 0;  // since 1970
  };
  struct Send {
    store::DeliveryClaim claim;
    store::Dispatch dispatch;
  };

  void step();
  void look(TimePoint due_by);
  void exchange(TimePoint due_by);
  std::vector<Send> claim_turns(db::Connection& db, TimePoint due_by);
  std::vector<store::DeliveryClaim> claim(db::Connection& db, const store::WebhookKey& webhook,
                                          TimePoint due_by, TimePoint lease_until, std::int64_t share);
  void begin(const Send& send);
  void await(std::chrono::milliseconds longest);
  void finish(const net::OutboundPool::Outcome& outcome);
  void save(db::Connection& db, const Result& result, TimePoint at);
  void tell(const Result& result, TimePoint at) const;
  void trace(const Flight& flight, const store::Answer& answer) const;
  void say_farewell();
  std::int64_t free_connections() const;
  bool gives_up(const Result& result, TimePoint at) const;

  WebhookCourierOptions options_;
  net::OutboundPool pool_;
  WebhookTurns turns_;
  LeasedQueue queue_;
  std::map<std::uint64_t, Flight> under_way_;  // by the pool's tag
  std::uint64_t last_tag_ = 0;
  std::vector<Result> results_;  // told to the database as soon as it listens

  std::atomic<bool> woken_{true};
  std::int64_t looked_at_us_ = 0;  // monotonic
};

}  // namespace tenantd::service
