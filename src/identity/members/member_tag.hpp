// The entity tag of a member: by what can be changed of one.
#pragma once

#include <string>

#include "identity/two_part_tag.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/identity/members_store.hpp"

namespace tenantd::api::handlers {

// What is changed of a member, as one text.
std::string edited_of(const store::Member& member);

// Throws ApiError: precondition_failed if If-Match names another state of the member, not_found. Locks the
// organization if there is such a header.
void require_expected(const Request& request, const TenantScope& scope, db::Txn& txn, UserId user);

inline Response& tagged(Response& response, const store::Member& member) {
  return response.header("ETag", two_part_tag(edited_of(member), response.body));
}

}  // namespace tenantd::api::handlers
