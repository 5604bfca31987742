#include "tenantd/store/system/sweeping.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/status.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// Two sweepers skip each other's rows. Only pending invitations expire; answered ones go with the same clock,
// silently.
constexpr Sql kExpiredInvites{"sweep.find_invites",
                              "SELECT org_id, id FROM invite WHERE status = ? AND expires_at <= ? "
                              "ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED"};
constexpr Sql kDeleteInvite{"sweep.delete_invite", "DELETE FROM invite WHERE org_id = ? AND id = ?"};
constexpr Sql kEvent{"sweep.invite_event", "CALL append_event(?, ?, 'invite.expired', NULL, ?, '{}', ?)"};
constexpr Sql kTokens{"sweep.tokens",
                      "DELETE FROM one_time_token WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOauthStates{"sweep.oauth_states",
                           "DELETE FROM oauth_state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kSessions{"sweep.sessions",
                        "DELETE FROM session WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kCut{"sweep.find_cut",
                   "SELECT user_id, org_id, ended, shut_out FROM session_cut WHERE waiting "
                   "ORDER BY cut_at LIMIT 1 FOR UPDATE SKIP LOCKED"};
constexpr Sql kEndedSessions{"sweep.ended_sessions",
                             "DELETE FROM session WHERE user_id = ? AND generation <= ? LIMIT ?"};
constexpr Sql kEndedSessionsAt{"sweep.ended_sessions_at",
                               "DELETE FROM session WHERE user_id = ? AND ((org_id = ? AND born <= ?) OR "
                               "(bound_org_id = ? AND born <= ?)) LIMIT ?"};
constexpr Sql kCutDone{"sweep.cut_done",
                       "UPDATE session_cut SET waiting = FALSE WHERE user_id = ? AND org_id = ?"};
constexpr Sql kOldCuts{"sweep.old_cuts",
                       "DELETE FROM session_cut WHERE NOT waiting AND cut_at <= ? ORDER BY cut_at LIMIT ?"};
constexpr Sql kIdempotency{"sweep.idempotency",
                           "DELETE FROM idempotency WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOutbox{"sweep.outbox",
                      "DELETE FROM outbox WHERE status IN (1, 2) AND next_attempt_at <= ? LIMIT ?"};
constexpr Sql kDeliveries{
    "sweep.deliveries",
    "DELETE FROM webhook_delivery WHERE status IN (1, 2) AND next_attempt_at <= ? LIMIT ?"};
constexpr Sql kRuns{"sweep.runs", "DELETE FROM sweep_run WHERE started_at <= ? ORDER BY id LIMIT ?"};
constexpr Sql kAccountEvents{"sweep.account_events",
                             "DELETE FROM account_event WHERE created_at <= ? ORDER BY created_at LIMIT ?"};
constexpr Sql kRequests{"sweep.requests", "DELETE FROM sweep_request WHERE finished_at <= ? LIMIT ?"};
constexpr Sql kUnfinished{
    "sweep.find_uploads",
    "SELECT org_id, id, size, storage_key FROM document WHERE status = 1 "
    "AND upload_expires_at <= ? ORDER BY upload_expires_at LIMIT ? FOR UPDATE SKIP LOCKED"};
constexpr Sql kDeleteDocument{"sweep.delete_document", "DELETE FROM document WHERE org_id = ? AND id = ?"};
constexpr Sql kAskRemoval{"sweep.ask_removal",
                          "INSERT IGNORE INTO file_removal (storage_key, asked_at) VALUES (?, ?)"};
constexpr Sql kGiveBack{
    "sweep.give_back",
    "UPDATE organization_usage SET storage_bytes = GREATEST(storage_bytes - ?, 0) WHERE org_id = ?"};
constexpr Sql kDeletedEvent{"sweep.document_event",
                            "CALL append_event(?, ?, 'document.deleted', NULL, ?, '{}', ?)"};
constexpr Sql kRemovals{
    "sweep.find_files",
    "SELECT storage_key FROM file_removal WHERE asked_at <= ? LIMIT ? FOR UPDATE SKIP LOCKED"};
constexpr Sql kRemoved{"sweep.file_removed", "DELETE FROM file_removal WHERE storage_key = ?"};
constexpr Sql kFileKnown{"sweep.file_known",
                         "SELECT EXISTS (SELECT 1 FROM document WHERE storage_key = ?) OR "
                         "EXISTS (SELECT 1 FROM file_removal WHERE storage_key = ?)"};
constexpr Sql kNewestRequest{"sweep.newest_request",
                             "SELECT COALESCE(MAX(id), 0) FROM sweep_request WHERE finished_at IS NULL"};
constexpr Sql kFinish{"sweep.finish",
                      "UPDATE sweep_request SET finished_at = ? WHERE finished_at IS NULL AND id <= ?"};
constexpr Sql kRecord{
    "sweep.record",
    "INSERT INTO sweep_run (task, started_at, duration_us, rows_deleted, error) VALUES (?, ?, ?, ?, ?)"};

}  // namespace

