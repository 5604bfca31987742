// One request as a browser makes it, to the service's own address: with the certificate that is shown, and
// whether it is trusted. Not through net/outbound, which refuses what lies inside.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tenantd/base/time.hpp"

namespace tenantd::ctl {

struct WebReply {
  int status = 0;  // 0 = none; `error` says why
  std::string body, error;
  std::map<std::string, std::string> headers;  // by name in lower case
  std::optional<TimePoint> certificate_ends;   // of the one that was shown
  bool is_untrusted = false;                   // it was shown one, and does not trust it
};

// `request_id`: sent as X-Request-Id. `authorities`: a file to trust instead of the system's; empty = none.
WebReply ask_web(const std::string& url, const std::string& request_id, const std::string& authorities);

}  // namespace tenantd::ctl
