// The instance under test as processes and files: its folder, its settings, and programs that a test runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace tenantd::test {

// Returns the environment variable; throws if it is not set and there is no fallback.
std::string setting(const char* key);
std::string setting(const char* key, const std::string& fallback);

std::string run_dir();

// Everything that a file holds; "" if it cannot be read.
std::string file_text(const std::string& path);
// One of the logs of the instance in `dir` that holds the text, or "".
std::string log_with(const std::string& dir, const std::string& text);

// Asks until `holds` says true. Throws after `patience`, naming `what`.
void wait_until(const std::string& what, const std::function<bool()>& holds,
                std::chrono::seconds patience = std::chrono::seconds{60});

struct Finished {
  int status = 0;  // exit status, or 128 + signal
  std::string output;
};
// Runs a program to its end; `environment` holds KEY=value, or KEY alone to take it away. Throws if it takes
// longer than `patience`.
Finished run_program(const std::vector<std::string>& command,
                     const std::vector<std::string>& environment = {},
                     std::chrono::seconds patience = std::chrono::seconds{240});

// This process's environment with `changes` (as above), and the array of pointers that exec takes of a list.
std::vector<std::string> merged_environment(const std::vector<std::string>& changes);
std::vector<char*> pointers(std::vector<std::string>& texts);

// The process that stack.sh recorded for a part ("tenantd", "database", …) of the instance in `dir`.
pid_t part_pid(const std::string& dir, const std::string& part);
std::vector<pid_t> children_of(pid_t parent);
// True while the process lives; a zombie does not.
bool lives(pid_t pid);

}  // namespace tenantd::test
