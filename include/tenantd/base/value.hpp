// One value of a record, whatever its type: what a column, a JSON member and an audit value have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "tenantd/base/id.hpp"

namespace tenantd {

// Texts are seen, not held: a value lives no longer than what it was read from. Times are whole seconds since
// 1970; an id is its 16 bytes; nullptr is absence.
using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::string_view, UuidBytes>;

}  // namespace tenantd
