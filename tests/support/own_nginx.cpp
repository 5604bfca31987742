#include "support/own_nginx.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/loopback.hpp"
#include "support/processes.hpp"

namespace tenantd::test {
namespace {

std::string fresh_dir() {
  std::string pattern = run_dir() + "/nginx-XXXXXX";
  require(::mkdtemp(pattern.data()) != nullptr, "no folder");
  std::filesystem::create_symlink(setting("TENANTD_TOP") + "/nginx", pattern + "/tenantd");
  return pattern;
}

}  // namespace

OwnNginx::OwnNginx(const Configuration& http, const std::string& fast)
    : OwnNginx(http, Sockets{fast, setting("HASH_SOCKET"), setting("OUTBOUND_SOCKET")}) {}

OwnNginx::OwnNginx(const Configuration& http, const Sockets& sockets) : place_{fresh_dir(), free_port()} {
  std::ofstream{place_.dir + "/nginx.conf"} << whole(http(place_), sockets);
  start();
}

OwnNginx::~OwnNginx() {
  nginx_.reset();
  std::filesystem::remove_all(place_.dir);
}

std::string OwnNginx::url() const { return "http://127.0.0.1:" + std::to_string(place_.port); }

Client OwnNginx::client() const {
  Client made{url()};
  made.of_another_program();
  return made;
}

Client OwnNginx::client(const Account& account) const {
  auto made = client();
  made.bearer(account.access_token);
  return made;
}

std::string OwnNginx::whole(const std::string& http, const Sockets& sockets) const {
  std::string text = ::geteuid() == 0 ? "user root;\n" : "";
  text += "daemon off; error_log stderr warn; pid " + place_.dir +
          "/pid; worker_processes 1;\nevents {}\nhttp {\n";
  for (const char* kind : {"client_body", "fastcgi", "proxy", "scgi", "uwsgi"})
    text += std::string{kind} + "_temp_path " + place_.dir + '/' + kind + ";\n";
  return text +
         "access_log off;\ninclude tenantd/http.conf;\nupstream tenantd_fast { server unix:" + sockets.fast +
         "; keepalive 4; keepalive_time 3s; keepalive_timeout 2s; }\nupstream tenantd_hash { server unix:" +
         sockets.hash + "; }\nupstream tenantd_outbound { server unix:" + sockets.outbound + "; }\n" + http +
         "}\n";
}

void OwnNginx::start() {
  nginx_.emplace("own-nginx", std::vector<std::string>{"nginx", "-e", "stderr", "-p", place_.dir, "-c",
                                                       place_.dir + "/nginx.conf"});
  wait_until("an nginx of the test's own answers", [&] {
    nginx_->must_live();
    return client().get("/").status != 0;
  });
}

}  // namespace tenantd::test
