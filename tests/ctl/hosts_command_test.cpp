// tenantctl hosts: who runs, and rows that have to go.
#include <criterion/criterion.h>
#include <rapidjson/document.h>
#include <signal.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/key_folder.hpp"
#include "support/second_host.hpp"
#include "tenantd/base/version.hpp"

using namespace tenantd::test;

namespace {

rapidjson::Document listed(const PrivateStack& stack) {
  const auto said = stack.run("tenantctl hosts list --json");
  require_equal(said.status, 0, said.output);
  rapidjson::Document json;
  json.Parse(said.output.c_str());
  require(json.IsArray(), said.output);
  return json;
}

}  // namespace

Test(hosts_command, lists_who_runs_for_people_and_for_programs) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const SecondHost second{stack};
  wait_until("both have said which keys they have",
             [] { return number_of("SELECT COUNT(*) FROM host WHERE kids <> ''") == 2; });
  const auto lines = stack.run("tenantctl hosts");
  require_equal(lines.status, 0, lines.output);
  require_equal(std::count(lines.output.begin(), lines.output.end(), '\n'), 2, lines.output);
  for (const std::string part : {"second ", "alive", tenantd::kVersion, "from localhost at ", "files shared"})
    require(contains(lines.output, part), part + ": " + lines.output);
  const auto json = listed(stack);
  require_equal(json.Size(), 2U);
  const auto& item = json[1];
  require_equal(std::string{item["name"].GetString()}, "second");
  require(item["alive"].GetBool() && item["signing_keys"].Size() == 1, "its facts");
  require_equal(std::string{item["keys"].GetString()}, json[0]["keys"].GetString(), "the same keys");
  require(std::string{item["id"].GetString()} != json[0]["id"].GetString(), "two ids");
}

Test(hosts_command, forgets_a_host_that_is_gone_and_none_that_lives) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  wait_until("it has a row", [] { return number_of("SELECT COUNT(*) FROM host") == 1; });
  const std::string id = listed(stack)[0]["id"].GetString();
  const auto refused = stack.run("tenantctl hosts forget " + id);
  require_equal(refused.status, 1, refused.output);
  require(contains(refused.output, "that it lives"), refused.output);
  require_equal(stack.run("tenantctl hosts forget " + fresh_id()).status, 1);
  require_equal(stack.run("tenantctl hosts forget web-1").status, 64);
  require_equal(number_of("SELECT COUNT(*) FROM host"), 1);
  const auto master = part_pid(stack.dir(), "tenantd");
  const auto workers = children_of(master);
  ::kill(master, SIGKILL);
  for (const auto pid : workers) ::kill(pid, SIGKILL);
  wait_until("it is gone", [&] { return std::ranges::none_of(workers, lives); });
  database().run("UPDATE host SET seen_at = seen_at - 60");
  const auto gone = stack.run("tenantctl hosts forget " + id);
  require_equal(gone.status, 0, gone.output);
  require_equal(number_of("SELECT COUNT(*) FROM host"), 0);
}
