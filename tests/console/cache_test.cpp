// How an installed console is kept by browsers: for ever under the version it has, and never under another.
#include <criterion/criterion.h>

#include <regex>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

const std::string kForever = "public, max-age=31536000, immutable";

std::vector<std::string> addresses_of(const std::string& page) {
  static const std::regex address{R"re( (?:href|src)="([^"]+)")re"};
  std::vector<std::string> found;
  for (std::sregex_iterator at{page.begin(), page.end(), address}; at != std::sregex_iterator{}; ++at)
    found.push_back((*at)[1]);
  return found;
}

}  // namespace

Test(console_cache, what_the_first_page_names_is_kept_for_ever_and_the_page_itself_is_not) {
  const PrivateStack stack{{"CONSOLE=versioned"}};
  stack.take_the_suites_place();
  Client browser;
  const auto page = browser.get("/app/members");
  expect(page, 200);
  require_equal(page.header("cache-control"), "no-cache");
  const auto addresses = addresses_of(page.body);
  require(addresses.size() > 20, "the modules are not named: " + page.body);
  for (const auto& address : addresses) {
    const auto file = browser.get(address);
    require_equal(file.status, 200, address);
    require_equal(file.header("cache-control"), kForever, address);
  }
  // What pages ask for later, beside it.
  const auto own = addresses.front().substr(0, addresses.front().rfind('/') + 1);
  require_equal(browser.get(own + "pages/home/index.js").header("cache-control"), kForever);
  require_equal(browser.get(own + "pages/work/inbox.js").header("cache-control"), kForever);
  expect_problem(browser.get(own + "nothing.js"), 404, "not_found");
  expect_problem(browser.get(own + "README.md"), 404, "not_found");
  // A host that has another version serves its own files, and nobody keeps them under the wrong name.
  const std::string other = "/app/v-0123456789ab/main.js";
  require_equal(browser.get(other).status, 200);
  for (const auto& address : {other, std::string{"/app/main.js"}})
    require_equal(browser.get(address).header("cache-control"), "no-cache", address);
}

Test(console_cache, a_console_that_is_not_installed_is_asked_for_anew_since_its_files_change) {
  Client browser;
  for (const auto& address : addresses_of(browser.get("/app/").body))
    require_equal(browser.get(address).header("cache-control"), "no-cache", address);
}
