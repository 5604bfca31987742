// One row as an item of the Postman collection.
#pragma once

#include <string>

#include "tenantd/api/json.hpp"
#include "tenantd/api/route.hpp"

namespace tenantd::api {

std::string request_name(const Route& route);
// "user_id" for {user_id}, "invite_id" for the {id} of "/api/v1/invites/{id}".
std::string variable_of(std::string_view path, std::string_view part);
void put_request_item(JsonOut& json, const Route& route);
// Lines of JavaScript as Postman keeps them.
void put_script(JsonOut& json, std::string_view when, std::string_view text);

}  // namespace tenantd::api
