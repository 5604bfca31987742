#include "tenantd/workers/file_courier.hpp"

#include <chrono>
#include <thread>

#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "workers/sweeping_store.hpp"

namespace tenantd::service {
namespace {

// Each is a request, and the transaction of all waits for it.
constexpr std::int64_t kBatch = 20;
constexpr int kPauseSeconds = 10;

}  // namespace

FileCourier::FileCourier(const Settings& settings, std::function<void(const std::string& why)> on_error)
    : settings_(settings),
      store_(s3_options(settings)),
      pool_(db::connect_options(settings, settings.db_courier_user, settings.db_courier_password, "tenantd"),
            1),
      on_error_(std::move(on_error)) {}

std::int64_t FileCourier::remove_some() {
  const auto time = now();
  // Until then somebody may hold an address that would put the object there again.
  const auto before = time - Seconds{settings_.upload_seconds};
  return db::run_transaction(pool_, nullptr, [&](db::Txn& txn) {
    return store::sweep_files(txn, before, kBatch, [&](const std::string& key) {
      try {
        s3_remove(store_, key, time);
        return true;
      } catch (const ApiError& e) {
        on_error_(e.log_detail());
        return false;
      }
    });
  });
}

void FileCourier::drain() {
  while (remove_some() == kBatch) continue;
}

void FileCourier::run(const std::atomic<bool>& stopping) {
  while (!stopping) {
    try {
      while (!stopping && remove_some() == kBatch) continue;
    } catch (const ApiError& e) {
      on_error_(e.log_detail());
    } catch (const std::exception& e) {
      // Whatever the database says: the next turn comes soon, and the other couriers go on.
      on_error_(e.what());
    }
    for (int second = 0; second < kPauseSeconds && !stopping; ++second)
      std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

}  // namespace tenantd::service
