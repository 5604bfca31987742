// A page of the service's own origin, and the cookie that its browser keeps for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/api_client.hpp"

namespace tenantd::test {

class Browser {
 public:
  // `url`: where requests go; `origin`: what the browser says the page's is.
  Browser();
  Browser(std::string url, std::string origin, std::string cookie_name);

  // A POST with X-Session, the cookie, Origin and `more`; what the reply sets is kept, as a browser does.
  Response post(const std::string& path, const std::optional<std::string>& body = std::nullopt,
                const std::vector<Header>& more = {});

  // The refresh token that it holds; "" if none.
  const std::string& token() const { return token_; }
  void hold(std::string token) { token_ = std::move(token); }
  std::string cookie_header() const { return token_.empty() ? "" : name_ + '=' + token_; }
  const std::string& origin() const { return origin_; }

 private:
  void keep(const Response& reply);

  std::string url_;
  std::string origin_;
  std::string name_;
  std::string token_;
};

}  // namespace tenantd::test
