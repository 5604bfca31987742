#include "tenantd/store/system/outbox.hpp"

#include <algorithm>

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::size_t kErrorMax = 500;  // outbox.last_error

constexpr Sql kHasDue{
    "outbox.has_due",
    "SELECT 1 FROM outbox WHERE status = 0 AND next_attempt_at <= ? AND lease_until <= ? LIMIT 1"};

constexpr Sql kFindDue{
    "outbox.find_due",
    "SELECT id, template, recipient, sender_name, values_sealed, attempts, created_at FROM outbox "
    "WHERE status = 0 AND next_attempt_at <= ? AND lease_until <= ? "
    "ORDER BY next_attempt_at, id LIMIT ? FOR UPDATE SKIP LOCKED"};

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

std::string_view fitting(std::string_view error) {
  std::size_t length = std::min(error.size(), kErrorMax);
  while (length < error.size() && length > 0 && (static_cast<unsigned char>(error[length]) & 0xC0U) == 0x80U)
    --length;
  return error.substr(0, length);
}

std::vector<OutboxRow> find_due(db::Connection& db, TimePoint now, TimePoint lease_until,
                                std::int64_t limit) {
  std::vector<OutboxRow> found;
  auto rows = db.query(kFindDue, now, now, limit);
  while (rows.next())
    found.push_back({rows.id<MailId>(0), rows.text(1), rows.text(2), rows.maybe_text(3).value_or(""),
                     rows.maybe_text(4), rows.integer(5), rows.time(6), lease_until});
  return found;
}

}  // namespace

std::string outbox_context(MailId id) { return std::string{"outbox:"}.append(id.raw()); }

bool has_due_mail(db::Connection& db, TimePoint now) { return db.query(kHasDue, now, now).next(); }

std::vector<OutboxRow> claim_due_mail(db::Connection& db, TimePoint now, TimePoint lease_until,
                                      std::int64_t limit) {
  db.run("START TRANSACTION");
  try {
    auto claimed = find_due(db, now, lease_until, limit);
    for (const auto& row : claimed) db.execute(kLease, lease_until, now, row.id);
    db.run("COMMIT");
    return claimed;
  } catch (...) {
    db.mark_broken();  // closing it rolls back
    throw;
  }
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
  db.execute(kRetry, next_attempt_at, fitting(error), connection_failed, now, row.id, row.lease_until);
}

void mark_mail_dead(db::Connection& db, const OutboxRow& row, TimePoint now, std::string_view error,
                    bool bounced) {
  db.execute(kDead, fitting(error), bounced ? std::optional{now} : std::nullopt, now, row.id,
             row.lease_until);
}

void release_mail(db::Connection& db, const OutboxRow& row, TimePoint now) {
  db.execute(kRelease, now, row.id, row.lease_until);
}

std::int64_t hasten_mail_after_outage(db::Connection& db, TimePoint now) {
  return db.execute(kHasten, now, now, now);
}

}  // namespace tenantd::store
