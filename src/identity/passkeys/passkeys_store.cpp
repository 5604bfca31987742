#include "identity/passkeys/passkeys_store.hpp"

#include "tenantd/db/error.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define COLUMNS                                                                                        \
  "SELECT id, user_id, name, credential, algorithm, public_key, aaguid, sign_count, backup_eligible, " \
  "backed_up, created_at, last_used_at FROM passkey WHERE "
constexpr Sql kOfUser{"passkey.of_user", COLUMNS "user_id = ? ORDER BY created_at, id"};
constexpr Sql kFind{"passkey.find", COLUMNS "user_id = ? AND id = ?"};
constexpr Sql kFindCredential{"passkey.find_credential", COLUMNS "credential = ?"};
#undef COLUMNS
constexpr Sql kLock{"passkey.lock", "SELECT id FROM user WHERE id = ? FOR UPDATE"};
constexpr Sql kCount{"passkey.count", "SELECT COUNT(*) FROM passkey WHERE user_id = ?"};
constexpr Sql kInsert{
    "passkey.insert",
    "INSERT INTO passkey (id, user_id, name, credential, algorithm, public_key, aaguid, sign_count, "
    "backup_eligible, backed_up, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kRename{"passkey.rename", "UPDATE passkey SET name = ? WHERE user_id = ? AND id = ?"};
constexpr Sql kDelete{"passkey.delete", "DELETE FROM passkey WHERE user_id = ? AND id = ?"};
constexpr Sql kDeleteAll{"passkey.delete_all", "DELETE FROM passkey WHERE user_id = ?"};
constexpr Sql kUse{"passkey.use",
                   "UPDATE passkey SET sign_count = ?, backed_up = ?, last_used_at = ? "
                   "WHERE id = ? AND (sign_count < ? OR (sign_count = 0 AND ? = 0))"};
constexpr Sql kHolds{"passkey.holds", "SELECT id FROM passkey WHERE id = ? FOR UPDATE"};
constexpr Sql kUseChallenge{"passkey_challenge.use",
                            "INSERT INTO passkey_challenge (challenge, expires_at) VALUES (?, ?)"};

PasskeyRow read(const db::Rows& rows) {
  PasskeyRow row;
  row.id = rows.id<PasskeyId>(0);
  row.user = rows.id<UserId>(1);
  row.name = rows.text(2);
  row.key.credential = rows.text(3);
  row.key.algorithm = static_cast<int>(rows.integer(4));
  row.key.public_key = rows.text(5);
  row.key.aaguid = rows.text(6);
  row.key.sign_count = rows.integer(7);
  row.key.backup_eligible = rows.flag(8);
  row.key.backed_up = rows.flag(9);
  row.created_at = rows.time(10);
  if (!rows.is_null(11)) row.last_used_at = rows.time(11);
  return row;
}

std::optional<PasskeyRow> one(db::Rows rows) {
  return rows.next() ? std::optional{read(rows)} : std::nullopt;
}

}  // namespace

std::vector<PasskeyRow> passkeys_of(db::Txn& txn, UserId user) {
  auto rows = txn.query(kOfUser, user);
  std::vector<PasskeyRow> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::optional<PasskeyRow> find_passkey(db::Txn& txn, UserId user, PasskeyId id) {
  return one(txn.query(kFind, user, id));
}

std::optional<PasskeyRow> find_passkey(db::Txn& txn, const std::string& credential) {
  return one(txn.query(kFindCredential, credential));
}

bool insert_passkey(db::Txn& txn, const PasskeyRow& row, std::int64_t most) {
  txn.query(kLock, row.user);
  auto rows = txn.query(kCount, row.user);
  rows.next();
  if (rows.integer(0) >= most) return false;
  const auto& key = row.key;
  txn.execute(kInsert, row.id, row.user, row.name, key.credential, key.algorithm, key.public_key, key.aaguid,
              key.sign_count, key.backup_eligible, key.backed_up, row.created_at);
  return true;
}

bool rename_passkey(db::Txn& txn, UserId user, PasskeyId id, const std::string& name) {
  return txn.execute(kRename, name, user, id) == 1;
}

bool delete_passkey(db::Txn& txn, UserId user, PasskeyId id) { return txn.execute(kDelete, user, id) == 1; }

void delete_passkeys(db::Txn& txn, UserId user) { txn.execute(kDeleteAll, user); }

bool use_passkey(db::Txn& txn, PasskeyId id, const crypto::AssertionState& state, TimePoint now) {
  return txn.execute(kUse, state.sign_count, state.backed_up, now, id, state.sign_count, state.sign_count) ==
         1;
}

bool holds_passkey(db::Txn& txn, PasskeyId id) { return txn.query(kHolds, id).next(); }

bool use_challenge(db::Txn& txn, const std::string& hash, TimePoint expires_at) {
  try {
    txn.execute(kUseChallenge, hash, expires_at);
    return true;
  } catch (const db::DuplicateKey&) {
    return false;
  }
}

}  // namespace tenantd::store
