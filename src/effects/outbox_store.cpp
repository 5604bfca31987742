#include "tenantd/effects/outbox_store.hpp"

#include <algorithm>
#include <iterator>

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::size_t kErrorMax = 500;  // outbox.last_error
constexpr std::int64_t kOfOneLane = 2;  // mails in one turn

constexpr Sql kHasDue{
    "outbox.has_due",
    "SELECT 1 FROM outbox WHERE status = 0 AND next_attempt_at <= ? AND lease_until <= ? LIMIT 1"};

// Only what is due of more urgent ranks is read, and what is postponed or leased there.
constexpr Sql kMoreUrgent{
    "outbox.more_urgent",
    "SELECT 1 FROM outbox FORCE INDEX (outbox_urgent) WHERE status = 0 AND priority = ? "
    "AND next_attempt_at <= ? AND lease_until <= ? LIMIT 1"};

// One step down the index, however much waits in the lanes.
constexpr Sql kNextLane{"outbox.next_lane",
                        "SELECT lane FROM outbox FORCE INDEX (outbox_turn) WHERE status = 0 AND priority = ? "
                        "AND lane > ? ORDER BY lane LIMIT 1"};
constexpr Sql kFirstLane{
    "outbox.first_lane",
    "SELECT lane FROM outbox FORCE INDEX (outbox_turn) WHERE status = 0 AND priority = ? "
    "ORDER BY lane LIMIT 1"};

constexpr Sql kFindDue{
    "outbox.find_due",
    "SELECT id, template, recipient, sender_name, values_sealed, attempts, created_at, org_id, priority "
    "FROM outbox FORCE INDEX (outbox_turn) WHERE status = 0 AND priority = ? AND lane = ? "
    "AND next_attempt_at <= ? AND lease_until <= ? "
    "ORDER BY next_attempt_at LIMIT ? FOR UPDATE SKIP LOCKED"};

constexpr Sql kLease{"outbox.lease", "UPDATE outbox SET lease_until = ?, updated_at = ? WHERE id = ?"};

// No lease asked for: the mail is out, whoever holds the row now.
constexpr Sql kSent{
    "outbox.sent",
    "UPDATE outbox SET status = 1, values_sealed = NULL, attempts = attempts + 1, lease_until = 0, "
    "last_error = NULL, connection_failed = 0, sent_at = ?, provider = ?, provider_id = ?, updated_at = ? "
    "WHERE id = ? AND status = 0"};

constexpr Sql kRetry{
    "outbox.retry",
    "UPDATE outbox SET attempts = attempts + 1, lease_until = 0, next_attempt_at = ?, last_error = ?, "
    "connection_failed = ?, updated_at = ? WHERE id = ? AND status = 0 AND lease_until = ?"};

constexpr Sql kDead{"outbox.dead",
                    "UPDATE outbox SET status = 2, attempts = attempts + 1, lease_until = 0, last_error = ?, "
                    "connection_failed = 0, bounced_at = ?, updated_at = ? "
                    "WHERE id = ? AND status = 0 AND lease_until = ?"};

constexpr Sql kRelease{"outbox.release",
                       "UPDATE outbox SET lease_until = 0, updated_at = ? "
                       "WHERE id = ? AND status = 0 AND lease_until = ?"};

constexpr Sql kHasten{"outbox.hasten",
                      "UPDATE outbox SET next_attempt_at = ?, connection_failed = 0, updated_at = ? "
                      "WHERE status = 0 AND next_attempt_at > ? AND connection_failed = 1"};

std::optional<OrgId> lane_after(db::Connection& db, std::int64_t rank, const std::optional<OrgId>& lane) {
  auto rows = lane ? db.query(kNextLane, rank, *lane) : db.query(kFirstLane, rank);
  return rows.next() ? std::optional{rows.id<OrgId>(0)} : std::nullopt;
}

bool has_due_of(db::Connection& db, std::int64_t rank, TimePoint now) {
  return db.query(kMoreUrgent, rank, now, now).next();
}

// One claim under way.
struct Claim {
  db::Connection& db;
  TimePoint now;
  TimePoint lease_until;
  std::int64_t limit;
  std::vector<OutboxRow> rows;

