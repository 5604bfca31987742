// Programs of tests/node, which packages.sh has installed, and documents of tenantctl for them to read.
#pragma once

#include <string>
#include <vector>

namespace tenantd::test {

// The program's path. Throws if it is not there.
std::string node_program(const std::string& name);
// What tenantctl prints, as a file of this name in the run's folder.
std::string printed(const std::vector<std::string>& arguments, const std::string& name);

}  // namespace tenantd::test
