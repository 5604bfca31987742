// nginx/guard.conf.example as it is shipped, in front of an application that reads paths in every careless
// way (tests/node/guarded_backend.mjs): no spelling reaches what the caller may not.
#include <criterion/criterion.h>
#include <sys/socket.h>

#include <fstream>
#include <iterator>
#include <vector>

#include "support/background.hpp"
#include "support/check.hpp"
#include "support/own_nginx.hpp"
#include "support/processes.hpp"
#include "tenantd/base/descriptor.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  require(text.find(from) != std::string::npos, "the example has no " + from);
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string example(const OwnNginx::Place& at) {
  std::ifstream file{setting("TENANTD_TOP") + "/nginx/guard.conf.example"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  text = replaced(text, "listen 80;", "listen 127.0.0.1:" + std::to_string(at.port) + ";");
  text = replaced(text, "listen [::]:80;", "");
  text = replaced(text, "access_log /var/log/nginx/reports.log tenantd;", "");
  return replaced(text, "http://127.0.0.1:3000", "http://unix:" + at.dir + "/app.sock");
}

// The file is there a moment before anybody is let in.
bool listens(const std::string& path) {
  const auto address = unix_address(path);
  const Descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  return address && fd &&
         ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
}

class ExampleSite {
 public:
  ExampleSite()
      : nginx_(
            [this](const auto& at) {
              socket_ = at.dir + "/app.sock";
              return example(at);
            },
            setting("FAST_SOCKET")),
        backend_("guarded-backend",
                 {"node", setting("TENANTD_TOP") + "/tests/node/guarded_backend.mjs", socket_}) {
    wait_until("the application listens", [&] {
      backend_.must_live();
      return listens(socket_);
    });
  }
  const OwnNginx& nginx() const { return nginx_; }

 private:
  std::string socket_;
  OwnNginx nginx_;
  Background backend_;
};

// What leads from an opened place to another, in one server's reading or another's.
const std::vector<std::string>& spellings() {
  static const std::vector<std::string> all = {"/assets/../statistics/",
                                               "/assets/..",
                                               "/assets/./../statistics/x",
                                               "/assets/.%2e/statistics/",
                                               "/assets/%2e%2e/statistics/",
                                               "/assets/%2E%2E/statistics/",
                                               "/assets/%2e./statistics/",
                                               "/assets/..%2fstatistics/",
                                               "/assets/..%2Fstatistics/",
                                               "/assets/%2e%2e%2fstatistics/",
                                               "/assets%2f..%2fstatistics/",
                                               "/assets/..%5cstatistics/",
                                               "/assets/..%5Cstatistics/",
                                               "/assets/..\\statistics/",
                                               "/assets\\..\\statistics/",
                                               "/assets/..;/statistics/",
                                               "/assets/..;x=1/statistics/",
                                               "/assets/.;/../statistics/",
                                               "/assets;/../statistics/",
                                               "/assets/%3b/../statistics/",
                                               "/assets/..%3b/statistics/",
                                               "/assets/%252e%252e/statistics/",
                                               "/assets/..%252fstatistics/",
                                               "/assets/%252e%252e%252fstatistics/",
                                               "/assets/..%255cstatistics/",
                                               "/assets/%c0%ae%c0%ae/statistics/",
                                               "/assets/..%c0%afstatistics/",
                                               "/assets/%C0%AE./statistics/",
                                               "/statistics/..%2fassets%2f",
                                               "/statistics/../assets/",
                                               "/statistics/%2e%2e/assets/",
                                               "/statistics/..%5cassets/",
                                               "/statistics/..;/assets/",
                                               "/statistics#/../assets/",
                                               "/statistics/#/../../assets/",
                                               "/assets/#/../../statistics/",
                                               "//assets/statistics/",
                                               "//assets/../statistics/",
                                               "/assets//../statistics/",
                                               "/assets/%23/../statistics/",
                                               "/assets/%3f/../../statistics/",
                                               "/assets/..%09/statistics/",
                                               "/assets/.%0a./statistics/",
                                               "/assets/..%20/../statistics/",
                                               "/assets/%2e%2e?/statistics/",
                                               "/statistics/..%2fassets%2f?x=/assets/",
                                               "///statistics/",
                                               "/.//statistics/",
                                               "/x/..%2fstatistics/",
                                               "/x/../Statistics/",
                                               "/x%2f..%2fSTATISTICS"};
  return all;
}

void must_not_reach(const Response& reply, const std::string& handler) {
  const bool reached = reply.status == 200 && reply.body.find(handler) != std::string::npos;
  require(!reached, reply.describe());
  require(reply.status == 200 || reply.status == 400 || reply.status == 401 || reply.status == 403,
          reply.describe());
}

}  // namespace

Test(guard_paths, no_spelling_leads_out_of_the_opened_place) {
  const ExampleSite site;
  require_equal(expect(site.nginx().client().get("/assets/app.js"), 200).body, "assets");
  for (const auto& path : spellings())
    for (const char* handler : {"statistics", "reports"})
      must_not_reach(site.nginx().client().get(path), handler);
}

Test(guard_paths, no_spelling_reaches_a_place_whose_permission_is_lacking) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const ExampleSite site;
  require_equal(expect(site.nginx().client(owner).get("/statistics/x"), 200).body, "statistics");
  require_equal(expect(site.nginx().client(viewer).get("/anything?path=/../;x"), 200).body, "reports");
  for (const auto& path : spellings()) must_not_reach(site.nginx().client(viewer).get(path), "statistics");
  for (const char* path : {"/statistics/", "/statistics", "/Statistics/x", "/STATISTICS",
                           "/statistics?x=/assets/", "/%73tatistics/", "/statistic%53/"})
    expect_problem(site.nginx().client(viewer).get(path), 403, "forbidden");
}

Test(guard_paths, an_ambiguous_path_is_refused_whoever_calls) {
  const auto owner = sign_up();
  const ExampleSite site;
  for (const char* path : {"/statistics/..%2fassets%2f", "/statistics/../assets/", "/assets/..;/x",
                           "//assets/", "/assets/%5cx", "/assets/%2e%2e/x"}) {
    expect_problem(site.nginx().client().get(path), 400, "bad_path");
    expect_problem(site.nginx().client(owner).get(path), 400, "bad_path");
  }
  for (const char* path :
       {"/assets/a.b/.well-known/x..y/...", "/assets/M%C3%BCnchen%20(1).pdf", "/assets/?a=../%2e"})
    expect(site.nginx().client().get(path), 200);
}