  std::int64_t left() const { return limit - static_cast<std::int64_t>(rows.size()); }
};

// Leases up to `most` due mails of one lane.
void claim_from(Claim& claim, std::int64_t rank, OrgId lane, std::int64_t most) {
  std::vector<OutboxRow> found;
  auto rows = claim.db.query(kFindDue, rank, lane, claim.now, claim.now, std::min(most, claim.left()));
  while (rows.next())
    found.push_back({rows.id<MailId>(0), rows.text(1), rows.text(2), rows.maybe_text(3).value_or(""),
                     rows.maybe_text(4), rows.integer(5), rows.time(6), claim.lease_until,
                     rows.maybe_id<OrgId>(7), rows.integer(8)});
  for (const auto& row : found) claim.db.execute(kLease, claim.lease_until, claim.now, row.id);
  std::move(found.begin(), found.end(), std::back_inserter(claim.rows));
}

// From each lane of a rank a few mails, beginning behind the lane that was served last, until the claim is
// full or all lanes were asked.
void claim_round(Claim& claim, std::int64_t rank, std::optional<OrgId>& last, std::int64_t each) {
  const auto began = last;
  bool around = false;
  while (claim.left() > 0) {
    auto lane = lane_after(claim.db, rank, last);
    if (!lane && !around && began) {
      around = true;
      last.reset();
      continue;
    }
    if (!lane) {
      last.reset();
      return;
    }
    last = lane;
    claim_from(claim, rank, *lane, each);
    if (around && *lane >= *began) return;
  }
}

// Where few organizations have mails waiting, each gets more.
void claim_rank(Claim& claim, std::int64_t rank, std::optional<OrgId>& last) {
  for (std::int64_t each = kOfOneLane; claim.left() > 0; each *= 2) {
    const auto before = claim.rows.size();
    claim_round(claim, rank, last, each);
    if (claim.rows.size() == before) return;
  }
}

}  // namespace

std::string outbox_context(MailId id) { return std::string{"outbox:"}.append(id.raw()); }

bool has_due_mail(db::Connection& db, TimePoint now) { return db.query(kHasDue, now, now).next(); }

bool has_more_urgent_mail(db::Connection& db, std::int64_t rank, TimePoint now) {
  for (std::int64_t above = 0; above < rank; ++above)
    if (has_due_of(db, above, now)) return true;
  return false;
}

std::vector<OutboxRow> claim_due_mail(db::Connection& db, Turns& turns, TimePoint now, TimePoint lease_until,
                                      std::int64_t limit) {
  return db::at_once(db, [&](db::Connection& connection) {
    Claim claim{connection, now, lease_until, limit, {}};
    for (std::size_t rank = 0; rank < turns.last.size() && claim.left() > 0; ++rank) {
      const auto number = static_cast<std::int64_t>(rank);
      if (!has_due_of(connection, number, now)) continue;
      claim_rank(claim, number, turns.last.at(rank));
    }
    return std::move(claim.rows);
  });
}

void mark_mail_sent(db::Connection& db, const OutboxRow& row, TimePoint now, std::string_view provider,
                    std::string_view provider_id) {
  const auto given = [](std::string_view text) {
    return text.empty() ? std::nullopt : std::optional{std::string{text}};
  };
  db.execute(kSent, now, given(provider), given(provider_id), now, row.id);
}

void mark_mail_retry(db::Connection& db, const OutboxRow& row, TimePoint now, TimePoint next_attempt_at,
                     std::string_view error, bool connection_failed) {
  db.execute(kRetry, next_attempt_at, cut_bytes(error, kErrorMax), connection_failed, now, row.id,
             row.lease_until);
}

void mark_mail_dead(db::Connection& db, const OutboxRow& row, TimePoint now, std::string_view error,
                    bool bounced) {
  db.execute(kDead, cut_bytes(error, kErrorMax), bounced ? std::optional{now} : std::nullopt, now, row.id,
             row.lease_until);
}

void release_mail(db::Connection& db, const OutboxRow& row, TimePoint now) {
  db.execute(kRelease, now, row.id, row.lease_until);
}

std::int64_t hasten_mail_after_outage(db::Connection& db, TimePoint now) {
  return db.execute(kHasten, now, now, now);
}

}  // namespace tenantd::store
