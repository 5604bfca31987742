// Addresses in bodies.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/domain/email.hpp"

namespace tenantd::api {

// Returns the address that the member spells. Throws ApiError(validation_failed) at `at`/`name` unless it is
// one that mail can be sent to.
inline Email email_in(const JsonValue& object, std::string_view name, const std::string& at = "") {
  auto typed = Email::read(text(object, name));
  if (!typed.problem.empty()) refuse_field(at + '/' + std::string{name}, typed.problem);
  return *std::move(typed.email);
}

}  // namespace tenantd::api
