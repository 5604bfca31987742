// One value of a record, whatever its type: what a column, a JSON member and an audit value have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tenantd/base/id.hpp"

namespace tenantd {

// A text that stands somewhere is seen, not held: the value lives no longer than what it was read from. A
// text that is made for the value is held. Times are whole seconds since 1970; an id is its 16 bytes; nullptr
// is absence.
using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::string_view, UuidBytes, std::string>;

// The text, seen or held, for as long as the value lives; nullopt if the value is none.
inline std::optional<std::string_view> text_of(const Value& value) {
  if (const auto* seen = std::get_if<std::string_view>(&value)) return *seen;
  if (const auto* held = std::get_if<std::string>(&value)) return *held;
  return std::nullopt;
}

}  // namespace tenantd
