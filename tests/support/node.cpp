#include "support/node.hpp"

#include <filesystem>
#include <fstream>

#include "support/check.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

std::string node_program(const std::string& name) {
  const auto path = setting("TENANTD_TOP") + "/.cache/node/node_modules/.bin/" + name;
  require(std::filesystem::exists(path), path + " is missing: src/build/packages.sh install-missing test");
  return path;
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
