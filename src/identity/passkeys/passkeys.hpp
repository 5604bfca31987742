// Passkeys (Web Authentication Level 2): a key pair in a device of the account's owner, unlocked there by a
// finger, a face or a PIN. It signs in by itself, which counts as two factors, or stands for the second
// factor after a password.
//
// A challenge is 56 bytes: when it ends, a nonce, and a code of authentication over both and over whom it was
// made for. Nothing of it is stored before it is used, so that asking for one costs the database nothing.
#pragma once

#include <string>
#include <vector>

#include "identity/factors/reauthentication.hpp"
#include "identity/passkeys/passkeys_store.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

inline constexpr std::int64_t kPasskeysPerAccount = 20;
inline constexpr Seconds kPasskeyChallenge{300};

// True if browsers take PUBLIC_URL's host for a relying party: it is a name, and it is https or localhost.
bool has_passkeys(const Settings& settings);

// PublicKeyCredentialCreationOptions (section 5.4) as JSON, good for this session alone. Throws ApiError:
// not_found (no passkeys here), reauthentication_required, email_unverified, session_bound, limit_reached,
// rate_limited.
json::Object passkey_creation_options(db::Txn& txn, const Context& context, const Session& session,
                                      const Proof& proof);

// What a browser sends of a new credential, decoded.
struct NewPasskey {
  std::string name;
  std::string client_data;
  std::string attestation_object;
};
// Throws ApiError: validation_failed (it is no answer to a challenge of this session), conflict (it is some
// account's already), limit_reached, session_bound.
store::PasskeyRow add_passkey(db::Txn& txn, const Context& context, const Session& session,
                              const NewPasskey& made);

// Throws ApiError: not_found, session_bound.
store::PasskeyRow rename_passkey(db::Txn& txn, const Context& context, const Session& session,
                                 store::PasskeyId id, const std::string& name);
// Throws ApiError: not_found, reauthentication_required, session_bound, rate_limited.
void remove_passkey(db::Txn& txn, const Context& context, const Session& session, store::PasskeyId id,
                    const Proof& proof);

// What a mail says of those that open the account: names and times of their making; "" if there are none.
std::string passkeys_in_words(db::Txn& txn, UserId user);

// For whom a proof is: nobody is known yet, and `browser` is what a cookie of it holds; or `mfa_token` stands
// for the first step, and the account's own passkeys are named.
struct PasskeyUse {
  std::string browser;
  std::optional<std::string> mfa_token;
};
// PublicKeyCredentialRequestOptions (section 5.5) as JSON. Throws ApiError: not_found (no passkeys here),
// mfa_invalid.
json::Object passkey_request_options(db::Txn& txn, const Context& context, const PasskeyUse& use);

struct PasskeyProof {
  std::string credential;
  crypto::Assertion assertion;
  std::optional<std::string> user_handle;
};
// Starts a session in which the second factor counts as shown. Throws ApiError: invalid_credentials,
// mfa_invalid.
TokenReply sign_in_by_passkey(db::Txn& txn, const Context& context, const PasskeyUse& use,
                              const PasskeyProof& proof);

// Whose passkey it is that answers a challenge which the browser asked for; nothing else comes of it. Throws
// ApiError(invalid_credentials).
UserId prove_passkey(db::Txn& txn, const Context& context, const PasskeyUse& use, const PasskeyProof& proof);

}  // namespace tenantd::service
