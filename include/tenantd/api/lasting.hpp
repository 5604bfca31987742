// Rows that take a right without an end.
#pragma once

#include "tenantd/api/route.hpp"
#include "tenantd/domain/lasting.hpp"

namespace tenantd::api {

// True if what the row sets up would outlast the right of a caller whose role has an end.
constexpr bool takes_lasting_right(const Route& route) {
  return route.method != Method::GET && route.permission && kLasting.has(*route.permission);
}

}  // namespace tenantd::api
