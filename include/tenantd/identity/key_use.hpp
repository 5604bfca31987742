// What is noted of an API key's use beside what its check notes.
#pragma once

#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Throws ApiError(network_refused) if the caller's key is taken from other networks alone. The first such
// call of an hour leaves an event and an audit row behind that name the account and where it came from.
void require_network(const Context& context, const Principal& principal);

// Notes the use of a key whose network was judged, once the reply is sent.
void note_key_use(const Context& context, const Principal& principal);

}  // namespace tenantd::service
