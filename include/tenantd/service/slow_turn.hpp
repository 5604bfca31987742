// A place among those in this process who do something slow for an organization: look a name up that its
// owner wrote, or read a whole file. Whoever makes it slower holds one thread, and all of them half of a
// worker's, so that the rest is there for others.
#pragma once

#include "tenantd/service/context.hpp"

namespace tenantd::service {

class SlowTurn {
 public:
  enum class Kind { lookup, hashing };

  // Throws ApiError(unavailable, `busy`) if there is no place now.
  SlowTurn(const Context& context, Kind kind, OrgId org, const char* busy);
  ~SlowTurn();
  SlowTurn(const SlowTurn&) = delete;
  SlowTurn& operator=(const SlowTurn&) = delete;

 private:
  Kind kind_;
  OrgId org_;
};

}  // namespace tenantd::service
