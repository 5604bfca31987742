// nginx/balancer.conf.example as a test runs it.
#pragma once

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "support/check.hpp"
#include "support/own_nginx.hpp"
#include "support/processes.hpp"

namespace tenantd::test::hosts {

inline std::string host_of(const std::string& url) { return url.substr(url.find("//") + 2); }

// The example with these hosts, this port, and no certificates; who the client is stands in a header.
inline OwnNginx::Configuration balancer(const std::string& one, const std::string& other) {
  return [=](const OwnNginx::Place& at) {
    std::ifstream in{setting("TENANTD_TOP") + "/nginx/balancer.conf.example"};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    const auto replace = [&](const std::string& what, const std::string& with) {
      const std::string before = text;
      text = std::regex_replace(text, std::regex{what}, with);
      require(text != before, "the example has no " + what);
    };
    replace("server \\{\n    listen 80;[^}]*\\}\n", "");
    replace("192\\.0\\.2\\.11:80", host_of(one));
    replace("192\\.0\\.2\\.12:80", host_of(other));
    replace("    ssl_[^\n]*\n", "");
    replace("    listen \\[::\\]:443[^\n]*\n", "");
    replace("listen 443 ssl http2;", "listen 127.0.0.1:" + std::to_string(at.port) +
                                         "; set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;");
    return text;
  };
}

}  // namespace tenantd::test::hosts
