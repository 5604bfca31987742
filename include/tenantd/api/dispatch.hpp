// One request from its route to its reply:
//   route → rate limit → session → permission → body → schema → idempotency → handler → commit → reply
// Holds the only catch. The whole runs in one unit of work, again from its start when the database asks for
// it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tenantd/api/authorizer.hpp"
#include "tenantd/api/router.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/base/trace.hpp"
#include "tenantd/crypto/live_keys.hpp"
#include "tenantd/db/counters.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/hosts/announcer.hpp"
#include "tenantd/shm/bell.hpp"
#include "tenantd/shm/in_flight.hpp"
#include "tenantd/shm/rate_limiter.hpp"
#include "tenantd/shm/shared.hpp"
#include "tenantd/watch/handover.hpp"

namespace tenantd::api {

// What the master makes before it forks, and all workers share.
struct SharedState {
  shm::Shared<shm::SessionCache> cache;
  shm::Shared<shm::RateLimiter> limiter;
  shm::Shared<shm::Metrics> metrics;
  shm::Shared<shm::InFlight> in_flight;
  shm::Shared<shm::HostState> host;
  shm::Shared<db::ServerBoard> servers;
  shm::Shared<db::Counters> database;
  shm::Bell written;  // the log of invalidations has an entry more
};

// The lane that a worker is of.
struct Lane {
  std::string_view name;
  std::int64_t workers = 1;
  std::int64_t threads = 1;  // of each
};

class Shares;

class Dispatch : private db::ChangeListener {
 public:
  Dispatch(const Settings& settings, crypto::LiveKeys& keys, const Schemas& schemas, SharedState& shared,
           const Lane& lane);
  ~Dispatch();

  // Throws nothing but http::Later, when the caller has as much under way as it may. `again`: the request
  // comes back after that, and was counted then. `unread`: what was read of it is refused for that, as all is
  // refused here.
  http::Response handle(http::Request& request, bool again = false, const http::BadRequest* unread = nullptr);

 private:
  struct Call;
  std::shared_ptr<const crypto::KeyRing> current_keys();
  http::Response answer(Call& call);
  void limit(const Call& call);
  void limit_account(Call& call);
  void limit_organization(const Call& call);
  void take(const std::string& caller, std::int64_t most);
  Json organization_in_body(Call& call) const;
  const std::string& media_type(Call& call) const;
  void authenticate(Call& call, db::Txn& txn);
  void read_body(Call& call);
  bool is_open_to_pages(const http::Request& request) const;
  void take_token_of_cookie(Call& call) const;
  void drop_read_only(Call& call, db::Txn& txn);
  std::optional<Json> read_current(Call& call, const Route& reader, db::Txn& txn);
  http::Response act(Call& call);
  http::Response answer_or_refuse(Call& call);
  void admit(Call& call);
  http::Response run_once(Call& call, db::Txn& txn);
  http::Response call_handler(const Call& call, const Request& request, db::Txn& txn);
  http::Response refuse(const Call& call, const ApiError& error) const;
  http::Response fail(const Call& call, ErrorCode code, const std::string& detail) const;
  void finish(const Call& call, http::Response& response) const;
  void run_afterwards(const Call& call);
  void begin(Call& call) const;
  void under_way(int more) const;
  void count(const Call& call, const http::Response& response, std::int64_t duration_us) const;
  void hand_over(const Call& call, const http::Response& response, const trace::Work& work) const;
  void report(const Call& call, const std::exception& problem) const;
  void log_slow(const Call& call, const trace::Work& work) const;
  void log_end(const Call& call, http::Response& response, std::int64_t duration_us) const;

  Announcement announce(db::Connection& connection, const db::Touched& touched) override;
  void before_commit(const std::vector<UuidBytes>& ids) override;
  void after_commit(const std::vector<UuidBytes>& ids) override;
  void confirm(db::Connection& connection, const db::Touched& touched,
               const Announcement& announced) override;

  const Settings& settings_;
  crypto::LiveKeys& keys_;
  const Schemas& schemas_;
  SharedState& shared_;
  Router router_;
  Authorizer authorizer_;
  db::Pool pool_;
  std::unique_ptr<Shares> shares_;
  hosts::Announcer announcer_;
  std::size_t lane_;  // among shm::Metrics::kLanes
  trace::Sampler sampler_;
  mutable watch::Handover handover_;
};

}  // namespace tenantd::api
