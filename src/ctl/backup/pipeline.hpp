// Programs of the system, one's output the next one's input: dumps, tar, gzip.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/descriptor.hpp"

namespace tenantd::ctl {

class Pipeline {
 public:
  enum class Direction { read, write };
  // Starts the commands. `read`: read() gives what the last one says; `write`: write() feeds the first one.
  // What they complain about goes to this process's own output for that. Throws std::runtime_error if one
  // cannot be started.
  Pipeline(std::vector<std::vector<std::string>> commands, Direction direction);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Fills `buffer` and returns how much of it; less than all of it is the end.
  std::size_t read(char* buffer, std::size_t size);
  // Throws std::runtime_error if the programs take no more.
  void write(std::string_view bytes);
  // Waits for all. Throws std::runtime_error that names the first that failed.
  void finish();

 private:
  struct Child {
    std::string name;
    pid_t pid;
  };
  pid_t spawn(std::vector<std::string> command, int input, int output);

  std::vector<Child> children_;
  Descriptor end_;  // ours
};

// The file that PATH leads to for a program, links followed; "" if there is none.
std::string file_of_program(const std::string& name);

}  // namespace tenantd::ctl
