// A few connections per worker process, opened when first needed, each used by one thread at a time.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/connection.hpp"

namespace tenantd::db {

// Whose rows a connection shows: what its session variables hold. All unset = none.
struct ScopeKey {
  std::optional<OrgId> org;
  std::optional<UserId> user;
  bool super = false;
  friend bool operator==(const ScopeKey&, const ScopeKey&) = default;
};

class Pool {
 public:
  Pool(ConnectOptions options, std::size_t size) : options_(std::move(options)), size_(size) {}

  // A borrowed connection; goes back when the lease ends, or is closed if it broke or leads to a server that
  // is no longer the one to use.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection, ScopeKey scope)
        : pool_(&pool), connection_(std::move(connection)), scope_(scope) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_), scope_);
    }
    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }
    // What the connection's session variables hold now. Kept up to date by Txn, the only one that sets them.
    ScopeKey& scope() { return scope_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
    ScopeKey scope_;
  };

  // Waits for a free one, at most the statement timeout. Throws ApiError(unavailable).
  Lease acquire();

  const ConnectOptions& options() const { return options_; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    ScopeKey scope;
  };
  bool is_usable(Connection& connection) const;
  void give_back(std::unique_ptr<Connection> connection, const ScopeKey& scope);

  ConnectOptions options_;
  std::size_t size_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Idle> idle_;
  std::size_t open_ = 0;
};

}  // namespace tenantd::db
