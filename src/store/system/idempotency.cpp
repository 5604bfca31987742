#include "tenantd/store/system/idempotency.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kClaim{"idempotency.claim",
                     "INSERT INTO idempotency (id, request, status, expires_at) VALUES (?, ?, 0, ?)"};
constexpr Sql kExpire{"idempotency.expire", "DELETE FROM idempotency WHERE id = ? AND expires_at <= ?"};
constexpr Sql kFind{"idempotency.find", "SELECT request, status, reply FROM idempotency WHERE id = ?"};
constexpr Sql kKeep{"idempotency.store", "UPDATE idempotency SET status = ?, reply = ? WHERE id = ?"};

}  // namespace

bool claim_key(db::Txn& txn, const std::string& id, const std::string& request, TimePoint now,
               TimePoint expires_at) {
  txn.execute(kExpire, id, now);
  try {
    txn.execute(kClaim, id, request, expires_at);
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
  return txn.execute(kKeep, status, sealed, id) == 1;
}

}  // namespace tenantd::store
