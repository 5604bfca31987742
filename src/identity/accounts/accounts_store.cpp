#include "tenantd/identity/accounts_store.hpp"

#include "tenantd/effects/rows.hpp"
#include "tenantd/identity/known_networks_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kByEmail{"user.by_email",
                       "SELECT id, email, profile, status, is_super, email_verified_at, mfa_enabled_at, "
                       "created_at, updated_at, password "
                       "FROM user WHERE email = ?"};
constexpr Sql kById{"user.by_id",
                    "SELECT id, email, profile, status, is_super, email_verified_at, mfa_enabled_at, "
                    "created_at, updated_at, password "
                    "FROM user WHERE id = ?"};
constexpr Sql kInsert{
    "user.insert",
    "INSERT INTO user (id, email, password, profile, email_verified_at, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kMakeSuper{"user.make_super", "UPDATE user SET is_super = TRUE WHERE id = ?"};
constexpr Sql kCountAttempt{"user.count_attempt", "CALL count_attempt(?, ?, ?, ?, ?, ?)"};
constexpr Sql kConfirmAttempt{"user.confirm_attempt", "CALL confirm_attempt(?, ?, ?, ?, ?)"};
constexpr Sql kRehash{"user.rehash",
                      "UPDATE user SET password = ?, updated_at = ? WHERE id = ? AND password = ?"};
constexpr Sql kLockProfile{"user.lock_profile", "SELECT profile FROM user WHERE id = ? FOR UPDATE"};
constexpr Sql kSetProfile{"user.set_profile", "UPDATE user SET profile = ?, updated_at = ? WHERE id = ?"};
constexpr Sql kClear{"user.clear_attempts",
                     "UPDATE user SET failed_signins = 0, locked_until = 0 WHERE id = ?"};
constexpr Sql kSecurity{
    "user.security",
    "SELECT u.failed_signins, u.locked_until, u.mfa_enabled_at, "
    "(SELECT COUNT(*) FROM recovery_code c WHERE c.user_id = u.id), u.password IS NOT NULL, "
    "u.email_verified_at, (SELECT e.created_at FROM account_event e WHERE e.user_id = u.id AND "
    "e.type = 'signin.succeeded' ORDER BY e.id DESC LIMIT 1) FROM user u WHERE u.id = ?"};
constexpr Sql kSetPassword{"user.set_password", "UPDATE user SET password = ?, updated_at = ? WHERE id = ?"};
constexpr Sql kForgetPassword{"user.forget_password",
                              "UPDATE user SET password = NULL, updated_at = ? WHERE id = ?"};
constexpr Sql kVerify{
    "user.mark_verified",
    "UPDATE user SET email_verified_at = ?, updated_at = ? WHERE id = ? AND email_verified_at IS NULL"};
constexpr Sql kInsertToken{
    "token.insert",
    "INSERT INTO one_time_token (token, user_id, purpose, email, bound_org_id, "
    "created_at, expires_at, methods) SELECT ?, id, ?, ?, ?, ?, ?, ? FROM user WHERE id = ?"};
// The address is asked once more under the row's lock: it may have become another one since it was read.
constexpr Sql kInsertMailedToken{
    "token.insert_mailed",
    "INSERT INTO one_time_token (token, user_id, purpose, created_at, expires_at) "
    "SELECT ?, id, ?, ?, ? FROM user WHERE id = ? AND email = ? LOCK IN SHARE MODE"};
constexpr Sql kFirstStep{"token.first_step",
                         "SELECT bound_org_id, methods FROM one_time_token WHERE token = ?"};
constexpr Sql kPeekToken{
    "token.peek", "SELECT user_id FROM one_time_token WHERE token = ? AND purpose = ? AND expires_at > ?"};
constexpr Sql kForgetKeys{"user.forget_keys", "CALL forget_keys(?)"};
constexpr Sql kChangeEmail{"user.change_email", "CALL change_email(?, ?, ?)"};
constexpr Sql kDeleteToken{"token.delete", "DELETE FROM one_time_token WHERE token = ?"};
constexpr Sql kDeleteSecondSteps{
    "token.delete_second_steps",
    "DELETE FROM one_time_token WHERE user_id = ? AND purpose = ? AND bound_org_id <=> ?"};
constexpr Sql kDeleteBoundSteps{"token.delete_bound_steps",
                                "DELETE FROM one_time_token WHERE bound_org_id = ? AND purpose = ?"};
constexpr Sql kDeleteTokens{"token.delete_of_user",
                            "DELETE FROM one_time_token WHERE user_id = ? AND purpose = ?"};

std::optional<Account> read_account(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  Account account;
  account.user.id = rows.id<UserId>(0);
  account.user.email = rows.text(1);
  account.user.profile = rows.text(2);
  account.user.status = static_cast<Status>(rows.integer(3));
  account.user.is_super = rows.flag(4);
  account.user.email_verified_at = maybe_time(rows, 5);
  account.user.mfa_enabled = !rows.is_null(6);
  account.user.created_at = rows.time(7);
  account.user.updated_at = rows.time(8);
  account.password = rows.maybe_text(9).value_or("");
  return account;
}

}  // namespace

std::optional<Account> find_account(db::Txn& txn, const Email& email) {
  return read_account(txn.query(kByEmail, email.str()));
}

std::optional<Account> find_account(db::Txn& txn, UserId id) { return read_account(txn.query(kById, id)); }

