#include "identity/accounts/unlocking.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts.hpp"

namespace tenantd::service {
namespace {

void mail_unlock_link(db::Txn& txn, const Context& context, UserId id) {
  const auto account = store::find_account(txn, id);
  if (!account || account->user.status != Status::active) return;
  const auto& user = account->user;
  const Secret token = crypto::new_token();
  const Seconds lifetime{context.settings.lock_seconds};
  mail::Mail mail{mail::Template::account_locked, user.email, where_and_when(context, user)};
  mail.values["link"] = mail_link(context, "unlock", token);
  mail.values["minutes"] = mail_minutes(lifetime.count());
  // Without a budget the newest link that was sent stays good.
  if (!offer_mail(txn, context, std::move(mail), std::nullopt, reader_of(user))) return;
  store::delete_tokens(txn, id, TokenPurpose::unlock_account);
  store::insert_mailed_token(txn, id, user.email, TokenPurpose::unlock_account,
                             crypto::sha256(token.reveal()), context.now, context.now + lifetime);
}

}  // namespace

void tell_of_lock(const Context& context, UserId user, const store::CountedAttempt& counted) {
  if (!counted.locks) return;
  if (context.note_lock) context.note_lock();
  if (!context.after_reply) return;
  context.after_reply([&context, user](db::Txn& txn) { mail_unlock_link(txn, context, user); });
}

void unlock_by_link(db::Txn& txn, const Context& context, const std::string& token) {
  const auto user = store::take_token(txn, TokenPurpose::unlock_account, crypto::sha256(token), context.now);
  const auto account = user ? store::find_account(txn, *user) : std::nullopt;
  if (!account || account->user.status != Status::active) throw ApiError(ErrorCode::token_invalid);
  const auto security = store::find_account_security(txn, *user);
  store::clear_attempts(txn, *user);
  json::Object before;
  before.set("failed_signins", security->failed_signins).set("locked_until", security->locked_until);
  json::Object after;
  after.set("failed_signins", 0).set("locked_until", nullptr);
  record_account_change(txn, context, *user,
                        {"account.unlocked", std::nullopt, std::move(before), std::move(after)});
}

}  // namespace tenantd::service
