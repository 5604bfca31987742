// People of the organization by a filter, in an order, by pages.
#pragma once

#include "tenantd/api/request.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {

// A filter or an order that no index serves reads everybody: at most kMostCompared people, and at most
// kMostBytesRead of what is known of them, else 400 tooMany. A page ends early where it has so many bytes.
Response list_scim_people(const Request& request, const TenantScope& scope, Txn& txn);

}  // namespace tenantd::api::handlers
