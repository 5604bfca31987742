// Tells OAuth clients of sessions that have ended, by logout tokens (OpenID Connect Back-Channel Logout 1.0).
// A trigger on the sessions writes what is to be told.
//
// 2xx: told. All else is tried again, after first_retry doubling up to an hour, ±20 %, until give_up. Clients
// take turns as webhooks do, two calls at most to each, so that a client that hangs delays no other one. What
// is told comes at least once. Any number of couriers may run at once.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/net/outbound_pool.hpp"
#include "tenantd/workers/leased_queue.hpp"
#include "tenantd/workers/receiver_options.hpp"
#include "workers/logouts_store.hpp"
#include "workers/receiver_turns.hpp"

namespace tenantd::service {

// What the main writes to the log; the first three concern one client. Never the address.
struct LogoutEvent {
  enum class Kind { told, postponed, given_up, database_lost, database_back };
  Kind kind;
  std::string client_id;
  std::string detail;
  std::int64_t milliseconds = 0;
};
std::string_view logout_event_name(LogoutEvent::Kind kind);
// True for what somebody may have to act on.
bool is_failure(LogoutEvent::Kind kind);

struct LogoutCourierOptions : ReceiverOptions {
  std::string issuer = {};
  // As they are now: a retired key signs nothing that a client would believe.
  std::function<std::shared_ptr<const crypto::KeyRing>()> keys = {};
  std::function<void(const LogoutEvent&)> on_event = [](const LogoutEvent&) {};
};
// The options that the settings mean for webhooks, without the keys and the callback. Throws ConfigError.
LogoutCourierOptions logout_courier_options(const Settings& settings);

class LogoutCourier {
 public:
  explicit LogoutCourier(LogoutCourierOptions options);

  // Works until `stop`. A lost database is waited for.
  void run(const std::atomic<bool>& stop);
  // Tells what is due and returns. Throws what the database throws.
  void drain(const std::atomic<bool>& stop);

 private:
  struct Result {
    store::LogoutClaim claim;
    int status = 0;
    std::string error;  // empty: told
    std::int64_t milliseconds = 0;
  };
  struct Call {
    store::LogoutClaim claim;
    store::LogoutAddress address;
  };

  bool step(TimePoint due_by);
  std::vector<Call> claim(db::Connection& db, TimePoint due_by);
  void begin(const Call& call);
  void await(std::chrono::milliseconds longest);
  void save(db::Connection& db, const Result& result);
  void give_back();
  std::int64_t free_connections() const;

  LogoutCourierOptions options_;
  net::OutboundPool pool_;
  ClientTurns turns_;
  LeasedQueue queue_;
  std::map<std::uint64_t, store::LogoutClaim> under_way_;  // by the pool's tag
  std::uint64_t last_tag_ = 0;
  std::vector<Result> results_;
};

}  // namespace tenantd::service
