// Text as the value of a header.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/base/text.hpp"

namespace tenantd {

// A role's name is any text: what is not visible ASCII, and '%', goes as %XX (RFC 3986 section 2.1).
inline std::string header_text(std::string_view text) {
  return percent_encode(text, "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~");
}

}  // namespace tenantd
