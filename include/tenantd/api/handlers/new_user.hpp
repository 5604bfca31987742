// The body of an account to be made, alone or in a list.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/service/users.hpp"

namespace tenantd::api::handlers {

// The rest of the form that goes with `email`; `object` is validated.
service::NewUserForm new_user_form(const JsonValue& object, Email email);

}  // namespace tenantd::api::handlers
