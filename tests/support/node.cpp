#include "support/node.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/instance_lock.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

std::string node_program(const std::string& name) {
  const auto path = setting("TENANTD_TOP") + "/.cache/node/node_modules/.bin/" + name;
  require(std::filesystem::exists(path), path + " is missing: src/build/packages.sh install-missing test");
  return path;
}

std::string browse(const std::string& script, const std::vector<std::string>& arguments) {
  share_instance();
  const auto home = run_dir() + "/browser";
  std::filesystem::create_directories(home);
  std::vector<std::string> command{"node", setting("TENANTD_TOP") + "/tests/node/" + script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto finished =
      run_program(command,
                  {"NEW_PASSWORD=" + std::string{kChosenPassword}, "OLD_PASSWORD=" + std::string{kPassword},
                   "HOME=" + home, "TMPDIR=" + home, "XDG_CACHE_HOME", "XDG_CONFIG_HOME"},
                  // A browser on a busy machine; what hangs is found by the suite's own limit.
                  std::chrono::seconds{std::stoi(setting("TEST_TIMEOUT", "300")) - 10});
  require_equal(finished.status, 0,
                script + ' ' + (arguments.empty() ? "" : arguments.front()) + ": " + finished.output);
  return finished.output;
}

std::string printed(const std::vector<std::string>& arguments, const std::string& name) {
  std::vector<std::string> command{setting("TENANTD_BUILD") + "/tenantctl"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto finished = run_program(command);
  require_equal(finished.status, 0, finished.output);
  const auto folder = run_dir() + "/documents";
  std::filesystem::create_directories(folder);
  const auto path = folder + '/' + name;
  std::ofstream{path, std::ios::binary} << finished.output;
  return path;
}

}  // namespace tenantd::test
