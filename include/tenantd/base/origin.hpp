// The origin of a URL (RFC 6454 section 6.2).
#pragma once

#include <string>
#include <string_view>

namespace tenantd {

bool is_https(std::string_view url);

// As browsers spell it: in lower case, without the scheme's own port. "" if there is no scheme.
std::string origin_of(std::string_view url);

}  // namespace tenantd
