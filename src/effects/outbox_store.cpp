#include "tenantd/effects/outbox_store.hpp"

#include <algorithm>

#include "tenantd/base/json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::size_t kErrorMax = 500;  // outbox.last_error
constexpr std::int64_t kOfOneLane = 2;  // mails in one turn

// Of each rank only what is due is read, and what is postponed or leased before it. The LIMIT keeps the
// optimizer from making a join of it.
static_assert(mail::kRanks == 6);
constexpr Sql kDueRanks{
    "outbox.due_ranks",
    "SELECT r.urgency FROM (SELECT 0 AS urgency UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 "
    "UNION ALL SELECT 4 UNION ALL SELECT 5) r WHERE r.urgency < ? AND (SELECT 1 FROM outbox FORCE INDEX "
    "(outbox_urgent) "
    "WHERE status = 0 AND priority = r.urgency AND next_attempt_at <= ? AND lease_until <= ? LIMIT 1) = 1 "
    "ORDER BY r.urgency"};

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

constexpr Sql kLease{
    "outbox.lease", "UPDATE " TENANTD_IDS
                    "STRAIGHT_JOIN outbox o ON o.id = UNHEX(ids.id) SET o.lease_until = ?, o.updated_at = ?"};

// No lease asked for: the mail is out, whoever holds the row now.
constexpr Sql kSent{
    "outbox.sent",
    "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$.id', sent_at BIGINT PATH '$.at', "
    "provider VARCHAR(16) CHARACTER SET ascii PATH '$.provider', "
    "provider_id VARCHAR(255) CHARACTER SET ascii PATH '$.provider_id')) sent "
    "STRAIGHT_JOIN outbox o ON o.id = UNHEX(sent.id) "
    "SET o.status = 1, o.values_sealed = NULL, o.attempts = o.attempts + 1, o.lease_until = 0, "
    "o.last_error = NULL, o.connection_failed = 0, o.sent_at = sent.sent_at, o.provider = sent.provider, "
    "o.provider_id = sent.provider_id, o.updated_at = sent.sent_at WHERE o.status = 0"};

constexpr Sql kRetry{
    "outbox.retry",
    "UPDATE outbox SET attempts = attempts + 1, lease_until = 0, next_attempt_at = ?, last_error = ?, "
    "connection_failed = ?, updated_at = ? WHERE id = ? AND status = 0 AND lease_until = ?"};

constexpr Sql kDead{"outbox.dead",
                    "UPDATE outbox SET status = 2, attempts = attempts + 1, lease_until = 0, last_error = ?, "
                    "connection_failed = 0, bounced_at = ?, updated_at = ? "
                    "WHERE id = ? AND status = 0 AND lease_until = ?"};

constexpr Sql kRelease{
    "outbox.release",
    "UPDATE " TENANTD_IDS
    "STRAIGHT_JOIN outbox o ON o.id = UNHEX(ids.id) SET o.lease_until = 0, o.updated_at = ? "
    "WHERE o.status = 0 AND o.lease_until = ?"};

constexpr Sql kHasten{"outbox.hasten",
                      "UPDATE outbox SET next_attempt_at = ?, connection_failed = 0, updated_at = ? "
                      "WHERE status = 0 AND next_attempt_at > ? AND connection_failed = 1"};

std::optional<OrgId> lane_after(db::Connection& db, std::int64_t rank, const std::optional<OrgId>& lane) {
  auto rows = lane ? db.query(kNextLane, rank, *lane) : db.query(kFirstLane, rank);
  return rows.next() ? std::optional{rows.id<OrgId>(0)} : std::nullopt;
}

