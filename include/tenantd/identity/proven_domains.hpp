// Proven domains are proven again, every week or so. For the courier, which may ask name servers.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/db/pool.hpp"

namespace tenantd::service {

class DomainCourier {
 public:
  // `on_error` is told why domains were left for later.
  DomainCourier(const Settings& settings, const crypto::KeyRing& keys,
                std::function<void(const std::string& why)> on_error);

  // Until told to stop. Any number may run.
  void run(const std::atomic<bool>& stopping);
  // What is due now.
  void drain();

 private:
  // False if nothing is due.
  bool check_one();

  const Settings& settings_;
  const crypto::KeyRing& keys_;
  db::Pool claims_;  // schema tenantd: which are due
  db::Pool pool_;    // schema tenantd_app: inside an organization
  std::function<void(const std::string& why)> on_error_;
};

}  // namespace tenantd::service
