// What openapi.cpp puts together.
#pragma once

#include <string>
#include <vector>

#include "tenantd/api/json.hpp"
#include "tenantd/api/refusals.hpp"
#include "tenantd/api/route.hpp"

namespace tenantd::api {

// "#/components/schemas/token" for "reply/token", "#/components/schemas/signup_request" for "signup".
std::string component_of(std::string_view schema);
std::string component_reference(std::string_view schema);

// The schema as a value, its references turned into those of the document.
void put_schema(JsonOut& json, const JsonValue& schema);

// A sentence.
std::string who_may_call(const Route& route);

// The row as an operation object.
void put_operation(JsonOut& json, const Route& route);

// The refusals of one status: what rows share stands once, under a name made of the codes.
struct Refusal {
  int status;  // 0: whatever else a handler refuses with
  std::string name;
  std::vector<ErrorCode> codes;
  bool of_scim = false;  // an error of SCIM rather than a problem document
};
std::vector<Refusal> grouped(const Refusals& refusals, bool of_scim);
void put_refusal(JsonOut& json, const Refusal& refusal);

}  // namespace tenantd::api
