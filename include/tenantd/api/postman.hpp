// The API as a Postman collection (v2.1), made from the route table: a folder a section, a request a row, in
// an order in which all of them succeed against a fresh or a used service.
#pragma once

#include <string>

namespace tenantd::api {

std::string postman_collection();

// Its environment: where the service is, who signs up, and the variables that replies fill.
std::string postman_environment(const std::string& server);

// Names what the plan (src/api/postman_plan.cpp) says of rows that are none; "" if there is nothing.
std::string postman_stale_steps();

}  // namespace tenantd::api
