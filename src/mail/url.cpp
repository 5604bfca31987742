#include "url.hpp"

#include <curl/curl.h>

#include <memory>

#include "tenantd/base/text.hpp"

namespace tenantd::mail {
namespace {

// Returns one part of `url`, or an empty text.
std::string part_of(CURLU* url, CURLUPart part) {
  char* raw = nullptr;
  if (curl_url_get(url, part, &raw, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owned{raw, curl_free};
  return raw;
}

}  // namespace

std::optional<UrlParts> url_parts(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed{curl_url(), curl_url_cleanup};
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return std::nullopt;
  const bool named =
      !part_of(parsed.get(), CURLUPART_USER).empty() || !part_of(parsed.get(), CURLUPART_PASSWORD).empty();
  return UrlParts{part_of(parsed.get(), CURLUPART_SCHEME), ascii_lower(part_of(parsed.get(), CURLUPART_HOST)),
                  named};
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

}  // namespace tenantd::mail
