// The guides: every command in them runs, and the running service shows them as pages.
#include <criterion/criterion.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/api_client.hpp"
#include "support/check.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

// What tests/guides.py asks of an instance.
const std::vector<std::string> kGuideSettings{
    "SUPER_ADMIN_EMAIL=root@example.com", "SUPER_ADMIN_PASSWORD=velvet anchor northbound",
    "MAIL_EVENTS_SECRET=kettle-orchard-seven-lanterns-quiet", "OUTBOUND_ALLOW=127.0.0.1"};

std::string first_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

// The number behind `name` in the last line that guides.py prints.
int counted(const std::string& output, const std::string& name) {
  std::smatch found;
  require(std::regex_search(output, found, std::regex{name + ": ([0-9]+)"}), "no " + name + " in " + output);
  return std::stoi(found[1]);
}

// The addresses that a page leads to on this host, without their anchors.
std::set<std::string> addresses_in(const std::string& page) {
  static const std::regex link{R"re((?:href|src)="(/[^"#]*))re"};
  std::set<std::string> found;
  for (std::sregex_iterator at{page.begin(), page.end(), link}, end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

}  // namespace

// A private instance, because the guides run programs that work on all organizations.
Test(guides, every_command_runs_and_every_reply_has_the_members_shown) {
  const PrivateStack stack{kGuideSettings};
  const auto top = setting("TENANTD_TOP");
  const auto port = first_line(stack.dir() + "/port");
  const auto ran = run_program({"python3", top + "/tests/guides.py"},
                               {"TENANTD_URL=http://127.0.0.1:" + port, "TENANTD_RUN_DIR=" + stack.dir(),
                                "TENANTD_BUILD=" + setting("TENANTD_BUILD"), "TMPDIR=" + stack.dir()},
                               std::chrono::seconds{240});
  require_equal(ran.status, 0, ran.output);
  require(counted(ran.output, "blocks") >= 50, ran.output);
  require_equal(counted(ran.output, "ran"), counted(ran.output, "blocks"), ran.output);
  require(counted(ran.output, "norun") <= 12, "a block that can run must run: " + ran.output);
}

Test(guides, the_service_shows_every_guide_and_no_link_of_a_page_leads_nowhere) {
  std::set<std::string> seen;
  std::set<std::string> left{"/guide/"};
  while (!left.empty()) {
    const auto address = left.extract(left.begin()).value();
    if (!seen.insert(address).second) continue;
    const auto reply = Client{}.get(address);
    expect(reply, 200);
    if (!reply.header("content-type").starts_with("text/html") || !address.starts_with("/guide")) continue;
    require(reply.header("content-security-policy").starts_with("default-src 'none'"), reply.describe());
    require(reply.body.find("<script") == std::string::npos &&
                reply.body.find(" style=") == std::string::npos &&
                reply.body.find("<style") == std::string::npos,
            address + " holds what its policy forbids");
    left.merge(addresses_in(reply.body));
  }
  for (const auto* page : {"/guide/systemd/", "/guide/src/identity/", "/guide/src/bin/tenantctl.1/",
                           "/pages/guide.css", "/guide/src/architecture.svg"})
    require(seen.contains(page), std::string{page} + " is reached from nowhere");
}

Test(guides, no_address_below_them_leads_out_of_their_folder) {
  for (const auto* address :
       {"/guide/nothing", "/guide/../app.js", "/guide/%2e%2e/app.js", "/guide/..%2fapp.js"}) {
    const auto status = Client{}.get(address).status;
    require(status == 404 || status == 400, std::string{address} + " answers " + std::to_string(status));
  }
  expect(Client{}.get("/guide"), 200);
}
