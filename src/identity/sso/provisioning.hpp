// Whose account an identity leads to, and who gets one.
#pragma once

#include "identity/sso/id_token.hpp"
#include "identity/sso/linking.hpp"
#include "identity/sso/single_sign_on.hpp"

namespace tenantd::service {

// Somebody whom the provider has vouched for.
struct Vouched {
  const FoundProvider& by;
  std::string issuer;
  Claims claims;
  std::optional<Asker> linking;  // who asked for a link to the own account
};

// Returns the account that the identity belongs to, or now belongs to, with its active membership. An address
// alone never leads to an account: only Google's word for an address that it hosts, where the account's own
// address is verified and the account is a member here already, and any provider's word for an address of a
// domain that the organization has proven, where it is verified. Throws ApiError: not_provisioned,
// email_taken (sign in with the password and link), identity_taken.
struct SignedOn {
  UserRecord user;
  store::Membership membership;
};
SignedOn account_of(db::Txn& txn, const Context& context, const Vouched& vouched);

}  // namespace tenantd::service
