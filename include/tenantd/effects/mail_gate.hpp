// The one way into the outbox. Each mail has a class (mail::Class), and for each class there are budgets: of
// its reader, of who caused it (a person, an organization, a network), and of both together, so that nobody
// spends what is another's. A share is taken when the mail is queued, in the same transaction: what a request
// took that is refused in the end is given back. All hosts count together (budgets.hpp).
//
// From an account whose address is not proven go few mails, which say nothing in subject and sender that it
// chose; to such an account goes nothing but the links that prove the address.
#pragma once

#include <optional>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/effects/sealed_mail.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::service {

// How many times what one reader may get, one network may cause for all its readers.
inline constexpr std::int64_t kNetworkTimes = 50;
// Mails in an hour that an account with an unproven address may cause, and a network by all such accounts.
inline constexpr std::int64_t kUnprovenMails = 5;
inline constexpr std::int64_t kUnprovenNetworkMails = 25;

// Queues a mail of the classes verification, caused or report in the transaction; the courier is woken once
// it commits. Returns its id. Throws ApiError(rate_limited) if a budget is spent.
MailId send_mail(db::Txn& txn, const Context& context, mail::Mail mail, std::optional<OrgId> org,
                 std::optional<UserId> user);

// The same in two steps, for a mail that the caller's own statement puts into the outbox together with what
// the mail is about: sealed before that statement, and taken from the budgets after it, in one transaction.
store::SealedMail seal_mail(const Context& context, mail::Mail mail);
void send_stored(db::Txn& txn, const Context& context, const store::SealedMail& mail,
                 std::optional<OrgId> org);

// As send_mail, and the same work, for a mail that is not to be sent unless `wanted`: its budgets are taken
// from.
void send_if(bool wanted, db::Txn& txn, const Context& context, mail::Mail mail, std::optional<UserId> user);

struct Reader {
  std::string email;
  UserId user;
  bool proven = false;  // that the address is theirs
};
Reader reader_of(const UserRecord& user);

// Queues an alert or a notice to `reader`. False if there is no budget left for it, or if the reader's
// address is not proven: then it may be somebody else's.
bool offer_mail(db::Txn& txn, const Context& context, mail::Mail mail, std::optional<OrgId> org,
                const Reader& reader);

// The same of an alert of a sign-in, which is nobody's but the person's. `bound_org`: its provider vouched
// for it; such alerts have a budget of their own.
bool mail_sign_in(db::Txn& txn, const Context& context, mail::Mail mail,
                  const std::optional<OrgId>& bound_org, const Reader& reader);

// Tells the owner of an account what changed in it, and from where.
void mail_security_change(db::Txn& txn, const Context& context, const UserRecord& user,
                          const std::string& change);

// Tells the address of an account that was erased of it, if the address was proven. `by_person`: by the owner
// of the account, so that the mail says from where.
void mail_erasure(db::Txn& txn, const Context& context, const UserRecord& user, bool by_person);

// Takes the budget of a reset link to `email`; false if it is spent. From a network that the account's owner
// has signed in from (`known_network`) the budget is one that strangers cannot spend. Of the other, one
// network can spend a half.
bool may_mail_reset(db::Txn& txn, const Context& context, const std::string& email, bool known_network);
// The same of a code for `email` to sign in by.
bool may_mail_code(db::Txn& txn, const Context& context, const std::string& email, bool known_network);
// Queues the link or the code. Without `user` the same work is done for a mail that is never sent.
void mail_reset(db::Txn& txn, const Context& context, const mail::Mail& mail, std::optional<UserId> user);

}  // namespace tenantd::service
