// Ending an impersonation, which signing out of it is too.
#pragma once

#include "tenantd/api/request.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::api::handlers {

Response end_impersonation(const Request& request, const Session& session, db::Txn& txn);

}  // namespace tenantd::api::handlers
