// Signing in by Google, Microsoft or GitHub, as the service itself has set them up: for accounts, whatever
// organizations they belong to. What an organization's provider vouches for never opens an account this way,
// nor the other way round: its identities are other ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/sso/single_sign_on.hpp"

namespace tenantd::service {

enum class Social { google, microsoft, github };
std::string_view social_name(Social provider);
std::optional<Social> parse_social(std::string_view name);
// Those whose client the settings name.
std::vector<Social> social_providers(const Settings& settings);

// As begin_sign_in(). Throws ApiError: not_found (the settings name no such client), provider_unavailable,
// url_refused, unavailable; when linking also session_bound, impersonating, email_unverified,
// reauthentication_required.
BegunSignIn begin_social(db::Txn& txn, const Context& context, Social provider, const Principal* linking);

// Starts a session. An unknown identity gets an account if SIGNUP lets anybody make one and the provider has
// verified its address; an account that has the address already is never linked by that, but by its owner,
// signed in. Throws ApiError: not_found, oauth_state_invalid, oauth_token_refused, not_provisioned (no
// verified address, or the account is not active), signup_closed, email_taken, identity_taken, mfa_required,
// provider_unavailable, url_refused, unavailable.
TokenReply finish_social(db::Txn& txn, const Context& context, Social provider, const ProviderAnswer& answer,
                         const Cookies& cookie);

}  // namespace tenantd::service
