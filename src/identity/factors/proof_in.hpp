// The members of a body by which a caller proves once more who it is.
#pragma once

#include "identity/factors/reauthentication.hpp"
#include "tenantd/api/json.hpp"

namespace tenantd::api {

// Absent is not invalid: whoever does not prove who they are is told to (403), as is whoever fails to.
inline service::Proof proof_in(const JsonValue& body) {
  return {maybe_text(body, "password"), maybe_text(body, "code")};
}

}  // namespace tenantd::api
