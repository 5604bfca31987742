// Sign-in for an application that nginx guards: nginx stands for an OAuth client (a public one), and these
// are the client's parts that nginx cannot play. The browser's verifier of PKCE is a cookie of the
// application's own origin, so that no other browser can spend the code, and nobody can have a browser spend
// one of theirs.
#pragma once

#include <functional>
#include <string>

#include "identity/oauth/tokens.hpp"

namespace tenantd::service {

struct GuardSignIn {
  std::string location;  // absolute: this service's page, or back to the client with what is wrong
  std::string verifier;  // the browser's from now on
};
// `verifier`: what the browser has, or anything else; a good one stays, so that several tabs can be under
// way. Throws ApiError(invalid_request): the client is unknown, keeps a secret, or did not register the
// address.
GuardSignIn begin_guard_sign_in(db::Txn& txn, const Context& context, ClientId client,
                                const std::string& redirect_uri, const std::string& verifier);

struct GuardSession {
  ClientTokens tokens;
  bool https = false;  // of the application
};
// `verifier`: the browser's for an application that is https or not. Another one, which some other host of
// the domain could have set, must not stand in for it. Throws ApiError: token_invalid (`state` is not of
// begin_guard_sign_in, or an hour old), invalid_request as above, and as exchange_code().
GuardSession end_guard_sign_in(db::Txn& txn, const Context& context, const std::string& state,
                               const std::string& code,
                               const std::function<std::string(bool https)>& verifier);

// Where the application's page was asked for: a path of its own, or "/" if `target` is none.
std::string guard_target(const std::string& target);

}  // namespace tenantd::service
