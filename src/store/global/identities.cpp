#include "tenantd/store/global/identities.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kFind{"identity.find", "SELECT user_id FROM identity WHERE issuer = ? AND subject = ?"};
constexpr Sql kInsert{"identity.insert",
                      "INSERT INTO identity (issuer, subject, user_id, email, created_at, last_used_at) "
                      "VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kUse{"identity.use",
                   "UPDATE identity SET email = ?, last_used_at = ? WHERE issuer = ? AND subject = ?"};

}  // namespace

std::optional<UserId> find_identity(db::Txn& txn, const std::string& issuer, const std::string& subject) {
  auto rows = txn.query(kFind, issuer, subject);
  if (!rows.next()) return std::nullopt;
  return rows.id<UserId>(0);
}

void insert_identity(db::Txn& txn, const Identity& identity, TimePoint now) {
  txn.execute(kInsert, identity.issuer, identity.subject, identity.user, identity.email, now, now);
}

void use_identity(db::Txn& txn, const Identity& identity, TimePoint now) {
  txn.execute(kUse, identity.email, now, identity.issuer, identity.subject);
}

}  // namespace tenantd::store
