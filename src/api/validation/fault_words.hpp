// What is wrong with a body or a query, for whoever has to put it right: Valijson names the constraint that
// failed, these words name what would be taken.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/api/json.hpp"

namespace tenantd::api {

// Where a compiled schema keeps its "format", which Valijson must not see.
inline constexpr const char* kFormatMember = "x-format";

// The names on the way to a value: {"users", "0", "email"}.
using Steps = std::vector<std::string>;

struct Said {
  std::string words;
  std::string member = {};  // of the value, of which the words speak: one that is missing, or not known
};

// `fault` is Valijson's description, found at `steps` of a document of `schema`. Nothing for a fault that
// only sums up others, or that another sums up. `outer`: the name of the list whose item the document is, or
// "".
std::optional<Said> fault_words(std::string_view fault, const JsonValue& schema, const Steps& steps,
                                std::string_view outer);

// Of an object that is closed, and whose first strange member has this name.
Said unknown_member_words(std::string_view name);

}  // namespace tenantd::api
