// A server that knows the account, or its password, otherwise.
#pragma once

#include "tenantd/domain/error.hpp"

namespace tenantd::db {

// The server lets the account not in (1045, 1698). To a service it is an outage like others, since whoever
// changes a password may change both ends one after the other; to an operator at a terminal it is a setting.
struct AccessDenied : ApiError {
  explicit AccessDenied(const std::string& what)
      : ApiError(ApiError(ErrorCode::unavailable).detail("connect: " + what)) {}
};

}  // namespace tenantd::db
