// A place among those who do something slow for an organization: call its identity provider, look a name up
// that its owner wrote, read a whole file, or answer an invitation, which waits for who changes it, without
// having signed in. The lane says how many an organization has (Context::slow_turn), so that the rest is
// there for others. To be held around that work alone;
// what it takes is not counted in the request's time for the database.
#pragma once

#include <memory>

#include "tenantd/db/deadline.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::service {

struct Context;

class SlowTurn {
 public:
  enum class Kind { call, answer, lookup, hashing };

  // If there is no place now the request ends here, and is run again from its start once there is one: to be
  // taken before anything that a second run would find done.
  SlowTurn(const Context& context, Kind kind, OrgId org);

 private:
  std::shared_ptr<const void> place_;
  db::Deadline::Pause pause_;
};

}  // namespace tenantd::service
