// How a client shows who it is at the token endpoint (RFC 6749 section 2.3, RFC 7523).
#pragma once

#include "identity/oauth/clients_store.hpp"
#include "tenantd/api/json.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::service {

// The client that sends `body`, by the one way that it is registered with: the header, its secret in the
// form, a signed assertion, or, where it is public, its name alone. Throws ApiError(invalid_client), and
// rate_limited instead where a network has failed too often; invalid_request for two ways at once. What is
// written before it is undone by a failure.
store::FoundClient authenticate_client(db::Txn& txn, const Context& context, const http::Request& request,
                                       const json::Value& body);

}  // namespace tenantd::service
