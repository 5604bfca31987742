#include "tenantd/identity/setup.hpp"

#include "identity/setup/setup_store.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations.hpp"

namespace tenantd::service {
namespace {

// Why a link opens nothing.
[[noreturn]] void refuse_link(db::Txn& txn) {
  if (store::is_set_up(txn)) throw ApiError(ErrorCode::setup_done);
  throw ApiError(ErrorCode::token_invalid, "The link is used, expired, or a newer one was made");
}

Founding::Newcomer newcomer_of(db::Txn& txn, const Context& context, const SetUp& form,
                               const std::string& phc) {
  try {
    return Founding::found(txn, context, {crypto::new_id<UserId>(), form.email, phc, form.profile, true},
                           {form.email.str(), std::nullopt, true});
  } catch (const db::DuplicateKey& e) {
    if (e.key != "email") throw;
    throw ApiError(ErrorCode::email_taken,
                   "The address has an account: `tenantctl super-admin grant` makes it super-admin");
  }
}

}  // namespace

TokenReply set_up(db::Txn& txn, const Context& context, const SetUp& form) {
  const auto token = crypto::sha256(form.token);
  if (store::is_set_up(txn) || !store::is_setup_link(txn, token, context.now)) refuse_link(txn);
  const auto phc =
      hash_new_password(context, form.password, "/password", known_words(form.email, form.profile));
  auto made = newcomer_of(txn, context, form, phc);
  // Of two at once the second has waited here for the first.
  if (!store::take_setup_link(txn, made.user.id, token, context.now)) {
    txn.rollback();
    refuse_link(txn);
  }
  made.user.is_super = true;
  record_for_system(txn, context,
                    {"super_admin.created",
                     "user",
                     made.user.id.bytes(),
                     {},
                     json::Object{}.set("email", made.user.email)});
  return start_session(txn, context, made.user, std::move(made.membership));
}

std::string make_setup_link(db::Txn& txn, const Context& context) {
  if (store::is_set_up(txn)) throw ApiError(ErrorCode::setup_done);
  const Secret token = crypto::new_token();
  store::put_setup_link(txn, store::SuperAdminScope::unsafe_for_tenantctl(), crypto::sha256(token.reveal()),
                        context.now + Seconds{context.settings.setup_seconds});
  return mail_link(context, "setup", token);
}

}  // namespace tenantd::service
