#include "tenantd/http/set_cookie.hpp"

namespace tenantd::http {

std::string cookie_name(bool https, const std::string& name) { return (https ? "__Host-" : "") + name; }

std::string set_cookie(bool https, const std::string& name, const std::string& value, std::int64_t seconds,
                       SameSite same_site) {
  return name + '=' + value + "; Path=/; Max-Age=" + std::to_string(seconds) +
         "; HttpOnly; SameSite=" + (same_site == SameSite::strict ? "Strict" : "Lax") +
         (https ? "; Secure" : "");
}

}  // namespace tenantd::http
