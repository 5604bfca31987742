// The sweeper's statements. They run on the tables themselves, as the sweeper's account, over all tenants;
// the connection's schema may be any.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/audit_rows.hpp"
#include "tenantd/identity/invitations_store.hpp"

namespace tenantd::store {

// Over every tenant: the sweeper's account may delete what has expired, and nothing else.
class SystemScope {
 public:
  static SystemScope unsafe_for_sweeper() { return SystemScope{}; }

 private:
  SystemScope() = default;
};

inline constexpr std::int64_t kSweepBatch = 1000;
// Of what is told of: the ends of the organizations' chains are held until the commit.
inline constexpr std::int64_t kToldBatch = 100;

// Deleted rows, and those of them that somebody is to be told of.
template <class Row>
struct Swept {
  std::int64_t rows = 0;
  std::vector<Row> told;
};

struct SweptInvite {
  OrgId org;
  Invite invite;
};
// Of at most kToldBatch invitations whose time is over: those that nobody has answered are expired from now
// on, and to be told of; the others are deleted, and with them those that are expired since `kept_since`. Of
// the expired ones of each organization that is told, the newest `most` stay; 0 = all.
Swept<SweptInvite> sweep_invites(db::Txn& txn, const SystemScope&, TimePoint now, TimePoint kept_since,
                                 std::int64_t most);

// Each deletes at most kSweepBatch rows that expired at or before `before`, and returns how many.
std::int64_t sweep_tokens(db::Txn& txn, const SystemScope&, TimePoint before);
// Of codes those that expired before `before`: a while is left in which a replay is noticed.
std::int64_t sweep_oauth_codes(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_oauth_devices(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_oauth_assertions(db::Txn& txn, const SystemScope&, TimePoint before);
// What clients that are gone have left, bit by bit. Returns how many rows; 0: there is no more.
std::int64_t sweep_gone_clients(db::Txn& txn, const SystemScope&);
std::int64_t sweep_oauth_states(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_social_states(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_mailed_codes(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_passkey_challenges(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_sessions(db::Txn& txn, const SystemScope&, TimePoint before);
// Sessions that somebody has ended many at a time: their rows, at most kSweepBatch.
std::int64_t sweep_ended_sessions(db::Txn& txn, const SystemScope&);
// What those endings noted, once no session is left from before.
std::int64_t sweep_cuts(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_idempotency(db::Txn& txn, const SystemScope&, TimePoint before);
// How the sending of a mail or of a delivery ended: its column `status`.
enum class Ended : std::int8_t { sent = 1, given_up };
// Mails that ended so before `before`.
std::int64_t sweep_outbox(db::Txn& txn, const SystemScope&, Ended how, TimePoint before);
// The same of deliveries to webhooks.
std::int64_t sweep_deliveries(db::Txn& txn, const SystemScope&, Ended how, TimePoint before);
// Notes of imports that nothing was added to since `before`.
std::int64_t sweep_imports(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_account_events(db::Txn& txn, const SystemScope&, TimePoint before);
// Networks that nobody signed in from since `before`.
std::int64_t sweep_known_networks(db::Txn& txn, const SystemScope&, TimePoint before);
// The same of devices.
std::int64_t sweep_known_devices(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_budgets(db::Txn& txn, const SystemScope&, TimePoint before);
std::int64_t sweep_runs(db::Txn& txn, const SystemScope&, TimePoint before);
// Events from before `before`; those stay that a webhook of an active organization has not had.
std::int64_t sweep_events(db::Txn& txn, const SystemScope&, TimePoint before);
// Where a chain of audit rows may begin whose oldest rows are from before `before`: at most kSweepBatch rows
// further on than it does now, unsigned. Returns nullopt if no chain has such rows.
std::optional<ChainStart> find_expired_audit(db::Txn& txn, const SystemScope&, TimePoint before);
// Removes the chain's rows up to its new, signed beginning. Returns how many; 0 if another sweeper did it.
std::int64_t cut_audit(db::Txn& txn, const SystemScope&, const ChainStart& start, TimePoint before,
                       TimePoint now);
// Removes a batch of what a closed organization had, at last itself. `org` nullopt: none is left.
struct RemovedRows {
  std::int64_t rows = 0;
  std::optional<OrgId> org;
};
RemovedRows remove_closed(db::Txn& txn, const SystemScope&);
// Requests that were finished before `before`.
std::int64_t sweep_requests(db::Txn& txn, const SystemScope&, TimePoint before);

struct SweptUpload {
  OrgId org;
  DocumentId id;
  std::int64_t size = 0;  // bytes
};
// At most kToldBatch documents whose upload was not complete by `before`, with the storage that they had
// taken; each leaves its file to sweep_files. All are to be told of.
Swept<SweptUpload> sweep_uploads(db::Txn& txn, const SystemScope&, TimePoint before, TimePoint now);
// Files that nobody names any more, asked to be removed by `before`: `remove(key)` says whether it is gone.
// Returns how many are; one that cannot be removed stays on the list.
std::int64_t sweep_files(db::Txn& txn, TimePoint before, std::int64_t limit,
                         const std::function<bool(const std::string& key)>& remove);
// True if a document has this file, or its removal is asked for.
bool is_file_known(db::Txn& txn, const SystemScope&, const std::string& key);

// What super-admins asked for: the number of the newest request that waits, 0 if none does; and the end of
// those up to it.
std::int64_t newest_sweep_request(db::Txn& txn, const SystemScope&);
void finish_sweep_requests(db::Txn& txn, const SystemScope&, std::int64_t up_to, TimePoint now);

// Notes how many rows each table has about, and how old the oldest is that a task would remove; unless that
// was done less than `least_age` ago. Reads one row of an index for each task, and none of the tables.
void look_at_kept(db::Txn& txn, const SystemScope&, Seconds least_age, TimePoint now);

// Of a task that removed rows also how many, for as long as it removes no others.
void record_sweep(db::Txn& txn, const SystemScope&, const std::string& task, TimePoint started,
                  std::int64_t duration_us, std::int64_t rows, const std::optional<std::string>& error);

}  // namespace tenantd::store
