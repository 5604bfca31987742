#include "tenantd/service/slow_turn.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

std::mutex mutex;
std::set<std::pair<SlowTurn::Kind, OrgId>> taken;

}  // namespace

SlowTurn::SlowTurn(const Context& context, Kind kind, OrgId org, const char* busy) : kind_(kind), org_(org) {
  const auto most = std::max<std::size_t>(static_cast<std::size_t>(context.settings.worker_threads) / 2, 1);
  const std::lock_guard lock{mutex};
  if (taken.size() >= most || !taken.emplace(kind, org).second) throw ApiError(ErrorCode::unavailable, busy);
}

SlowTurn::~SlowTurn() {
  const std::lock_guard lock{mutex};
  taken.erase({kind_, org_});
}

}  // namespace tenantd::service
