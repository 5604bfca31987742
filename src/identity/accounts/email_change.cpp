#include "identity/accounts/email_change.hpp"

#include "identity/codes/codes_store.hpp"
#include "identity/domains/enforcement.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"

namespace tenantd::service {
namespace {

// Nobody is told whether the wanted address has an account: then too the budgets are taken from.
void mail_link_to(db::Txn& txn, const Context& context, UserId user, const Email& wanted, bool is_free) {
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.change_email_seconds};
  if (is_free)
    store::insert_token(txn, user, TokenPurpose::change_email, crypto::sha256(token.reveal()), context.now,
                        context.now + lifetime, wanted);
  send_if(is_free, txn, context,
          {mail::Template::email_change,
           wanted.str(),
           {{"link", mail_link(context, "verify", token)},
            {"email", wanted.str()},
            {"minutes", mail_minutes(lifetime.count())}}},
          user);
}

}  // namespace

void request_email_change(db::Txn& txn, const Context& context, const Session& session, const Email& wanted,
                          const Proof& proof) {
  require_whole_account(txn, session.principal());
  const auto account = reauthenticate(txn, context, session.user(), proof);
  const auto& user = account.user;
  require_movable_address(txn, user.id);
  if (wanted.str() == user.email)
    throw ApiError(ErrorCode::validation_failed).field("/new_email", "is the account's address already");
  store::delete_tokens(txn, user.id, TokenPurpose::change_email);
  mail_link_to(txn, context, user.id, wanted, !store::find_account(txn, wanted));
  // Not which address: nobody but the owner knows of it before it is confirmed.
  record_account_change(txn, context, user.id,
                        {"email.change_requested", session.id(), {}, json::Object{}.set("email", kMasked)});
  mail_security_change(txn, context, user, "a change of its address to " + wanted.str() + " was asked for");
}

bool confirm_email_change(db::Txn& txn, const Context& context, const std::string& token_hash) {
  const auto user = store::peek_token(txn, TokenPurpose::change_email, token_hash, context.now);
  if (!user) return false;
  require_movable_address(txn, *user);
  const auto before = store::find_account(txn, *user);
  try {
    if (!before || before->user.status != Status::active ||
        !store::change_email(txn, *user, token_hash, context.now))
      throw ApiError(ErrorCode::token_invalid);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::email_taken);
  }
  // Links that went to the old address lead nowhere any more.
  for (const auto purpose :
       {TokenPurpose::verify_email, TokenPurpose::reset_password, TokenPurpose::change_email})
    store::delete_tokens(txn, *user, purpose);
  store::delete_mailed_codes(txn, *user);
  const auto after = store::find_account(txn, *user);
  record_account_change(txn, context, *user,
                        {"email.changed", std::nullopt, json::Object{}.set("email", before->user.email),
                         json::Object{}.set("email", after->user.email)});
  mail_security_change(txn, context, before->user, "its address is now " + after->user.email);
  return true;
}

}  // namespace tenantd::service
