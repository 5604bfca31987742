// Tests of a sign-in by an organization's identity provider, by who sets it up: the whole way through the
// provider, and then what the service would make of it. Nobody is signed in, and nothing is kept.
#pragma once

#include <optional>
#include <string>

#include "identity/sso/id_token.hpp"
#include "identity/sso/linking.hpp"
#include "identity/sso/single_sign_on.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {

// What a sign-in would have come to.
struct TestedSignIn {
  std::string issuer;
  std::optional<ErrorCode> refused;  // with which a sign-in would have been
  std::string why;                   // for whom it is to be told: what the refusal is about, or ""
  std::optional<Claims> claims;      // what the provider says of the person, once it is believed
  std::string role_name;             // that the person would have, or "" if refused
};

// `way`: as in the path. The state is good for `tester`'s session in this browser alone, and for no sign-in.
// Throws ApiError: not_found (no such provider that is switched on), url_refused, provider_unavailable,
// unavailable.
BegunSignIn begin_sign_in_test(db::Txn& txn, const Context& context, const TenantScope& scope,
                               const std::string& way, const Asker& tester);

// The state is used up, whatever comes of it. Refusals of the provider's word and of the person are a result.
// Throws ApiError: not_found, oauth_state_invalid, rate_limited, unavailable.
TestedSignIn finish_sign_in_test(db::Txn& txn, const Context& context, const TenantScope& scope,
                                 const std::string& way, const ProviderAnswer& answer, const Cookies& cookies,
                                 const Asker& tester);

}  // namespace tenantd::service
