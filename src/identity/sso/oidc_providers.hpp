// Which OpenID Connect providers of an organization's own choice vouch for its members, and on which terms.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "identity/sso/oidc_providers_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

inline constexpr std::int64_t kMostOidcProviders = 10;

// A row of the table of groups, as typed.
struct GroupForm {
  std::string group;
  std::string role;
};

// What is not named stays as it was; a new provider's schema names what it must have.
struct OidcForm {
  std::optional<std::string> slug;    // of a new one alone
  std::optional<std::string> issuer;  // the same
  std::optional<std::string> name;
  std::optional<std::string> client_id;
  std::optional<Secret> client_secret;
  std::optional<bool> has_key;  // private_key_jwt
  bool renew_key = false;
  std::optional<std::string> scopes;
  std::optional<bool> auto_provision;
  std::optional<std::vector<std::string>> domains;  // as typed
  std::optional<std::string> default_role;
  std::optional<std::string> email_claim;
  std::optional<std::string> name_claim;
  std::optional<std::optional<std::string>> groups_claim;
  std::optional<std::vector<GroupForm>> groups;
  std::optional<bool> groups_each_time;
  std::optional<bool> trust_addresses;
  std::optional<bool> enabled;
};

// Throws ApiError: validation_failed, url_refused (the issuer is no address that may be called),
// role_outranks (somebody would get more than the caller holds), conflict (there is one of this slug),
// limit_reached (there are ten).
store::IdentityProvider make_oidc_provider(const Work& work, const OidcForm& form);
// The same; besides throws ApiError: not_found, precondition_failed.
store::IdentityProvider change_oidc_provider(const Work& work, ProviderId id, const OidcForm& form);
// Who has signed in by it stays signed in, and nobody signs in by it any more. Throws ApiError(not_found).
void remove_oidc_provider(const Work& work, ProviderId id);

}  // namespace tenantd::service
