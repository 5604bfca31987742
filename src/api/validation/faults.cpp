#include "api/validation/faults.hpp"

#include <algorithm>

namespace tenantd::api {
void Faults::add(std::string pointer, std::string words) {
  if (!full()) error_.add_field(std::move(pointer), std::move(words));
}

bool Faults::names(std::string_view pointer) const {
  const auto& fields = error_.fields();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& field) { return field.pointer == pointer; });
}

void Faults::raise() const {
  if (!none()) throw ApiError{error_};
}

}  // namespace tenantd::api
