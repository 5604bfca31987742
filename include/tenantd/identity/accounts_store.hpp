// Accounts. They belong to no tenant: one person, one account, any number of memberships.
#pragma once

#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// An account with what signing in needs. `password` is a PHC string, empty if none was chosen.
struct Account {
  UserRecord user;
  std::string password;
};

std::optional<Account> find_account(db::Txn& txn, const Email& email);
std::optional<Account> find_account(db::Txn& txn, UserId id);

struct NewUser {
  UserId id;
  Email email;
  std::optional<std::string> password;  // PHC string
  std::string profile = "{}";           // JSON object
  bool verified = false;
};
// Throws db::DuplicateKey (key "email") if the address has an account.
UserRecord insert_user(db::Txn& txn, const NewUser& user, TimePoint now);

// How a guess was counted before it was evaluated; with neither it is not to be.
struct CountedAttempt {
  bool account = false;  // the account was not locked
  bool network = false;  // it came from a network that the owner knows, which was not locked
  bool locks = false;    // it is the one that locked the account, unless it is right
  explicit operator bool() const { return account || network; }
};
// Counts one guess at the password before it is evaluated, over all workers. The guess that reaches
// `failures` locks for `lock`; an expired lock starts from zero. `network`: of domain/network.hpp.
CountedAttempt count_attempt(db::Txn& txn, UserId id, const std::string& network, std::int64_t failures,
                             Seconds lock, TimePoint now);
// The guess was right: forget the failures from there and of the account. `past_lock`: it was evaluated
// although the account may be locked, which it stays. False if the password is no longer `phc`, or the
// account no longer active: a change overtook the guess, which then counts as wrong.
bool confirm_attempt(db::Txn& txn, UserId id, const std::string& phc, const std::string& network,
                     bool past_lock, TimePoint now);
// A way in was opened by other means than the password: neither the account nor a network is locked.
void clear_attempts(db::Txn& txn, UserId id);

// How well an account is guarded, and what happened to it last.
struct AccountSecurity {
  std::int64_t failed_signins = 0;
  TimePoint locked_until;  // in the past: not locked
  bool mfa_enabled = false;
  std::int64_t recovery_codes_left = 0;
  bool password_set = false;
  bool email_verified = false;
  std::optional<TimePoint> last_signin_at;
};
std::optional<AccountSecurity> find_account_security(db::Txn& txn, UserId id);

void set_password(db::Txn& txn, UserId id, const std::string& phc, TimePoint now);
// From then on the account has none.
void forget_password(db::Txn& txn, UserId id, TimePoint now);
// Stores the same password hashed anew; does nothing if it is no longer `old_phc`.
void rehash_password(db::Txn& txn, UserId id, const std::string& old_phc, const std::string& new_phc,
                     TimePoint now);
// The profile as it is, and as it stays until the commit; nullopt if there is no such account.
std::optional<std::string> lock_profile(db::Txn& txn, UserId id);
void set_profile(db::Txn& txn, UserId id, const std::string& profile, TimePoint now);
// For tenantctl, whose account may.
void make_super(db::Txn& txn, UserId id);
void mark_verified(db::Txn& txn, UserId id, TimePoint now);

// Links in mails. Only the SHA-256 of the token is stored.
// `email`: the new address, for change_email. For an id that is no account nothing is stored, at the same
// cost.
void insert_token(db::Txn& txn, UserId user, TokenPurpose purpose, const std::string& hash, TimePoint now,
                  TimePoint expires_at, const std::optional<Email>& email = {},
                  const std::optional<OrgId>& bound_org = {}, const std::optional<std::string>& methods = {});
// For a link to the account's address: nothing is stored either where that is another one by now.
void insert_mailed_token(db::Txn& txn, UserId user, const std::string& address, TokenPurpose purpose,
                         const std::string& hash, TimePoint now, TimePoint expires_at);
// What a second_factor token stands for.
struct FirstStep {
  std::optional<OrgId> bound_org;      // the organization that it leads to, alone; nullopt: to all
  std::optional<std::string> methods;  // by which it was taken, unless by a password or a provider
};
FirstStep find_first_step(db::Txn& txn, const std::string& hash);
// Uses the token up: returns its user the first time, before it expires; nullopt ever after.
std::optional<UserId> take_token(db::Txn& txn, TokenPurpose purpose, const std::string& hash, TimePoint now);
// Returns the user of a live token without using it up.
std::optional<UserId> peek_token(db::Txn& txn, TokenPurpose purpose, const std::string& hash, TimePoint now);
// Ends every API key that `user` made, in whatever organization, and every sign-in by a provider.
void delete_api_keys_of(db::Txn& txn, UserId user);
// Gives `user` the verified address of the change_email token, using it up. False if the token is gone.
// Throws db::DuplicateKey (key "email") if another account has the address. The one way to change an address:
// the application's account may not write it.
bool change_email(db::Txn& txn, UserId user, const std::string& hash, TimePoint now);
// Older links of this kind stop working.
void delete_tokens(db::Txn& txn, UserId user, TokenPurpose purpose);
// Of a sign-in by the password (nullopt), or by the provider of an organization.
void delete_second_steps(db::Txn& txn, UserId user, const std::optional<OrgId>& bound_org);
// Of all whom a provider of that organization has vouched for.
void delete_bound_steps(db::Txn& txn, OrgId bound_org);

}  // namespace tenantd::store
