// The sweeper's statements. They run on the tables themselves, as the sweeper's account, over all tenants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// Over every tenant: the sweeper's account may delete what has expired, and nothing else.
class SystemScope {
 public:
  static SystemScope unsafe_for_sweeper() { return SystemScope{}; }

 private:
  SystemScope() = default;
};

inline constexpr std::int64_t kSweepBatch = 1000;

// Each deletes at most kSweepBatch rows that expired at or before `before`, and returns how many.
// Invitations: each leaves an `invite.expired` event unless it was answered.
std::int64_t sweep_invites(db::Txn& txn, const SystemScope&, TimePoint before, TimePoint now);
std::int64_t sweep_tokens(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_oauth_states(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_sessions(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_idempotency(db::Txn& txn, const SystemScope&, TimePoint before);
// Mails delivered or given up before `before`.
std::int64_t sweep_outbox(db::Txn& txn, const SystemScope&, TimePoint before);
// Deliveries to webhooks made or given up before `before`.
std::int64_t sweep_deliveries(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_account_events(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_runs(db::Txn& txn, const SystemScope&, TimePoint before);
// Requests that were finished before `before`.
std::int64_t sweep_requests(db::Txn& txn, const SystemScope&, TimePoint before);

// What super-admins asked for: the number of the newest request that waits, 0 if none does; and the end of
// those up to it.
std::int64_t newest_sweep_request(db::Txn& txn, const SystemScope&);
void finish_sweep_requests(db::Txn& txn, const SystemScope&, std::int64_t up_to, TimePoint now);

void record_sweep(db::Txn& txn, const SystemScope&, const std::string& task, TimePoint started,
                  std::int64_t duration_us, std::int64_t rows, const std::optional<std::string>& error);

}  // namespace tenantd::store