std::int64_t sweep_invites(db::Txn& txn, const SystemScope&, TimePoint before, TimePoint now) {
  std::int64_t deleted = 0;
  for (const auto status : {InviteStatus::pending, InviteStatus::accepted, InviteStatus::revoked,
                            InviteStatus::declined, InviteStatus::expired}) {
    auto rows = txn.lock(kExpiredInvites, status, before, kSweepBatch - deleted);
    while (rows.next()) {
      const auto org = rows.id<OrgId>(0);
      const auto id = rows.id<InviteId>(1);
      txn.execute(kDeleteInvite, org, id);
      if (status == InviteStatus::pending) txn.execute(kEvent, org, crypto::new_id<EventId>(), id, now);
      ++deleted;
    }
    if (deleted >= kSweepBatch) break;
  }
  return deleted;
}

std::int64_t sweep_tokens(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kTokens, before, kSweepBatch);
}
std::int64_t sweep_oauth_states(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOauthStates, before, kSweepBatch);
}
std::int64_t sweep_sessions(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kSessions, before, kSweepBatch);
}
namespace {

// Removes at most `limit` sessions that the next waiting cut has ended. Returns how many; nullopt if none
// waits.
std::optional<std::int64_t> sweep_cut(db::Txn& txn, std::int64_t limit) {
  auto cut = txn.lock(kCut);
  if (!cut.next()) return std::nullopt;
  const auto user = cut.id<UserId>(0);
  const auto org = cut.id<OrgId>(1);
  const auto ended = cut.integer(2);
  const auto removed = org.is_nil()
                           ? txn.execute(kEndedSessions, user, ended, limit)
                           : txn.execute(kEndedSessionsAt, user, org, ended, org, cut.integer(3), limit);
  if (removed < limit) txn.execute(kCutDone, user, org);
  return removed;
}

}  // namespace

std::int64_t sweep_ended_sessions(db::Txn& txn, const SystemScope&) {
  std::int64_t removed = 0;
  for (std::int64_t cuts = 0; cuts < kSweepBatch && removed < kSweepBatch; ++cuts) {
    const auto more = sweep_cut(txn, kSweepBatch - removed);
    if (!more) break;
    removed += *more;
  }
  return removed;
}

std::int64_t sweep_cuts(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOldCuts, before, kSweepBatch);
}
std::int64_t sweep_idempotency(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kIdempotency, before, kSweepBatch);
}
std::int64_t sweep_outbox(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOutbox, before, kSweepBatch);
}
std::int64_t sweep_deliveries(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kDeliveries, before, kSweepBatch);
}
std::int64_t sweep_runs(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kRuns, before, kSweepBatch);
}
std::int64_t sweep_account_events(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kAccountEvents, before, kSweepBatch);
}
std::int64_t sweep_requests(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kRequests, before, kSweepBatch);
}

std::int64_t sweep_uploads(db::Txn& txn, const SystemScope&, TimePoint before, TimePoint now) {
  auto rows = txn.lock(kUnfinished, before, kSweepBatch);
  std::int64_t deleted = 0;
  for (; rows.next(); ++deleted) {
    const auto org = rows.id<OrgId>(0);
    const auto id = rows.id<DocumentId>(1);
    txn.execute(kAskRemoval, rows.text(3), now);
    txn.execute(kDeleteDocument, org, id);
    txn.execute(kGiveBack, rows.integer(2), org);
    txn.execute(kDeletedEvent, org, crypto::new_id<EventId>(), id, now);
  }
  return deleted;
}

std::int64_t sweep_files(db::Txn& txn, TimePoint before, std::int64_t limit,
                         const std::function<bool(const std::string& key)>& remove) {
  auto rows = txn.lock(kRemovals, before, limit);
  std::int64_t removed = 0;
  while (rows.next()) {
    if (!remove(rows.text(0))) continue;
    removed += txn.execute(kRemoved, rows.text(0));
  }
  return removed;
}

bool is_file_known(db::Txn& txn, const SystemScope&, const std::string& key) {
  auto rows = txn.query(kFileKnown, key, key);
  rows.next();
  return rows.flag(0);
}

std::int64_t newest_sweep_request(db::Txn& txn, const SystemScope&) {
  auto rows = txn.query(kNewestRequest);
  rows.next();
  return rows.integer(0);
}

void finish_sweep_requests(db::Txn& txn, const SystemScope&, std::int64_t up_to, TimePoint now) {
  txn.execute(kFinish, now, up_to);
}

void record_sweep(db::Txn& txn, const SystemScope&, const std::string& task, TimePoint started,
                  std::int64_t duration_us, std::int64_t rows, const std::optional<std::string>& error) {
  const auto text = error ? std::optional{error->substr(0, 500)} : std::nullopt;
  txn.execute(kRecord, task, started, duration_us, rows, text);
}

}  // namespace tenantd::store
