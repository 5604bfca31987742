#include "tenantd/identity/factors_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kFind{"totp.find",
                    "SELECT secret_sealed, pending_sealed, locked_until FROM totp WHERE user_id = ?"};
constexpr Sql kPutPending{
    "totp.put_pending",
    "INSERT INTO totp (user_id, pending_sealed, created_at, updated_at) VALUES (?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE pending_sealed = VALUES(pending_sealed), updated_at = VALUES(updated_at)"};
constexpr Sql kConfirm{
    "totp.confirm",
    "UPDATE totp SET secret_sealed = pending_sealed, pending_sealed = NULL, last_step = ?, "
    "failures = 0, locked_until = 0, updated_at = ? WHERE user_id = ? AND pending_sealed = ?"};
constexpr Sql kEnable{"user.enable_mfa", "UPDATE user SET mfa_enabled_at = ?, updated_at = ? WHERE id = ?"};
constexpr Sql kDisable{"user.disable_mfa", "UPDATE user SET mfa_enabled_at = NULL WHERE id = ?"};
constexpr Sql kDelete{"totp.delete", "DELETE FROM totp WHERE user_id = ?"};
// MariaDB assigns from left to right: locked_until sees the new count.
constexpr Sql kReserve{"totp.reserve",
                       "UPDATE totp SET failures = IF(locked_until > 0, 1, failures + 1), "
                       "locked_until = IF(failures >= ?, ?, 0) WHERE user_id = ? AND locked_until <= ?"};
constexpr Sql kUseStep{"totp.use_step",
                       "UPDATE totp SET last_step = ?, failures = 0, locked_until = 0 "
                       "WHERE user_id = ? AND last_step < ? AND secret_sealed = ?"};
constexpr Sql kForgive{"totp.forgive", "UPDATE totp SET failures = 0, locked_until = 0 WHERE user_id = ?"};
constexpr Sql kUseCode{"recovery_code.use", "DELETE FROM recovery_code WHERE user_id = ? AND code = ?"};
constexpr Sql kDeleteCodes{"recovery_code.delete", "DELETE FROM recovery_code WHERE user_id = ?"};
constexpr Sql kInsertCode{"recovery_code.insert",
                          "INSERT INTO recovery_code (user_id, code, created_at) VALUES (?, ?, ?)"};
constexpr Sql kCountCodes{"recovery_code.count", "SELECT COUNT(*) FROM recovery_code WHERE user_id = ?"};

}  // namespace

std::optional<Totp> find_totp(db::Txn& txn, UserId user) {
  auto rows = txn.query(kFind, user);
  if (!rows.next()) return std::nullopt;
  return Totp{rows.maybe_text(0), rows.maybe_text(1), rows.time(2)};
}

void put_pending_totp(db::Txn& txn, UserId user, const std::string& sealed, TimePoint now) {
  txn.execute(kPutPending, user, sealed, now, now);
}

bool confirm_totp(db::Txn& txn, UserId user, const std::string& pending_sealed, std::int64_t step,
                  TimePoint now) {
  if (txn.execute(kConfirm, step, now, user, pending_sealed) != 1) return false;
  txn.execute(kEnable, now, now, user);
  txn.touch(user);
  return true;
}

void delete_totp(db::Txn& txn, UserId user) {
  txn.execute(kDelete, user);
  txn.execute(kDeleteCodes, user);
  txn.execute(kDisable, user);
  txn.touch(user);
}

bool reserve_code(db::Txn& txn, UserId user, std::int64_t failures, Seconds lock, TimePoint now) {
  return txn.execute(kReserve, failures, now + lock, user, now) == 1;
}

bool use_step(db::Txn& txn, UserId user, const std::string& secret_sealed, std::int64_t step) {
  return txn.execute(kUseStep, step, user, step, secret_sealed) == 1;
}

bool use_recovery_code(db::Txn& txn, UserId user, const std::string& hash) {
  if (txn.execute(kUseCode, user, hash) != 1) return false;
  txn.execute(kForgive, user);
  return true;
}

void clear_code_failures(db::Txn& txn, UserId user) { txn.execute(kForgive, user); }

void replace_recovery_codes(db::Txn& txn, UserId user, const std::vector<std::string>& hashes,
                            TimePoint now) {
  txn.execute(kDeleteCodes, user);
  for (const auto& hash : hashes) txn.execute(kInsertCode, user, hash, now);
}

std::int64_t count_recovery_codes(db::Txn& txn, UserId user) {
  auto rows = txn.query(kCountCodes, user);
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
