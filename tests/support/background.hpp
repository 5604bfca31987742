// A program that runs beside a test and ends with it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tenantd::test {

class Background {
 public:
  // Starts the program; what it prints goes to the run's log/NAME.log.
  Background(const std::string& name, std::vector<std::string> command);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  pid_t pid() const { return pid_; }
  // Throws once it has ended.
  void must_live() const;

 private:
  std::string log_;
  pid_t pid_;
};

}  // namespace tenantd::test
