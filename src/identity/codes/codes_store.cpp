#include "identity/codes/codes_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kForgetMailed{"mailed_code.forget",
                            "DELETE FROM mailed_code WHERE user_id = ? AND purpose = ?"};
// The address is asked once more under the row's lock: it may have become another one since it was read.
constexpr Sql kPutMailed{"mailed_code.put",
                         "INSERT INTO mailed_code (user_id, purpose, browser, code, created_at, expires_at) "
                         "SELECT id, ?, ?, ?, ?, ? FROM user WHERE id = ? AND email = ? LOCK IN SHARE MODE"};
constexpr Sql kTryMailed{"mailed_code.try",
                         "UPDATE mailed_code SET tries = tries + 1 "
                         "WHERE browser = ? AND purpose = ? AND tries < ? AND expires_at > ?"};
constexpr Sql kTriedMailed{"mailed_code.tried", "SELECT user_id, code FROM mailed_code WHERE browser = ?"};
constexpr Sql kUseMailed{"mailed_code.use",
                         "DELETE FROM mailed_code WHERE user_id = ? AND purpose = ? AND code = ?"};
constexpr Sql kForgetAllMailed{"mailed_code.forget_all", "DELETE FROM mailed_code WHERE user_id = ?"};
constexpr Sql kIsLocked{"user.is_locked", "SELECT locked_until > ? FROM user WHERE id = ?"};

}  // namespace

void put_mailed_code(db::Txn& txn, UserId user, const std::string& address, CodePurpose purpose,
                     const std::string& browser, const std::string& code, TimePoint now,
                     TimePoint expires_at) {
  txn.execute(kForgetMailed, user, purpose);
  txn.execute(kPutMailed, purpose, browser, code, now, expires_at, user, address);
}

std::optional<MailedCode> try_mailed_code(db::Txn& txn, CodePurpose purpose, const std::string& browser,
                                          std::int64_t most, TimePoint now) {
  const bool counted = txn.execute(kTryMailed, browser, purpose, most, now) == 1;
  auto rows = txn.query(kTriedMailed, browser);
  if (!rows.next() || !counted) return std::nullopt;
  return MailedCode{rows.id<UserId>(0), rows.text(1)};
}

bool use_mailed_code(db::Txn& txn, UserId user, CodePurpose purpose, const std::string& code) {
  return txn.execute(kUseMailed, user, purpose, code) == 1;
}

void delete_mailed_codes(db::Txn& txn, UserId user) { txn.execute(kForgetAllMailed, user); }

bool is_account_locked(db::Txn& txn, UserId user, TimePoint now) {
  auto rows = txn.query(kIsLocked, now, user);
  return rows.next() && rows.flag(0);
}

}  // namespace tenantd::store
