#include "workers/sweeping_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "tenantd/domain/status.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// Two sweepers skip each other's rows.
constexpr Sql kOverInvites{"sweep.find_invites",
                           "SELECT org_id, id, email, user_id, role_id, invited_by, created_at, "
                           "expires_at, by_user FROM tenantd.invite WHERE status = ? AND expires_at <= ? "
                           "ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED"};
constexpr Sql kExpireInvite{
    "sweep.expire_invite",
    "UPDATE tenantd.invite SET status = 4, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kCountExpired{"sweep.count_expired_invites",
                            "SELECT COUNT(*) FROM tenantd.invite WHERE org_id = ? AND status = 4"};
constexpr Sql kDeleteTooMany{
    "sweep.invites_too_many",
    "DELETE FROM tenantd.invite WHERE org_id = ? AND status = 4 ORDER BY expires_at LIMIT ?"};
constexpr Sql kDeleteInvite{"sweep.delete_invite", "DELETE FROM tenantd.invite WHERE org_id = ? AND id = ?"};
constexpr Sql kTokens{"sweep.tokens",
                      "DELETE FROM tenantd.one_time_token WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOauthStates{
    "sweep.oauth_states",
    "DELETE FROM tenantd.oauth_state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kSocialStates{
    "sweep.social_states",
    "DELETE FROM tenantd.social_state WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kPasskeyChallenges{
    "sweep.passkey_challenges",
    "DELETE FROM tenantd.passkey_challenge WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kMailedCodes{
    "sweep.mailed_codes",
    "DELETE FROM tenantd.mailed_code WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOauthCodes{"sweep.oauth_codes",
                          "DELETE FROM tenantd.oauth_code WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOauthAssertions{
    "sweep.oauth_assertions",
    "DELETE FROM tenantd.oauth_assertion WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOauthDevices{
    "sweep.oauth_devices",
    "DELETE FROM tenantd.oauth_device WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kGoneClient{"sweep.oauth_client_gone", "CALL tenantd.forget_gone_client(?)"};
constexpr Sql kSessions{"sweep.sessions",
                        "DELETE FROM tenantd.session WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kCut{"sweep.find_cut",
                   "SELECT user_id, org_id, ended, shut_out FROM tenantd.session_cut WHERE waiting "
                   "ORDER BY cut_at LIMIT 1 FOR UPDATE SKIP LOCKED"};
constexpr Sql kEndedSessions{"sweep.ended_sessions",
                             "DELETE FROM tenantd.session WHERE user_id = ? AND generation <= ? LIMIT ?"};
constexpr Sql kEndedSessionsAt{
    "sweep.ended_sessions_at",
    "DELETE FROM tenantd.session WHERE user_id = ? AND ((org_id = ? AND born <= ?) OR "
    "(bound_org_id = ? AND born <= ?)) LIMIT ?"};
constexpr Sql kCutDone{"sweep.cut_done",
                       "UPDATE tenantd.session_cut SET waiting = FALSE WHERE user_id = ? AND org_id = ?"};
constexpr Sql kOldCuts{
    "sweep.old_cuts",
    "DELETE FROM tenantd.session_cut WHERE NOT waiting AND cut_at <= ? ORDER BY cut_at LIMIT ?"};
constexpr Sql kIdempotency{
    "sweep.idempotency", "DELETE FROM tenantd.idempotency WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"};
constexpr Sql kOutbox{"sweep.outbox",
                      "DELETE FROM tenantd.outbox WHERE status = ? AND next_attempt_at <= ? "
                      "ORDER BY next_attempt_at LIMIT ?"};
constexpr Sql kDeliveries{"sweep.deliveries",
                          "DELETE FROM tenantd.webhook_delivery WHERE status = ? AND next_attempt_at <= ? "
                          "ORDER BY next_attempt_at LIMIT ?"};
constexpr Sql kRuns{"sweep.runs",
                    "DELETE FROM tenantd.sweep_run WHERE started_at <= ? ORDER BY started_at LIMIT ?"};
constexpr Sql kImports{"sweep.imports",
                       "DELETE FROM tenantd.import_run WHERE updated_at <= ? ORDER BY updated_at LIMIT ?"};
constexpr Sql kAccountEvents{
    "sweep.account_events",
    "DELETE FROM tenantd.account_event WHERE created_at <= ? ORDER BY created_at LIMIT ?"};
constexpr Sql kDevices{"sweep.known_devices",
                       "DELETE FROM tenantd.known_device WHERE last_used_at <= ? LIMIT ?"};
constexpr Sql kNetworks{"sweep.known_networks",
                        "DELETE FROM tenantd.known_network WHERE last_used_at <= ? LIMIT ?"};
constexpr Sql kBudgets{"sweep.budgets", "DELETE FROM tenantd.budget WHERE empty_at <= ? LIMIT ?"};
constexpr Sql kSweepRequests{"sweep.requests",
                             "DELETE FROM tenantd.sweep_request WHERE finished_at <= ? LIMIT ?"};
constexpr Sql kEvents{"sweep.events", "CALL tenantd.forget_events(?, ?)"};
constexpr Sql kExpiredAudit{"sweep.find_audit", "CALL tenantd.find_expired_audit(?, ?)"};
constexpr Sql kCutAudit{"sweep.cut_audit", "CALL tenantd.cut_audit(?, ?, ?, ?, ?, ?)"};
constexpr Sql kClosed{"sweep.closed", "CALL tenantd.remove_closed()"};
constexpr Sql kUnfinished{
    "sweep.find_uploads",
    "SELECT org_id, id, size, storage_key FROM tenantd.document WHERE status = 1 "
    "AND upload_expires_at <= ? ORDER BY upload_expires_at LIMIT ? FOR UPDATE SKIP LOCKED"};
constexpr Sql kDeleteDocument{"sweep.delete_document",
                              "DELETE FROM tenantd.document WHERE org_id = ? AND id = ?"};
constexpr Sql kAskRemoval{"sweep.ask_removal",
                          "INSERT IGNORE INTO tenantd.file_removal (storage_key, asked_at) VALUES (?, ?)"};
constexpr Sql kGiveBack{
    "sweep.give_back",
    "UPDATE tenantd.organization_usage SET storage_bytes = GREATEST(storage_bytes - ?, 0) WHERE org_id = ?"};
constexpr Sql kRemovals{
    "sweep.find_files",
    "SELECT storage_key FROM tenantd.file_removal WHERE asked_at <= ? LIMIT ? FOR UPDATE SKIP LOCKED"};
constexpr Sql kRemoved{"sweep.file_removed", "DELETE FROM tenantd.file_removal WHERE storage_key = ?"};
constexpr Sql kFileKnown{"sweep.file_known",
                         "SELECT EXISTS (SELECT 1 FROM tenantd.document WHERE storage_key = ?) OR "
                         "EXISTS (SELECT 1 FROM tenantd.file_removal WHERE storage_key = ?)"};
constexpr Sql kNewestRequest{
    "sweep.newest_request",
    "SELECT COALESCE(MAX(id), 0) FROM tenantd.sweep_request WHERE finished_at IS NULL"};
constexpr Sql kFinish{
    "sweep.finish", "UPDATE tenantd.sweep_request SET finished_at = ? WHERE finished_at IS NULL AND id <= ?"};
constexpr Sql kRecord{"sweep.record",
                      "INSERT INTO tenantd.sweep_run (task, started_at, duration_us, rows_deleted, error) "
                      "VALUES (?, ?, ?, ?, ?)"};
constexpr Sql kRemovedLast{
    "sweep.removed_last",
    "INSERT INTO tenantd.kept (name, removed_at, removed_rows) VALUES (?, ?, ?) "
    "ON DUPLICATE KEY UPDATE removed_at = VALUES(removed_at), removed_rows = VALUES(removed_rows)"};
constexpr Sql kLook{"sweep.look", "CALL tenantd.look_at_kept(?, ?)"};

std::int64_t first_number(db::Rows& rows) {
  rows.next();
  return rows.integer(0);
}

// Calls `use` for each invitation of `status` that was over at `before`, of at most `limit`.
template <class Use>
std::int64_t each_over(db::Txn& txn, InviteStatus status, TimePoint before, std::int64_t limit, Use&& use) {
  std::int64_t count = 0;
  for (auto rows = txn.lock(kOverInvites, status, before, limit); rows.next(); ++count)
    use(SweptInvite{rows.id<OrgId>(0),
                    {rows.id<InviteId>(1), rows.text(2), rows.maybe_id<UserId>(3), rows.id<RoleId>(4),
                     rows.id<UserId>(5), status, rows.time(6), rows.time(7), rows.flag(8)}});
  return count;
}

std::int64_t remove_too_many_expired(db::Txn& txn, OrgId org, std::int64_t most) {
  auto counted = txn.query(kCountExpired, org);
  const auto surplus = first_number(counted) - most;
  return surplus > 0 ? txn.execute(kDeleteTooMany, org, std::min(surplus, kSweepBatch)) : 0;
}

}  // namespace

