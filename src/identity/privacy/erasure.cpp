#include "identity/privacy/erasure.hpp"

#include <algorithm>

#include "identity/privacy/erasure_store.hpp"
#include "identity/privacy/traces.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/personal_data.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::service {
namespace {

using store::Erased;

// The other addresses that the account is known by, its names, and its own address first.
Traces traces_of(db::Txn& txn, const UserRecord& user) {
  Traces traces{user.id, {user.email}, names_in(user.profile)};
  for (auto& address : store::list_known_addresses(txn, user.id))
    if (address != user.email) traces.addresses.push_back(std::move(address));
  return traces;
}

[[noreturn]] void refuse_super_admin() {
  throw ApiError(ErrorCode::conflict,
                 "The account is a super-admin's: tenantctl super-admin revoke takes that from it first");
}

// Ends the sessions, and returns the account as it is now that its row is held: what changed it meanwhile, an
// address of it too, is known.
UserRecord account_under_lock(db::Txn& txn, const UserRecord& read) {
  store::delete_sessions(txn, read.id, std::nullopt);
  const auto account = store::find_account(txn, read.id);
  if (!account) throw ApiError(ErrorCode::not_found);
  // The address that confirmed it may be somebody else's by now.
  if (account->user.email != read.email) throw db::RetryableError{"the address has changed meanwhile"};
  return account->user;
}

void erase(db::Txn& txn, const Context& context, const UserRecord& read, std::optional<UserId> by,
           std::string_view how) {
  if (read.is_super) refuse_super_admin();
  Founding::leave_every(txn, context, read.id);
  const auto user = account_under_lock(txn, read);
  // Not when the request began: what others have written since is the person's as well.
  const auto asked_at = std::max(context.now, now());
  const auto id = crypto::new_id<store::ErasureId>();
  // Why an address gets no mail is forgotten before a mail that waits would be sent.
  const bool gets_mail = !store::is_suppressed(txn, user.email);
  const auto sealed = crypto::seal(context.keys.seal_key(), to_text(traces_of(txn, user)),
                                   "erasure:" + std::string{id.raw()});
  switch (store::erase_account(txn, id, user.id, by, sealed, asked_at)) {
    case Erased::done: break;
    case Erased::no_account: throw ApiError(ErrorCode::not_found, "The account is erased");
    case Erased::super_admin: refuse_super_admin();
    // It has joined one in the course of this.
    case Erased::still_member: throw ApiError(ErrorCode::contended);
  }
  json::Object after;
  after.set("erasure", id).set("by", how);
  if (gets_mail) mail_erasure(txn, context, user, by == user.id);
  record_for_system(txn, context, {"account.erased", "user", user.id.bytes(), {}, std::move(after)});
}

void require_address(const UserRecord& user, const std::string& typed) {
  const auto email = Email::parse(typed);
  if (!email || email->str() != user.email)
    throw ApiError(ErrorCode::confirmation_mismatch).field("/email", "is not the account's address");
}

}  // namespace

void erase_own_account(db::Txn& txn, const Context& context, const Session& session, const std::string& email,
                       const Proof& proof) {
  require_unbound(session.principal());
  const auto account = reauthenticate(txn, context, session.user(), proof);
  require_address(account.user, email);
  erase(txn, context, account.user, session.user(), "person");
}

void erase_account(db::Txn& txn, const Context& context, const SuperAdmin& admin, UserId user,
                   const std::string& email) {
  txn.enter(admin);
  const auto account = store::find_account(txn, user);
  if (!account) throw ApiError(ErrorCode::not_found);
  require_address(account->user, email);
  erase(txn, context, account->user, admin.user(), "super_admin");
}

bool erase_account_by_operator(db::Txn& txn, const Context& context, const Email& email) {
  const auto account = store::find_account(txn, email);
  if (!account) return false;
  erase(txn, context, account->user, std::nullopt, "operator");
  return true;
}

}  // namespace tenantd::service
