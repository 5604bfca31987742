// What an identity provider says of a person, once its signature is known to be good (OpenID Connect
// Core 1.0, section 3.1.3.7). Pure rules.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "identity/sso/identity_providers_store.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/domain/email.hpp"

namespace tenantd::service {

// What the token must say.
struct IdTokenRules {
  store::ProviderKind kind;
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::optional<std::string> azure_tenant;
  std::vector<std::string> domains;  // empty: all
  TimePoint now;
  Seconds skew;
  const store::OidcTerms* terms = nullptr;  // of kind oidc
  // What the provider's userinfo endpoint says besides, if it was asked: JSON. For the same subject alone.
  std::optional<std::string> userinfo = {};
};

struct Claims {
  std::string subject;  // google, oidc: sub; microsoft: oid
  std::optional<Email> email;
  // The provider answers for it that the person reads this mailbox: Google, for an address of a domain that
  // it hosts. Entra never does, nor any other: their administrators write there what they like.
  bool email_proven = false;
  std::string profile = "{}";  // JSON object: first_name, last_name, name, as far as they are told
  std::optional<std::set<std::string>> groups = {};  // oidc: as far as the provider names them at all
};

// True if the token leaves out what the terms look for, and the userinfo endpoint may tell.
bool leaves_out(const std::string& payload, const store::OidcTerms& terms);

// `payload`: the token's, as signed. Throws ApiError: oauth_token_refused (whose log detail names the claim),
// domain_not_allowed.
Claims check_id_token(const std::string& payload, const IdTokenRules& rules);

}  // namespace tenantd::service
