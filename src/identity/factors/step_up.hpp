// Proving again who is signed in, in the same session: for what changes credentials, owners and keys
// (ASVS 5.0, 7.5.1 and 7.5.3). How long that counts is kFreshProof; a fresh sign-in counts as well.
//
// Whoever has stepped up has shown all that the account has to show, so that it stands for a password and a
// code in the body too (reauthenticate).
#pragma once

#include <optional>
#include <string>

#include "identity/passkeys/passkeys.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// By what the session's person can show it.
struct WaysToStepUp {
  bool password = false;
  bool mail_code = false;  // in the password's place
  bool passkey = false;    // by itself
  bool code = false;       // of the second factor, beside a password or a mailed code
};
WaysToStepUp ways_to_step_up(db::Txn& txn, const Context& context, const Session& session);

struct StepUp {
  std::optional<std::string> password;
  std::optional<std::string> mail_code;
  std::optional<std::string> code;
  std::optional<PasskeyProof> passkey;
  std::string browser;  // what it holds of the passkey's challenge
};
// Returns how the session stands then. Throws ApiError: reauthentication_required (nothing is shown, too
// little, or what is wrong or another account's), rate_limited.
Authentication step_up(db::Txn& txn, const Context& context, const Session& session, const StepUp& shown);

}  // namespace tenantd::service
