// Cookies for this service's own origin alone, which no script reads (RFC 6265bis).
#pragma once

#include <cstdint>
#include <string>

namespace tenantd::http {

enum class SameSite { lax, strict };

// The name with the prefix that keeps other hosts of the domain from setting it (section 4.1.3.2), where the
// service is https.
std::string cookie_name(bool https, const std::string& name);
// The value of a Set-Cookie header. No seconds: the cookie ends.
std::string set_cookie(bool https, const std::string& name, const std::string& value, std::int64_t seconds,
                       SameSite same_site);

}  // namespace tenantd::http
