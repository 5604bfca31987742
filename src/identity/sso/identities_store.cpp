#include "identity/sso/identities_store.hpp"

#include <algorithm>

#include "tenantd/crypto/random.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kFindIdentity{"identity.find", "SELECT user_id FROM identity WHERE issuer = ? AND subject = ?"};
constexpr Sql kInsertIdentity{
    "identity.insert",
    "INSERT INTO identity (issuer, subject, user_id, email, created_at, last_used_at) "
    "VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kUse{"identity.use",
                   "UPDATE identity SET email = ?, last_used_at = ? WHERE issuer = ? AND subject = ? "
                   "AND user_id = ?"};
constexpr Sql kOfUser{"identity.of_user",
                      "SELECT issuer, subject, user_id, email, created_at, last_used_at FROM identity "
                      "WHERE user_id = ? ORDER BY created_at, issuer, subject"};
constexpr Sql kDeleteIdentity{"identity.delete",
                              "DELETE FROM identity WHERE user_id = ? AND issuer = ? AND subject = ?"};
constexpr Sql kForget{"identity.forget", "CALL forget_identities(?)"};

}  // namespace

IdentityId Identity::id() const {
  const auto hash = crypto::sha256(issuer + '\n' + subject);
  UuidBytes bytes{};
  std::copy_n(hash.begin(), bytes.size(), bytes.begin());
  return IdentityId{bytes};
}

std::vector<Identity> identities_of(db::Txn& txn, UserId user) {
  auto rows = txn.query(kOfUser, user);
  std::vector<Identity> found;
  while (rows.next())
    found.push_back(
        {rows.text(0), rows.text(1), rows.id<UserId>(2), rows.text(3), rows.time(4), rows.time(5)});
  return found;
}

bool delete_identity(db::Txn& txn, UserId user, IdentityId id) {
  const auto all = identities_of(txn, user);
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id() == id; });
  return found != all.end() && txn.execute(kDeleteIdentity, user, found->issuer, found->subject) == 1;
}

void forget_identities(db::Txn& txn, UserId user) { txn.execute(kForget, user); }

std::optional<UserId> find_identity(db::Txn& txn, const std::string& issuer, const std::string& subject) {
  auto rows = txn.query(kFindIdentity, issuer, subject);
  if (!rows.next()) return std::nullopt;
  return rows.id<UserId>(0);
}

void insert_identity(db::Txn& txn, const Identity& identity, TimePoint now) {
  txn.execute(kInsertIdentity, identity.issuer, identity.subject, identity.user, identity.email, now, now);
}

void use_identity(db::Txn& txn, const Identity& identity, TimePoint now) {
  if (txn.execute(kUse, identity.email, now, identity.issuer, identity.subject, identity.user) == 0)
    throw db::RetryableError{"the identity has been unlinked meanwhile"};
}

}  // namespace tenantd::store
