#include "identity/factors/reauthentication.hpp"

#include "identity/accounts/unlocking.hpp"
#include "identity/factors/second_factor.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"

namespace tenantd::service {

bool is_right_password(const Context& context, const std::optional<store::Account>& account,
                       const std::string& password, bool evaluate) {
  const auto normalized = crypto::normalize_password(password);
  const bool real = evaluate && normalized && account && !account->password.empty();
  const std::string& stored = real ? account->password : crypto::decoy_hash(hash_cost(context.settings));
  const bool match = crypto::verify_typed(normalized ? password : "", stored);
  return real && match;
}

std::optional<store::Account> check_password(db::Txn& txn, const Context& context, UserId user,
                                             const std::string& password) {
  auto account = store::find_account(txn, user);
  if (account && account->password.empty())
    throw ApiError(ErrorCode::reauthentication_required,
                   "The account has no password: ask for a link to choose one");
  // Durable before the hash: parallel guesses count together, whatever becomes of this one.
  const auto counted = txn.settle([&](db::Txn& own) { return count_attempt(own, context, user); });
  if (!is_right_password(context, account, password, bool{counted})) {
    tell_of_lock(context, user, counted);
    return std::nullopt;
  }
  // Durable too: whatever refuses the rest of the request, the password was no wrong guess.
  const bool confirmed =
      txn.settle([&](db::Txn& own) { return confirm_password(own, context, *account, counted); });
  return confirmed ? account : std::nullopt;
}

store::CountedAttempt count_attempt(db::Txn& txn, const Context& context, UserId user) {
  return store::count_attempt(txn, user, network_of(context.address), context.settings.lock_failures,
                              Seconds{context.settings.lock_seconds}, context.now);
}

bool confirm_password(db::Txn& txn, const Context& context, const store::Account& account,
                      const store::CountedAttempt& counted) {
  return store::confirm_attempt(txn, account.user.id, account.password, network_of(context.address),
                                !counted.account, context.now);
}

namespace {

// Whoever has stepped up a moment ago has shown it all. So has who came in a moment ago by all that an
// account without a password has; but a provider vouches to its own organization, not for the account.
bool has_just_shown(const Context& context, const store::Account& account) {
  const auto* caller = context.caller;
  if (caller == nullptr || caller->user.id != account.user.id || caller->is_delegate() || caller->actor)
    return false;
  const auto& shown = caller->authentication;
  if (account.user.status != Status::active || !is_fresh(shown, context.now)) return false;
  const bool by_other_means = shown.methods.has(AuthMethod::mail) || shown.methods.has(AuthMethod::pop);
  return shown.proven_since || (account.password.empty() && by_other_means && !caller->bound_org);
}

std::optional<store::Account> shown_before(db::Txn& txn, const Context& context, UserId user,
                                           const Proof& proof) {
  if (proof.password || proof.code) return std::nullopt;
  auto account = store::find_account(txn, user);
  return account && has_just_shown(context, *account) ? std::move(account) : std::nullopt;
}

}  // namespace

store::Account reauthenticate(db::Txn& txn, const Context& context, UserId user, const Proof& proof) {
  if (auto known = shown_before(txn, context, user, proof)) return *std::move(known);
  const auto account = proof.password ? check_password(txn, context, user, *proof.password) : std::nullopt;
  if (!account) throw ApiError(ErrorCode::reauthentication_required);
  if (account->user.mfa_enabled) {
    if (!proof.code)
      throw ApiError(ErrorCode::reauthentication_required,
                     "The password and a code of the second factor are needed");
    if (!take_code(txn, context, user, *proof.code)) throw ApiError(ErrorCode::reauthentication_required);
  }
  // Again, with what follows: it may have changed while the code was looked at.
  if (!confirm_password(txn, context, *account, {})) throw ApiError(ErrorCode::reauthentication_required);
  return *account;
}

}  // namespace tenantd::service
