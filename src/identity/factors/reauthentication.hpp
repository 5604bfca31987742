// Proving once more who one is: before a password, a factor, an address or an owner changes
// (ASVS 5.0, 7.5.1).
#pragma once

#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/accounts_store.hpp"

namespace tenantd::service {

// What a caller gives of the account's secrets.
struct Proof {
  std::optional<std::string> password;
  std::optional<std::string> code;  // of the second factor, or a recovery code
};

// True if `password` is right and the account may be signed in to by it. Verified against a decoy when there
// is nothing to verify against, so that every refusal takes the same time. `evaluate` false: right or not, it
// is wrong.
bool is_right_password(const Context& context, const std::optional<store::Account>& account,
                       const std::string& password, bool evaluate);

// Returns the account if `password` is its own; nullopt otherwise, after the same work. Counted like a
// sign-in, durably and before it is evaluated. Confirm it again with the change, in one transaction.
// Throws ApiError(reauthentication_required) for an account that has no password.
std::optional<store::Account> check_password(db::Txn& txn, const Context& context, UserId user,
                                             const std::string& password);
// Counts one guess at the account's password. LOCK_FAILURES
// wrong ones in a row lock the account, whatever networks they come from. From a network that the owner has
// signed in from a guess is evaluated all the same until as many wrong ones have come from there: strangers
// get LOCK_FAILURES guesses in LOCK_SECONDS, and who sits in n of those networks n times as many more.
store::CountedAttempt count_attempt(db::Txn& txn, const Context& context, UserId user);
// Forgets the failures from this network and those of the account; a lock that the guess went past stays, or
// strangers would have new guesses with each sign-in of the owner. False if the password has changed or the
// account was deactivated meanwhile.
bool confirm_password(db::Txn& txn, const Context& context, const store::Account& account,
                      const store::CountedAttempt& counted);

// Returns the account. Throws ApiError(reauthentication_required) unless the password is right and, where the
// account has a second factor, the code is too; ApiError(rate_limited) after too many wrong codes.
store::Account reauthenticate(db::Txn& txn, const Context& context, UserId user, const Proof& proof);

}  // namespace tenantd::service
