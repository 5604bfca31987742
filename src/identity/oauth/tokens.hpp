// The token endpoint: codes, refresh tokens and a client's own rights become access tokens (RFC 9068) and ID
// tokens; what a token means to whoever asks, and its end before its time.
#pragma once

#include <optional>
#include <string>

#include "identity/oauth/grants_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

struct ClientTokens {
  std::string access_token;
  std::int64_t expires_in = 0;  // seconds
  Scopes scopes;
  std::optional<std::string> refresh_token, id_token;
};

// Each throws ApiError(invalid_grant) and (unauthorized_client); of the scopes that are asked for
// (invalid_scope), of the resource (invalid_request) by the word invalid_target.

// A code that is shown a second time ends what it gave: committed though it throws.
ClientTokens exchange_code(db::Txn& txn, const Context& context, const store::FoundClient& client,
                           const std::string& code, const std::string& redirect_uri,
                           const std::string& verifier, const std::optional<std::string>& resource);
// What a device has asked for (RFC 8628 section 3.5). While nobody has said anything it throws
// invalid_grant by the words authorization_pending and slow_down, and commits when it was asked; later by
// access_denied and expired_token. A code is good once.
ClientTokens exchange_device_code(db::Txn& txn, const Context& context, const store::FoundClient& client,
                                  const std::string& code, const std::optional<std::string>& resource);
// By the rotation of all sessions: an old refresh token ends the session.
ClientTokens refresh_for_client(db::Txn& txn, const Context& context, const store::FoundClient& client,
                                const std::string& token, const std::optional<std::string>& scope,
                                const std::optional<std::string>& resource);
ClientTokens tokens_for_itself(db::Txn& txn, const Context& context, const store::FoundClient& client,
                               const std::optional<std::string>& scope,
                               const std::optional<std::string>& resource);

// What a token is worth at this moment, as RFC 7662 section 2.2 says it: to the client that holds it, to the
// client that is the API which it is for, and, of access tokens for this service's API, to a client of the
// service's own. {"active": false} of every other.
json::Object introspect(db::Txn& txn, const Context& context, const store::FoundClient& client,
                        const std::string& token);
// Ends the session behind a token that this client holds. Another text changes nothing.
void revoke_token(db::Txn& txn, const Context& context, const store::FoundClient& client,
                  const std::string& token);

}  // namespace tenantd::service
