// The writer's side: tells other hosts what a commit touches, and waits for them where the reply promises
// that it counts at once (protocol.hpp).
#pragma once

#include "tenantd/db/txn.hpp"
#include "tenantd/shm/bell.hpp"
#include "tenantd/shm/host_state.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::hosts {

class Announcer {
 public:
  using Announcement = db::ChangeListener::Announcement;

  // `bell`: rung once an entry is there to be read; nullptr = nobody hears it.
  Announcer(const shm::HostState& state, shm::Metrics& metrics, const shm::Bell* bell = nullptr)
      : state_(state), metrics_(metrics), bell_(bell) {}

  // Inside the transaction, as its last statement. Writes nothing if there is no other host.
  Announcement announce(db::Connection& connection, const db::Touched& touched) const;
  // After its commit has returned. Throws ApiError(unavailable) if the others could not be told in time. That
  // they do not acknowledge, or cannot be asked, is waited for and no failure.
  void confirm(db::Connection& connection, const db::Touched& touched, Announcement announced) const;

 private:
  Announcement write(db::Connection& connection, const db::Touched& touched) const;
  Announcement announce_again(db::Connection& connection, const db::Touched& touched) const;
  bool all_acknowledged(db::Connection& connection, std::int64_t entry) const;
  void count_overdue(db::Connection& connection, std::int64_t entry) const;
  void wait_for_others(db::Connection& connection, std::int64_t entry) const;

  const shm::HostState& state_;
  shm::Metrics& metrics_;
  const shm::Bell* bell_;
};

}  // namespace tenantd::hosts
