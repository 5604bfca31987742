// Moving an account to another address: asked for with the account's secrets, confirmed at the new address,
// told to the old one.
#pragma once

#include "identity/factors/reauthentication.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/email.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::service {

// Mails a link to the new address and a notice to the old one. An address that has an account gets no link;
// the reply is the same. Throws ApiError: reauthentication_required, validation_failed (the address is the
// account's own), rate_limited.
void request_email_change(db::Txn& txn, const Context& context, const Session& session, const Email& wanted,
                          const Proof& proof);

// Uses up the link whose token has this hash. False if it is none of these links, or has expired. Throws
// ApiError(email_taken).
bool confirm_email_change(db::Txn& txn, const Context& context, const std::string& token_hash);

}  // namespace tenantd::service
