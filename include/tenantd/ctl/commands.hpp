// What the operator can do: the subcommands of tenantctl. Each returns an exit status (sysexits.h) and writes
// to the streams it is given.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::ctl {

using Arguments = std::vector<std::string>;

struct Command {
  const char* name;
  const char* arguments;
  const char* summary;  // what it does
  int (*run)(const Arguments& arguments, std::ostream& out, std::ostream& err);
  const char* page = nullptr;  // what --help anywhere behind it prints; nullptr = what stands above
};

// The account that sees views only.
db::ConnectOptions application_account(const Settings& settings);
// Whoever administers the database, on the same views.
db::ConnectOptions administrator_account(const Settings& settings);

std::span<const Command> commands();

// mail.cpp
extern const char* const kMailPage;
int mail_tools(const Arguments& arguments, std::ostream& out, std::ostream& err);

// Finds and runs `arguments[0]`; prints the help for none, --help or help. Failures become one sentence on
// `err`, also that what was printed to `out` did not get there.
int run(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
