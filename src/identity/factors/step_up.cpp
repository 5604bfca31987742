#include "identity/factors/step_up.hpp"

#include "identity/codes/codes.hpp"
#include "identity/factors/reauthentication.hpp"
#include "identity/factors/second_factor.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse_step_up(const char* why) {
  throw ApiError(ErrorCode::reauthentication_required, why);
}

// Whoever came in by the password has it. A mailbox alone is as good as a password where the service lets it
// stand for one, and for those who have none here.
bool may_use_mailbox(const Context& context, const Principal& principal, const store::Account& account) {
  return account.password.empty() || principal.bound_org || context.settings.sign_in_code;
}

AuthMethods by_own_passkey(db::Txn& txn, const Context& context, const Session& session,
                           const StepUp& shown) {
  const auto user = [&] {
    try {
      return prove_passkey(txn, context, {shown.browser, std::nullopt}, *shown.passkey);
    } catch (const ApiError& e) {
      if (e.code() != ErrorCode::invalid_credentials) throw;
      refuse_step_up("The passkey was not accepted: try again, or show something else");
    }
  }();
  if (user != session.user()) refuse_step_up("The passkey is another account's");
  return kByPasskey;
}

// The password, or the mailbox in its place. Whatever is wrong, the same words.
AuthMethods by_first_factor(db::Txn& txn, const Context& context, const Session& session,
                            const store::Account& account, const StepUp& shown) {
  if (shown.password) {
    const auto known = check_password(txn, context, session.user(), *shown.password);
    if (!known || !confirm_password(txn, context, *known, {})) refuse_step_up("The password is wrong");
    return {AuthMethod::pwd};
  }
  if (!shown.mail_code) refuse_step_up("Show the password, a passkey, or a mailed code");
  if (!may_use_mailbox(context, session.principal(), account))
    refuse_step_up("Show the password, or a passkey");
  if (!take_code_of_session(txn, context, session, *shown.mail_code))
    refuse_step_up("The code is wrong, was used or is over: ask for another");
  return {AuthMethod::mail};
}

AuthMethods by_factors(db::Txn& txn, const Context& context, const Session& session, const StepUp& shown) {
  if (shown.passkey) return by_own_passkey(txn, context, session, shown);
  const auto account = store::find_account(txn, session.user());
  if (!account) refuse_step_up("The account is gone");
  if (account->user.mfa_enabled && !shown.code) refuse_step_up("A code of the second factor is needed too");
  const auto first = by_first_factor(txn, context, session, *account, shown);
  if (!account->user.mfa_enabled) return first;
  if (!take_code(txn, context, session.user(), *shown.code)) refuse_step_up("The code is wrong or was used");
  return first | AuthMethods{AuthMethod::otp, AuthMethod::mfa};
}

}  // namespace

WaysToStepUp ways_to_step_up(db::Txn& txn, const Context& context, const Session& session) {
  const auto account = store::find_account(txn, session.user());
  if (!account) throw ApiError(ErrorCode::invalid_token);
  WaysToStepUp ways;
  ways.password = !account->password.empty();
  ways.mail_code = may_use_mailbox(context, session.principal(), *account);
  ways.passkey = has_passkeys(context.settings) && !store::passkeys_of(txn, session.user()).empty();
  ways.code = account->user.mfa_enabled;
  return ways;
}

Authentication step_up(db::Txn& txn, const Context& context, const Session& session, const StepUp& shown) {
  const auto methods = session.principal().authentication.methods | by_factors(txn, context, session, shown);
  store::set_proven(txn, session.id(), session.user(), methods, context.now);
  record_account_change(txn, context, session.user(),
                        {"session.proven", session.id(), {}, json::Object{}.set("methods", methods.words())});
  return {context.now, true, methods};
}

}  // namespace tenantd::service
