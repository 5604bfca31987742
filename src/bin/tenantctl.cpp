// tenantctl: migrations, keys, the first super-admin, and what the tables say.
#include <iostream>

#include "programs.hpp"
#include "tenantd/ctl/commands.hpp"

int tenantd::bin::run_tenantctl(int argc, char** argv) {
  const tenantd::ctl::Arguments arguments(argv + 1, argv + argc);
  return tenantd::ctl::run(arguments, std::cout, std::cerr);
}
