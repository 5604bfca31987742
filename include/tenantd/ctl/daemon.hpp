// The daemon: what the master makes before it forks, and what a worker does.
#pragma once

#include <memory>

#include "tenantd/config/settings.hpp"

namespace tenantd::ctl {

// The settings as tenantd takes them at its start. Throws ConfigError, or another with a sentence.
void check_daemon(const Settings& settings);

class Daemon {
 public:
  // Reads settings and keys, compiles the schemas, and makes what workers share. Throws ConfigError, or
  // std::runtime_error with one sentence.
  Daemon();
  ~Daemon();

  // Supervises the workers until told to stop. Returns the process's exit status; throws as proc::supervise.
  int run();

 private:
  struct Master;
  std::unique_ptr<Master> master_;
};

}  // namespace tenantd::ctl
