// Which rows a super-admin may call while acting as somebody else.
#pragma once

#include "tenantd/api/route.hpp"
#include "tenantd/domain/permission.hpp"

namespace tenantd::api {

// By rule, so that no new row is forgotten: what only reads, except what hashes passwords, waits for others
// on anybody's behalf, or belongs to super-admins; changes that take a permission of kImpersonable; and the
// end of the impersonation itself.
bool open_to_impersonation(const Route& route);

}  // namespace tenantd::api
