// Removes objects of an S3-compatible store that no document names any more. Part of the courier, which may
// call others; any number may run. Does nothing under FILE_STORE=local, where the sweeper does the same.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "tenantd/clients/s3.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/db/pool.hpp"

namespace tenantd::service {

class FileCourier {
 public:
  // `on_error` is told why objects were left for later. Throws ConfigError.
  FileCourier(const Settings& settings, std::function<void(const std::string& why)> on_error);

  // Until told to stop.
  void run(const std::atomic<bool>& stopping);
  // What is due now.
  void drain();

 private:
  // Returns how many are gone.
  std::int64_t remove_some();

  Settings settings_;
  S3Options store_;
  db::Pool pool_;
  std::function<void(const std::string& why)> on_error_;
};

}  // namespace tenantd::service
