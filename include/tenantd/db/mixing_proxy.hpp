// A proxy that gives the transactions of one connection to several of the server's ("multiplexing").
#pragma once

#include "tenantd/domain/error.hpp"

namespace tenantd::db {

// The scope lies in variables of the server's connection: behind such a proxy a statement would find another
// tenant's. No request is served through it.
struct MixingProxy : ApiError {
  explicit MixingProxy(const std::string& where)
      : ApiError(ApiError(ErrorCode::unavailable).detail("connect: " + where + ": " + kAdvice)) {}

  static constexpr const char* kAdvice =
      "The database is behind a proxy that mixes connections: let it pass each connection through to one of "
      "the server's (no multiplexing, no pooling by transaction), or name the server itself in DB_HOST";
};

}  // namespace tenantd::db
