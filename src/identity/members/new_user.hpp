// The body of an account to be made, alone or in a list.
#pragma once

#include "identity/members/users.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api::handlers {

// The rest of the form that goes with `email`; `object` is validated.
// A profile of first_name and last_name, as far as `object` has them under their names behind `prefix`.
// Throws ApiError(validation_failed) if it has neither.
std::string named_profile(const JsonValue& object, const std::string& prefix = "");

service::NewUserForm new_user_form(const JsonValue& object, Email email);

}  // namespace tenantd::api::handlers
