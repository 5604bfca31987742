// The two halves of a conversation with an organization's identity provider: the browser is sent there, and
// comes back with a code.
#pragma once

#include <optional>
#include <string>

#include "identity/sso/linking.hpp"
#include "identity/sso/provisioning.hpp"
#include "identity/sso/single_sign_on.hpp"
#include "tenantd/clients/oidc.hpp"

namespace tenantd::service {

// What a state was made for. One that was made for the one is unknown to the other.
enum class Purpose { sign_in, test };

// `way`: as in the path. `asker`: who wants a link, or a test. Throws ApiError: provider_unavailable,
// url_refused, unavailable.
BegunSignIn send_to_provider(db::Txn& txn, const Context& context, const FoundProvider& found,
                             const std::string& way, Purpose purpose, const std::optional<Asker>& asker);

// A state that is good once, in the browser that began, for one organization, provider and purpose; used up
// by ask().
class Conversation {
 public:
  // `asker`: of a test, whose state is good for who began it alone. Throws ApiError: oauth_state_invalid,
  // unavailable (the state is unused then).
  Conversation(db::Txn& txn, const Context& context, const FoundProvider& found, Purpose purpose,
               const ProviderAnswer& answer, const Cookies& cookies,
               const std::optional<Asker>& asker = std::nullopt);

  // Returns what the provider says of the person. Throws ApiError: oauth_token_refused, domain_not_allowed,
  // provider_unavailable, url_refused.
  Vouched ask();

  const std::string& issuer() const { return issuer_; }

 private:
  const Context& context_;
  const FoundProvider& found_;
  const ProviderAnswer& answer_;
  std::string issuer_;
  ProviderCall call_;
  store::OauthState state_;
};

}  // namespace tenantd::service
