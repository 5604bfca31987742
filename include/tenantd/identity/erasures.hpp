// What is left of people whose accounts were erased: their traces in organizations' histories, taken out
// behind the erasure itself, step by step.
#pragma once

#include <cstdint>
#include <optional>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::store {

// Over every organization: for the sweeper, and for tenantctl, which signs in with the administrator's
// account.
class ErasureScope {
 public:
  static ErasureScope unsafe_for_sweeper() { return ErasureScope{}; }
  static ErasureScope unsafe_for_tenantctl() { return ErasureScope{}; }

 private:
  ErasureScope() = default;
};

}  // namespace tenantd::store

namespace tenantd::service {

struct ErasedStep {
  std::int64_t rows = 0;  // changed or removed
  bool more = false;      // something is left, of this erasure or of another
  // When the oldest erasure is old enough; nullopt if none waits for that.
  std::optional<TimePoint> waits_until = {};
};

// Takes out the next traces of the oldest erasure that has some, once no request is under way that began
// before it and may write of the person behind it. In one transaction: a step that is cut short has done
// nothing, and is made again. Of two that come together one does it. Rows of an audit chain are signed anew
// and told of by a row behind the newest one (effects/audit_chain.hpp); one that was tampered with before is
// emptied too, and goes on looking so.
ErasedStep erase_next(db::Txn& txn, const Context& context, const store::ErasureScope& scope);

}  // namespace tenantd::service
