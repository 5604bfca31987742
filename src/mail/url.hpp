// Parts of URLs in settings. For this room only.
#pragma once

#include <optional>
#include <string>

namespace tenantd::mail {

struct UrlParts {
  std::string scheme;
  std::string host;  // lower case; an IPv6 address in its brackets
  bool has_credentials = false;
};

// nullopt if it is no URL.
std::optional<UrlParts> url_parts(const std::string& url);

// True of a host that is this one: nobody stands between.
bool is_loopback(const std::string& host);

}  // namespace tenantd::mail
