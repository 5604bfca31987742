// What the service's own providers say of a person. Each has its own rule of when an address is proven.
#pragma once

#include <optional>
#include <string>

#include "identity/sso/social.hpp"
#include "tenantd/clients/oidc.hpp"

namespace tenantd::service {

// Where a provider's client is registered, and what it knows.
struct SocialClient {
  Social provider;
  std::string issuer;  // whose discovery document is read; GitHub: where it is
  std::string client_id;
  Secret client_secret;
};
// Throws ApiError(not_found) unless the settings name one.
SocialClient social_client(const Settings& settings, Social provider);
ProviderCall social_call(const Context& context, const SocialClient& client);
// Of GitHub, which publishes no document, what is known of it.
Discovery social_endpoints(ProviderCall& call, const SocialClient& client);

struct SocialPerson {
  std::string subject;
  std::optional<Email> email;  // the provider has verified it
  std::string profile = "{}";
};
// Exchanges the code and believes no more than is proven. Throws ApiError: oauth_token_refused,
// provider_unavailable, url_refused.
SocialPerson ask_social(const Context& context, ProviderCall& call, const SocialClient& client,
                        const ProviderAnswer& answer, const std::string& nonce, Secret verifier);

}  // namespace tenantd::service
