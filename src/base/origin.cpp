#include "tenantd/base/origin.hpp"

#include "tenantd/base/text.hpp"

namespace tenantd {

bool is_https(std::string_view url) { return ascii_lower(url.substr(0, 8)) == "https://"; }

std::string origin_of(std::string_view url) {
  auto text = ascii_lower(url);
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return {};
  text = text.substr(0, text.find_first_of("/?#", scheme + 3));
  const std::string_view own_port = text.starts_with("https:") ? ":443" : ":80";
  if (text.ends_with(own_port)) text.resize(text.size() - own_port.size());
  return text;
}

}  // namespace tenantd