Swept<SweptInvite> sweep_invites(db::Txn& txn, const SystemScope&, TimePoint now, TimePoint kept_since,
                                 std::int64_t most) {
  Swept<SweptInvite> swept;
  std::set<OrgId> organizations;
  auto left = kToldBatch;
  left -= each_over(txn, InviteStatus::pending, now, kToldBatch, [&](SweptInvite over) {
    txn.execute(kExpireInvite, now, over.org, over.invite.id);
    organizations.insert(over.org);
    swept.told.push_back(std::move(over));
  });
  for (const auto& [status, before] :
       {std::pair{InviteStatus::accepted, now}, std::pair{InviteStatus::revoked, now},
        std::pair{InviteStatus::declined, now}, std::pair{InviteStatus::expired, kept_since}}) {
    if (left == 0) break;
    const auto removed = each_over(txn, status, before, left, [&](const SweptInvite& over) {
      txn.execute(kDeleteInvite, over.org, over.invite.id);
    });
    swept.rows += removed;
    left -= removed;
  }
  if (most == 0) return swept;
  for (const auto& org : organizations) swept.rows += remove_too_many_expired(txn, org, most);
  return swept;
}

std::int64_t sweep_tokens(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kTokens, before, kSweepBatch);
}
std::int64_t sweep_oauth_codes(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOauthCodes, before, kSweepBatch);
}

