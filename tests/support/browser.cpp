#include "support/browser.hpp"

#include <cstdlib>

namespace tenantd::test {

Browser::Browser() : Browser(std::getenv("TENANTD_URL"), std::getenv("TENANTD_URL"), "tenantd") {}

Browser::Browser(std::string url, std::string origin, std::string cookie_name)
    : url_(std::move(url)), origin_(std::move(origin)), name_(std::move(cookie_name)) {}

Response Browser::post(const std::string& path, const std::optional<std::string>& body,
                       const std::vector<Header>& more) {
  Call call{"POST", path, body, "application/json", {{"X-Session", "cookie"}, {"Origin", origin_}}};
  if (!token_.empty()) call.headers.emplace_back("Cookie", cookie_header());
  call.headers.insert(call.headers.end(), more.begin(), more.end());
  auto reply = Client{url_}.send(call);
  keep(reply);
  return reply;
}

void Browser::keep(const Response& reply) {
  for (const auto& [name, value] : reply.headers)
    if (name == "set-cookie" && value.starts_with(name_ + '='))
      token_ = value.substr(name_.size() + 1, value.find(';') - name_.size() - 1);
}

}  // namespace tenantd::test
