#include "tenantd/effects/slow_turn.hpp"

#include "tenantd/effects/context.hpp"

namespace tenantd::service {

SlowTurn::SlowTurn(const Context& context, Kind kind, OrgId org)
    : place_(context.slow_turn ? context.slow_turn(kind, org) : nullptr) {}

}  // namespace tenantd::service