std::int64_t sweep_oauth_assertions(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOauthAssertions, before, kSweepBatch);
}

std::int64_t sweep_oauth_devices(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOauthDevices, before, kSweepBatch);
}

std::int64_t sweep_gone_clients(db::Txn& txn, const SystemScope&) {
  return txn.call_locked(kGoneClient, first_number, kSweepBatch);
}

std::int64_t sweep_oauth_states(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kOauthStates, before, kSweepBatch);
}
std::int64_t sweep_social_states(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kSocialStates, before, kSweepBatch);
}
std::int64_t sweep_passkey_challenges(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kPasskeyChallenges, before, kSweepBatch);
}
std::int64_t sweep_mailed_codes(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kMailedCodes, before, kSweepBatch);
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
std::int64_t sweep_outbox(db::Txn& txn, const SystemScope&, Ended how, TimePoint before) {
  return txn.execute(kOutbox, how, before, kSweepBatch);
}
std::int64_t sweep_deliveries(db::Txn& txn, const SystemScope&, Ended how, TimePoint before) {
  return txn.execute(kDeliveries, how, before, kSweepBatch);
}
std::int64_t sweep_imports(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kImports, before, kSweepBatch);
}
std::int64_t sweep_runs(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kRuns, before, kSweepBatch);
}
std::int64_t sweep_account_events(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kAccountEvents, before, kSweepBatch);
}
std::int64_t sweep_budgets(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kBudgets, unix_seconds(before) * 1'000'000, kSweepBatch);
}
std::int64_t sweep_known_networks(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kNetworks, before, kSweepBatch);
}
std::int64_t sweep_known_devices(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kDevices, before, kSweepBatch);
}
std::int64_t sweep_requests(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.execute(kSweepRequests, before, kSweepBatch);
}

std::int64_t sweep_events(db::Txn& txn, const SystemScope&, TimePoint before) {
  return txn.call_locked(kEvents, first_number, before, kSweepBatch);
}

std::optional<ChainStart> find_expired_audit(db::Txn& txn, const SystemScope&, TimePoint before) {
  const auto read = [](db::Rows& rows) -> std::optional<ChainStart> {
    if (!rows.next()) return std::nullopt;
    return ChainStart{rows.id<OrgId>(0), rows.integer(1), rows.text(2), ""};
  };
  return txn.call_locked(kExpiredAudit, read, before, kSweepBatch);
}

std::int64_t cut_audit(db::Txn& txn, const SystemScope&, const ChainStart& start, TimePoint before,
                       TimePoint now) {
  return txn.call_locked(kCutAudit, first_number, start.org, start.seq, start.hash, start.signature, before,
                         now);
}

RemovedRows remove_closed(db::Txn& txn, const SystemScope&) {
  return txn.call_locked(kClosed, [](db::Rows& rows) {
    rows.next();
    return RemovedRows{rows.integer(0), rows.maybe_id<OrgId>(1)};
  });
}

Swept<SweptUpload> sweep_uploads(db::Txn& txn, const SystemScope&, TimePoint before, TimePoint now) {
  Swept<SweptUpload> swept;
  auto rows = txn.lock(kUnfinished, before, kToldBatch);
  for (; rows.next(); ++swept.rows) {
    const SweptUpload upload{rows.id<OrgId>(0), rows.id<DocumentId>(1), rows.integer(2)};
    txn.execute(kAskRemoval, rows.text(3), now);
    txn.execute(kDeleteDocument, upload.org, upload.id);
    txn.execute(kGiveBack, upload.size, upload.org);
    swept.told.push_back(upload);
  }
  return swept;
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
  if (rows > 0) txn.execute(kRemovedLast, task, started, rows);
}

void look_at_kept(db::Txn& txn, const SystemScope&, Seconds least_age, TimePoint now) {
  txn.call_locked(kLook, first_number, now, least_age.count());
}

}  // namespace tenantd::store