UserRecord insert_user(db::Txn& txn, const NewUser& user, TimePoint now) {
  const auto verified_at = user.verified ? std::optional{now} : std::nullopt;
  txn.execute(kInsert, user.id, user.email.str(), user.password, user.profile, verified_at, now, now);
  UserRecord made;
  made.id = user.id;
  made.email = user.email.str();
  made.profile = user.profile;
  made.email_verified_at = verified_at;
  made.created_at = now;
  made.updated_at = now;
  return made;
}

CountedAttempt count_attempt(db::Txn& txn, UserId id, const std::string& network, std::int64_t failures,
                             Seconds lock, TimePoint now) {
  const auto read = [](db::Rows& rows) {
    rows.next();
    return CountedAttempt{rows.integer(0) == 1, rows.integer(1) == 1, rows.flag(2)};
  };
  return txn.call_locked(kCountAttempt, read, id, network, failures, now + lock, now, now - kNetworkKept);
}

bool confirm_attempt(db::Txn& txn, UserId id, const std::string& phc, const std::string& network,
                     bool past_lock, TimePoint now) {
  const auto read = [](db::Rows& rows) { return rows.next() && rows.flag(0); };
  return txn.call_locked(kConfirmAttempt, read, id, phc, network, past_lock, now);
}

void clear_attempts(db::Txn& txn, UserId id) {
  txn.execute(kClear, id);
  clear_network_attempts(txn, id);
}

std::optional<AccountSecurity> find_account_security(db::Txn& txn, UserId id) {
  auto rows = txn.query(kSecurity, id);
  if (!rows.next()) return std::nullopt;
  return AccountSecurity{rows.integer(0), rows.time(1),     !rows.is_null(2),   rows.integer(3),
                         rows.flag(4),    !rows.is_null(5), maybe_time(rows, 6)};
}

void rehash_password(db::Txn& txn, UserId id, const std::string& old_phc, const std::string& new_phc,
                     TimePoint now) {
  txn.execute(kRehash, new_phc, now, id, old_phc);
  txn.touch_lazily(id);
}

std::optional<std::string> lock_profile(db::Txn& txn, UserId id) {
  auto rows = txn.lock(kLockProfile, id);
  return rows.next() ? std::optional{rows.text(0)} : std::nullopt;
}

void set_profile(db::Txn& txn, UserId id, const std::string& profile, TimePoint now) {
  txn.execute(kSetProfile, profile, now, id);
  txn.touch_lazily(id);
}

void make_super(db::Txn& txn, UserId id) { txn.execute(kMakeSuper, id); }

void set_password(db::Txn& txn, UserId id, const std::string& phc, TimePoint now) {
  txn.execute(kSetPassword, phc, now, id);
  txn.touch(id);
}

void forget_password(db::Txn& txn, UserId id, TimePoint now) {
  txn.execute(kForgetPassword, now, id);
  txn.touch(id);
}

void mark_verified(db::Txn& txn, UserId id, TimePoint now) {
  txn.execute(kVerify, now, now, id);
  txn.touch(id);
}

void insert_token(db::Txn& txn, UserId user, TokenPurpose purpose, const std::string& hash, TimePoint now,
                  TimePoint expires_at, const std::optional<Email>& email,
                  const std::optional<OrgId>& bound_org, const std::optional<std::string>& methods) {
  const auto address = email ? std::optional{email->str()} : std::nullopt;
  txn.execute(kInsertToken, hash, purpose, address, bound_org, now, expires_at, methods, user);
}

void insert_mailed_token(db::Txn& txn, UserId user, const std::string& address, TokenPurpose purpose,
                         const std::string& hash, TimePoint now, TimePoint expires_at) {
  txn.execute(kInsertMailedToken, hash, purpose, now, expires_at, user, address);
}

FirstStep find_first_step(db::Txn& txn, const std::string& hash) {
  auto rows = txn.query(kFirstStep, hash);
  if (!rows.next()) return {};
  return {rows.maybe_id<OrgId>(0), rows.maybe_text(1)};
}

void delete_api_keys_of(db::Txn& txn, UserId user) {
  txn.execute(kForgetKeys, user);
  txn.touch(user);
}

bool change_email(db::Txn& txn, UserId user, const std::string& hash, TimePoint now) {
  txn.execute(kChangeEmail, user, hash, now);
  txn.touch(user);
  // Whoever deletes the token has changed the address: of two, one.
  return txn.execute(kDeleteToken, hash) == 1;
}

std::optional<UserId> peek_token(db::Txn& txn, TokenPurpose purpose, const std::string& hash, TimePoint now) {
  auto rows = txn.query(kPeekToken, hash, purpose, now);
  if (!rows.next()) return std::nullopt;
  return rows.id<UserId>(0);
}

std::optional<UserId> take_token(db::Txn& txn, TokenPurpose purpose, const std::string& hash, TimePoint now) {
  const auto user = peek_token(txn, purpose, hash, now);
  // Of two that saw it, the one whose DELETE finds the row has it.
  if (!user || txn.execute(kDeleteToken, hash) != 1) return std::nullopt;
  return user;
}

void delete_tokens(db::Txn& txn, UserId user, TokenPurpose purpose) {
  txn.execute(kDeleteTokens, user, purpose);
}

void delete_second_steps(db::Txn& txn, UserId user, const std::optional<OrgId>& bound_org) {
  txn.execute(kDeleteSecondSteps, user, TokenPurpose::second_factor, bound_org);
}

void delete_bound_steps(db::Txn& txn, OrgId bound_org) {
  txn.execute(kDeleteBoundSteps, bound_org, TokenPurpose::second_factor);
}

}  // namespace tenantd::store
