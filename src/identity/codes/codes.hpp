// Codes of eight digits in a mail. One signs in, where the service has that way: it stands for the password
// and proves the address. Another proves again who is signed in already.
//
// A code is typed into the browser that asked for it: the browser holds a nonce in a cookie, or the session,
// and nobody else's guess is looked at. There is no link in the mail, so a scanner cannot use the code up.
#pragma once

#include <optional>
#include <string>

#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

inline constexpr Seconds kMailedCodeLives{600};
inline constexpr std::int64_t kMailedCodeTries = 5;

// Mails a code if the address has an account that may sign in and has not had too many; says nothing either
// way, after the same work. Returns what the browser is to hold.
std::string request_sign_in_code(db::Txn& txn, const Context& context, const Email& email);

struct CodeUse {
  std::string browser;              // what it holds
  std::string code;                 // as typed
  std::optional<UserId> signed_in;  // whose session the request carries
};
// Starts a session. Each try is counted and written down before it is evaluated, as a wrong password is. An
// address that was not verified is from now on: where somebody who does not read the mailbox could have made
// the account, its password and all that was set up in it end (claim_account), unless that person's session
// is the one that asks. Throws ApiError: invalid_credentials (wrong, over, used, another browser's, or the
// account may not sign in), mfa_required.
TokenReply sign_in_by_code(db::Txn& txn, const Context& context, const CodeUse& use);

// Mails a code to who is signed in. Throws ApiError(rate_limited).
void mail_code_of_session(db::Txn& txn, const Context& context, const Session& session);
// True if it is the session's newest code, which is used up by that. Counted before it is evaluated.
bool take_code_of_session(db::Txn& txn, const Context& context, const Session& session,
                          const std::string& code);

}  // namespace tenantd::service
