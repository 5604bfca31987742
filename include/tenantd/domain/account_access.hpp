// What a key of a service account brings besides what it may do.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/domain/networks.hpp"

namespace tenantd {

using ServiceAccountId = Id<struct ServiceAccountTag>;

struct AccountAccess {
  ServiceAccountId id;
  std::string name;
  Networks networks;                    // from which its keys are taken
  std::optional<TimePoint> refused_at;  // when a call from elsewhere was told of last
};

// What audit rows call the account: no address, whatever its name is.
inline std::string account_label(const std::string& name) { return "service account " + name; }

}  // namespace tenantd
