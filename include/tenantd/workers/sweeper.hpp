// Deleting what has expired: in small batches, so that others' writes go on; safe when two sweepers run at
// once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/pool.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct SweepResult {
  std::string task;  // "invites", "tokens", "sessions", "idempotency", "outbox", …
  std::int64_t rows = 0;
  std::int64_t duration_us = 0;
  std::optional<std::string> error;
};

// Runs every task, expired invitations first, and records each in sweep_run. What super-admins had asked for
// by then is finished when all have run. A task that fails does not stop the others. `keep_going` is asked
// between batches. Throws ApiError(unavailable) only if the database cannot be reached at all.
std::vector<SweepResult> sweep(db::Pool& pool, const Context& context,
                               const std::function<bool()>& keep_going);

}  // namespace tenantd::service
