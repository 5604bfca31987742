#include "tenantd/effects/idempotency_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kClaim{
    "idempotency.claim",
    "INSERT INTO idempotency (id, caller, request, status, expires_at) VALUES (?, ?, ?, 0, ?)"};
constexpr Sql kExpire{"idempotency.expire", "DELETE FROM idempotency WHERE id = ? AND expires_at <= ?"};
constexpr Sql kFind{"idempotency.find", "SELECT request, status, reply FROM idempotency WHERE id = ?"};
constexpr Sql kKeep{"idempotency.store",
                    "UPDATE idempotency SET status = ?, reply = ?, bytes = ? WHERE id = ?"};
constexpr Sql kKept{"idempotency.bytes", "SELECT COALESCE(SUM(bytes), 0) FROM idempotency WHERE caller = ?"};
// One that another request forgets at this moment is none of ours.
constexpr Sql kOldest{"idempotency.oldest",
                      "SELECT id, bytes FROM idempotency WHERE caller = ? AND bytes > 0 AND id <> ? "
                      "ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED"};
constexpr Sql kForget{"idempotency.forget", "DELETE FROM idempotency WHERE id = ?"};

// What a row takes beside its reply.
constexpr std::int64_t kRowBytes = 512;

}  // namespace

bool claim_key(db::Txn& txn, const std::string& id, const std::string& caller, const std::string& request,
               TimePoint now, TimePoint expires_at) {
  txn.execute(kExpire, id, now);
  try {
    txn.execute(kClaim, id, caller, request, expires_at);
  } catch (const db::DuplicateKey&) {
    return false;
  }
  return true;
}

std::optional<KeptReply> find_reply(db::Txn& txn, const std::string& id) {
  auto rows = txn.query(kFind, id);
  if (!rows.next()) return std::nullopt;
  return KeptReply{rows.text(0), rows.integer(1), rows.maybe_text(2).value_or("")};
}

bool keep_reply(db::Txn& txn, const std::string& id, std::int64_t status, const std::string& sealed) {
  return txn.execute(kKeep, status, sealed, static_cast<std::int64_t>(sealed.size()) + kRowBytes, id) == 1;
}

void forget_oldest_replies(db::Txn& txn, const std::string& caller, const std::string& newest,
                           std::int64_t most_bytes) {
  auto kept = txn.query(kKept, caller);
  kept.next();
  auto excess = kept.integer(0) - most_bytes;
  if (excess <= 0) return;
  // As many as it takes: there may be any number of small ones before a large one.
  for (bool more = true; more && excess > 0;) {
    auto rows = txn.lock(kOldest, caller, newest);
    more = false;
    while (excess > 0 && rows.next()) {
      txn.execute(kForget, rows.text(0));
      excess -= rows.integer(1);
      more = true;
    }
  }
}

}  // namespace tenantd::store
