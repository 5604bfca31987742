// How much of a lane one caller may have at once: at most half of its threads for an organization, and half
// of that for one account or API key, in each worker and in all of them together. What is beyond waits its
// turn without a thread (http::Later), so that the rest of the lane is there for others.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tenantd/api/authorizer.hpp"
#include "tenantd/api/dispatch.hpp"
#include "tenantd/effects/slow_turn.hpp"
#include "tenantd/shm/in_flight.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::api {

// Thrown when there is no place for the caller now. No std::exception: nobody on the way shall take it for a
// refusal and go on.
struct NotNow {
  std::string who;
  std::function<bool()> is_ready;  // whether there is one by now
};

// What a request counts for: a list of ids, a file of rows and an export cost more than one change.
std::int64_t weight_of(const Route& route, const http::Request& request, const JsonValue& body);

class Shares {
 public:
  using Held = std::shared_ptr<const void>;

  Shares(const Settings& settings, shm::InFlight& in_flight, const shm::Metrics& metrics, const Lane& lane);

  // Counts a request of this thread for its caller until the result goes. `org` is nullopt for what is no
  // organization's share. Throws NotNow.
  Held admit(const std::string& account, const std::optional<OrgId>& org, std::int64_t weight) const;
  // The same for a part of a request that waits for others, or for the disk. Throws NotNow.
  Held slow_turn(service::SlowTurn::Kind kind, OrgId org) const;

 private:
  using Kind = shm::InFlight::Kind;
  struct Claim;
  struct Bound {
    std::int64_t most = 0;  // weights in the lane
    bool is_of_all_hosts = false;
  };
  std::int64_t most_here(const Bound& bound) const;
  std::size_t cell() const;
  Held take(Kind kind, const std::string& who, const shm::InFlight::Share& share) const;

  shm::InFlight& in_flight_;
  const shm::Metrics& metrics_;
  std::size_t block_;
  std::int64_t threads_;
  Bound of_organization_, of_account_;
  std::int64_t most_slow_;       // requests in the lane
  std::int64_t most_in_worker_;  // requests of an organization
};

}  // namespace tenantd::api
