// Programs of tests/node, which packages.sh has installed, and documents of tenantctl for them to read.
#pragma once

#include <string>
#include <vector>

namespace tenantd::test {

// The password that a browser's story chooses where it chooses one.
inline constexpr const char* kChosenPassword = "seven lanterns over quiet water";

// Runs a script of tests/node that looks at pages in a browser, beside the other tests of this instance, and
// returns what it printed. It finds kChosenPassword as NEW_PASSWORD and kPassword as OLD_PASSWORD. Its files
// stay below the instance's folder. Throws unless it succeeds.
std::string browse(const std::string& script, const std::vector<std::string>& arguments);

// The program's path. Throws if it is not there.
std::string node_program(const std::string& name);
// What tenantctl prints, as a file of this name in the run's folder.
std::string printed(const std::vector<std::string>& arguments, const std::string& name);

}  // namespace tenantd::test
