#include "identity/accounts/claiming.hpp"

#include "identity/oauth/grants_store.hpp"
#include "identity/passkeys/passkeys_store.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/factors_store.hpp"
#include "tenantd/identity/known_networks_store.hpp"
#include "tenantd/identity/organizations.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {
namespace {

void mail_what_ended(db::Txn& txn, const Context& context, const UserRecord& user,
                     const std::vector<std::string>& lines) {
  std::string change =
      "it is yours. Its address was not verified until now, so that somebody else may have "
      "set up what was in it: that is switched off until you switch it on";
  constexpr std::size_t most = 1900;  // bytes; a mail says no more of a change
  std::size_t told = 0;
  for (; told < lines.size() && change.size() + lines[told].size() < most; ++told)
    change += "; " + lines[told];
  if (told < lines.size()) change += "; and " + std::to_string(lines.size() - told) + " organizations more";
  mail_security_change(txn, context, user, change);
}

}  // namespace

UserRecord claim_account(db::Txn& txn, const Context& context, UserRecord user, const std::string& phc) {
  if (phc.empty())
    store::forget_password(txn, user.id, context.now);
  else
    store::set_password(txn, user.id, phc, context.now);
  store::clear_attempts(txn, user.id);
  // Whoever was in the account before is no longer near to it.
  store::forget_networks(txn, user.id);
  store::know_network(txn, user.id, network_of(context.address), context.now);
  for (const auto purpose : {TokenPurpose::reset_password, TokenPurpose::verify_email,
                             TokenPurpose::change_email, TokenPurpose::second_factor})
    store::delete_tokens(txn, user.id, purpose);
  store::delete_api_keys_of(txn, user.id);
  store::delete_totp(txn, user.id);
  store::delete_passkeys(txn, user.id);
  store::delete_sessions(txn, user.id, std::nullopt);
  store::delete_consents(txn, user.id);
  store::mark_verified(txn, user.id, context.now);
  user.email_verified_at = user.updated_at = context.now;
  user.mfa_enabled = false;
  const auto lines = Founding::reclaim(txn, context, user.id);
  json::Object after;
  after.set("email", user.email)
      .set("email_verified", true)
      .set("password", kMasked)
      .set("sessions_ended", true);
  after.set("api_keys_ended", true).set("identities_unlinked", true);
  after.set("organizations_reclaimed", static_cast<std::int64_t>(lines.size()));
  record_account_change(txn, context, user.id, {"account.taken_over", std::nullopt, {}, std::move(after)});
  if (!lines.empty()) mail_what_ended(txn, context, user, lines);
  return user;
}

}  // namespace tenantd::service