// Those above `below` of which a mail is due, the most urgent first.
std::vector<std::int64_t> due_ranks(db::Connection& db, std::int64_t below, TimePoint now) {
  std::vector<std::int64_t> ranks;
  auto rows = db.query(kDueRanks, below, now, now);
  while (rows.next()) ranks.push_back(rows.integer(0));
  return ranks;
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

std::string ids_of(std::vector<OutboxRow>::const_iterator row, std::vector<OutboxRow>::const_iterator end) {
  std::vector<MailId> ids;
  for (; row != end; ++row) ids.push_back(row->id);
  return id_list(ids);
}

// Locks up to `most` due mails of one lane. Returns whether there were as many.
bool claim_from(Claim& claim, std::int64_t rank, OrgId lane, std::int64_t most) {
  const auto before = claim.left();
  const auto wanted = std::min(most, before);
  auto rows = claim.db.query(kFindDue, rank, lane, claim.now, claim.now, wanted);
  while (rows.next())
    claim.rows.push_back({rows.id<MailId>(0), rows.text(1), rows.text(2), rows.maybe_text(3).value_or(""),
                          rows.maybe_text(4), rows.integer(5), rows.time(6), claim.lease_until,
                          rows.maybe_id<OrgId>(7), rows.integer(8)});
  return before - claim.left() == wanted;
}

// From each lane of a rank a few mails, beginning behind the lane that was served last, until the claim is
// full or all lanes were asked. Returns whether one of them may have more. No lane is asked twice: its mails
// are locked, not leased yet, so that they would be found again.
bool claim_round(Claim& claim, std::int64_t rank, std::optional<OrgId>& last, std::int64_t each) {
  const auto began = last;
  bool around = false, more = false;
  while (claim.left() > 0) {
    auto lane = lane_after(claim.db, rank, last);
    if (!lane && !around && began) {
      around = true;
      last.reset();
      continue;
    }
    if (!lane) {
      last.reset();
      return more;
    }
    if (around && *began < *lane) return more;
    last = lane;
    more = claim_from(claim, rank, *lane, each) || more;
    if (around && *lane == *began) return more;
  }
  return more;
}

// Where few organizations have mails waiting, each gets more.
void claim_rank(Claim& claim, std::int64_t rank, std::optional<OrgId>& last) {
  for (std::int64_t each = kOfOneLane; claim.left() > 0; each *= 2) {
    const auto first = static_cast<std::ptrdiff_t>(claim.rows.size());
    const bool more = claim_round(claim, rank, last, each);
    const auto found = claim.rows.cbegin() + first;
    if (found != claim.rows.cend())
      claim.db.execute(kLease, ids_of(found, claim.rows.cend()), claim.lease_until, claim.now);
    if (!more) return;
  }
}

}  // namespace

std::string outbox_context(MailId id) { return std::string{"outbox:"}.append(id.raw()); }

bool has_more_urgent_mail(db::Connection& db, std::int64_t rank, TimePoint now) {
  return !due_ranks(db, rank, now).empty();
}

std::vector<OutboxRow> claim_due_mail(db::Connection& db, Turns& turns, TimePoint now, TimePoint lease_until,
                                      std::int64_t limit) {
  const auto ranks = due_ranks(db, mail::kRanks, now);
  if (ranks.empty()) return {};
  return db::at_once(db, [&](db::Connection& connection) {
    Claim claim{connection, now, lease_until, limit, {}};
    for (const auto rank : ranks)
      if (claim.left() > 0) claim_rank(claim, rank, turns.last.at(static_cast<std::size_t>(rank)));
    return std::move(claim.rows);
  });
}

void mark_mails_sent(db::Connection& db, const std::vector<SentRow>& mails) {
  json::Writer list;
  list.begin_array();
  for (const auto& mail : mails) {
    list.begin_object().field("id", to_hex(mail.id.raw())).field("at", mail.at);
    if (!mail.provider.empty()) list.field("provider", mail.provider);
    if (!mail.provider_id.empty()) list.field("provider_id", mail.provider_id);
    list.end_object();
  }
  db.execute(kSent, list.end_array().text());
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

void release_mails(db::Connection& db, const std::vector<OutboxRow>& rows, TimePoint now) {
  if (!rows.empty()) db.execute(kRelease, ids_of(rows.begin(), rows.end()), now, rows.front().lease_until);
}

std::int64_t hasten_mail_after_outage(db::Connection& db, TimePoint now) {
  return db.execute(kHasten, now, now, now);
}

}  // namespace tenantd::store
