// With which codes a row may refuse: for the documents, and for the suite, which holds the service to them.
#pragma once

#include <vector>

#include "tenantd/api/route.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {

struct Refusals {
  std::vector<ErrorCode> codes;  // by status, without repetition
  // False: the handler has not said what it adds to what the row's columns imply, and may refuse with more.
  bool complete;
};
Refusals refusals_of(const Route& route);

// True for what no row chooses: faults of the request as bytes, and of the service.
bool may_always_occur(ErrorCode code);

// True if both rows call the same function.
bool same_handler(const Route& a, const Route& b);

}  // namespace tenantd::api
