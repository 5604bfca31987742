// What follows a provider's word, which is given once.
#pragma once

#include "tenantd/base/time.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::service {

// Returns what `work()` does. The provider is not asked again: what the database wants run again is run again
// here, and so is a work in whose way the sign-in of the same person was, whom it finds then.
template <class Work>
auto repeat_after_provider(db::Txn& txn, Work work) {
  const auto started_us = monotonic_microseconds();
  for (int attempt = 1;; ++attempt) {
    try {
      return work();
    } catch (const db::RetryableError& e) {
      txn.rollback();
      db::judge_failure(txn.pool(), e, attempt, started_us);
      continue;
    } catch (const db::DuplicateKey&) {
      if (attempt == db::kTransactionAttempts) throw;
    }
    txn.rollback();
    db::back_off(attempt);
  }
}

}  // namespace tenantd::service
