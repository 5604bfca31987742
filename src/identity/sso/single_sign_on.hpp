// Signing in by an organization's identity provider: OpenID Connect Core 1.0 with the authorization code
// flow, PKCE (RFC 7636), and what RFC 9700 asks for besides. The browser carries a state that is good once,
// in the browser that began, for one organization and one provider.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "identity/accounts/proven_account.hpp"
#include "identity/sso/oidc_providers_store.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

// What the browser gets to begin with.
struct BegunSignIn {
  std::string authorization_url;
  std::int64_t expires_in = 0;  // seconds
  std::string cookie_name;
  std::string cookie;
};

// `way`: google, microsoft, or the slug of a provider of the organization's own. `tenant`: id or slug.
// `linking`: whoever is signed in asks for that identity to be linked to the own
// account. Throws ApiError: not_found (no such active organization, or provider there), provider_unavailable,
// url_refused, unavailable; when linking also session_bound, impersonating, email_unverified,
// reauthentication_required (not fresh from the sign-in), not_provisioned (no member).
BegunSignIn begin_sign_in(db::Txn& txn, const Context& context, const std::string& way,
                          const std::string& tenant, const Principal* linking);

// Gives the cookie of that name, as the browser sent it.
using Cookies = std::function<std::optional<std::string>(const std::string&)>;

struct ProviderAnswer {
  std::string code;
  std::string state;
  std::optional<std::string> issuer = {};        // RFC 9207
  std::optional<std::string> redirect_uri = {};  // where the browser came back, as its page saw it
};

// Starts a session that is good for this organization alone. The state is used up, whatever comes of it.
// Nothing is locked and no transaction is open while the provider is asked: a claim that was made before is
// given up. Throws ApiError: not_found, oauth_state_invalid, oauth_token_refused, domain_not_allowed,
// not_provisioned, email_taken, identity_taken, mfa_required, provider_unavailable, url_refused, unavailable.
TokenReply finish_sign_in(db::Txn& txn, const Context& context, const std::string& way,
                          const std::string& tenant, const ProviderAnswer& answer, const Cookies& cookie);

// Where providers send the browser back to.
std::string redirect_url(const Settings& settings);
// Where this one does: one of an organization's own choice has an address of its own.
std::string redirect_url(const Settings& settings, OrgId org, const store::IdentityProvider& provider);
// True if the page that brings the answer says that the browser came back there.
bool came_back_to(const ProviderAnswer& answer, const std::string& redirect);

// The cookie that binds a state to its browser. Two sign-ins in one browser have one each.
std::string cookie_name(const Settings& settings, const std::string& state);

// An organization whose identity provider vouches for people: the one way into its scope for somebody who is
// nobody there yet.
class FoundProvider {
 public:
  // Throws ApiError(not_found).
  static FoundProvider find(db::Txn& txn, const std::string& way, const std::string& tenant);
  // The ways in by providers that are on; empty if there is no such active organization.
  static std::vector<store::ActiveProvider> active(db::Txn& txn, const std::string& tenant);

  // Acts as nobody yet: without permissions, and without a name in the events.
  const TenantScope& scope() const { return scope_; }
  // The same once it is known who it is.
  TenantScope scope_of(UserId user) const { return TenantScope{scope_.org(), user, PermissionSet{}}; }
  // The account of an identity that the provider has signed for.
  store::ProvenAccount signed_for(UserId user) const { return store::ProvenAccount{user}; }
  const store::IdentityProvider& provider() const { return provider_; }

 private:
  FoundProvider(TenantScope scope, store::IdentityProvider provider)
      : scope_(scope), provider_(std::move(provider)) {}
  TenantScope scope_;
  store::IdentityProvider provider_;
};

}  // namespace tenantd::service
