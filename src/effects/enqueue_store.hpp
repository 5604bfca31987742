// Putting a mail into the outbox, in the transaction of the change that it tells of. What it says is sealed.
#pragma once

#include <optional>

#include "tenantd/crypto/keys.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/sealed_mail.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::store {

// The mail's own id, or a new one.
SealedMail seal_mail(const Secret& seal_key, const mail::Mail& mail);

// `discard`: the row is written as dead, never sent, and goes with the next sweep. For a request that must
// cost the same whether or not there is anybody to write to.
// The mail carries the organization's sender name of this moment, if the transaction is in its scope.
// Returns the mail's id.
MailId enqueue_mail(db::Txn& txn, const Secret& seal_key, const mail::Mail& mail, std::optional<OrgId> org,
                    std::optional<UserId> user, TimePoint now, bool discard = false);

}  // namespace tenantd::store
