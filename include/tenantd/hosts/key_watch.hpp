// Holds the order in which a signing key spreads over hosts: all of them know it before any signs with it.
// A part of the poller.
//
//   each host   writes the names of the keys that it verifies into its row
//   to sign     with a key that does not stand in the table `deployment` yet, a host writes it there, then
//               reads the rows, and signs if every host knows the key; else it takes the key out again and
//               goes on with the one before
//   to join     a host writes its row, then reads the table, and answers nothing while it lacks a key there
//
// So of two hosts, one that begins to sign with a key and one that joins without it, one sees the other: each
// writes before it reads.
#pragma once

#include <string>
#include <vector>

#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/live_keys.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/shm/host_state.hpp"
#include "tenantd/shm/metrics.hpp"

namespace tenantd::hosts {

class KeyWatch {
 public:
  // Throws as crypto::LiveKeys.
  KeyWatch(const Settings& settings, shm::HostState& state, shm::Metrics& metrics);

  // The names of the keys that this host verifies, as its row holds them.
  std::string kids();
  // Once a second, and at once when keys have come or gone. Throws as db::Connection.
  void turn(db::Connection& connection);
  // For a host that joins, perhaps another database: writes what the deployment has in common unless it is
  // written, and returns its id; `id` as found_deployment(). The next turn looks at everything.
  std::string begin(db::Connection& connection, const std::string& id);

 private:
  struct Other {
    std::string name;
    std::vector<std::string> kids;
  };
  bool take_settled_keys(std::int64_t now_us);
  std::vector<Other> others(db::Connection& connection) const;
  void judge(const Deployment& deployment, TimePoint now);
  void end_retired(db::Connection& connection, Deployment& deployment, TimePoint now) const;
  void agree(db::Connection& connection, const Deployment& deployment, TimePoint now);
  bool try_to_sign(db::Connection& connection, const std::string& kid, TimePoint now);
  void keep_alive(db::Connection& connection, const Deployment& deployment, const std::string& kid,
                  TimePoint now) const;
  void tell_waiting(db::Connection& connection, const std::string& agreed, TimePoint now);

  const std::string dir_;
  const Seconds lifetime_;
  shm::HostState& state_;
  shm::Metrics& metrics_;
  crypto::LiveKeys live_;
  std::shared_ptr<const crypto::KeyRing> keys_, newest_;  // settled; in the folder now
  std::int64_t looked_at_us_ = 0, changed_at_us_ = 0;
  std::string told_kids_;     // what the row holds
  std::string told_;          // the fault that the log knows
  std::string told_waiting_;  // the key
};

}  // namespace tenantd::hosts
