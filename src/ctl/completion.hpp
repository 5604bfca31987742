// What a shell offers behind "tenantctl".
#pragma once

#include <span>
#include <string>

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// Returns a script for bash. Its words are those of `table`: the names, and of each command the words and
// options that its arguments and its page spell out.
std::string bash_completion(std::span<const Command> table);

}  // namespace tenantd::ctl
