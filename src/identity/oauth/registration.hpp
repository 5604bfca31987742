// Dynamic client registration (RFC 7591). Closed until a super-admin makes an initial access token; such a
// token is good for so many registrations and so long. A client that registers itself stands under the
// organization of zeros, and is never taken for the service's own: people are always asked.
#pragma once

#include "identity/oauth/clients.hpp"
#include "identity/oauth/registration_store.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::service {

inline constexpr std::int64_t kMostRegistrationTokens = 100;

struct MadeRegistrationToken {
  store::RegistrationToken record;
  Secret token;  // the only time it is seen
};
// Throws ApiError(limit_reached).
MadeRegistrationToken make_registration_token(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                              store::RegistrationToken token);
// Throws ApiError(not_found).
void end_registration_token(db::Txn& txn, const Context& context, store::RegistrationTokenId id);

// `metadata`: of RFC 7591 section 2. Throws ApiError(invalid_token) without a good initial access token, and
// invalid_request by the words invalid_redirect_uri and invalid_client_metadata; a refused registration uses
// the token up all the same.
MadeClient register_by_token(db::Txn& txn, const Context& context, const std::string& authorization,
                             const json::Value& metadata);

}  // namespace tenantd::service
