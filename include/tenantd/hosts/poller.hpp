// The process of each host that reads what other hosts changed (protocol.hpp).
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/hosts/key_watch.hpp"
#include "tenantd/hosts/log_cursor.hpp"
#include "tenantd/hosts/own_row.hpp"
#include "tenantd/hosts/standing.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/shm/session_cache.hpp"

namespace tenantd::hosts {

class Poller {
 public:
  Poller(const Settings& settings, db::ServerBoard& servers, shm::SessionCache& cache, shm::HostState& state,
         shm::Metrics& metrics);
  ~Poller();

  // One turn: joins if need be, reads, and moves on. Throws nothing: without a database it says so in the
  // log, once, and nothing is trusted on its strength.
  void turn();
  // How long until the next turn.
  std::int64_t pause_us() const;
  // True once what this host remembers is trusted again.
  bool is_trusting() const { return standing_.is_trusting(); }
  // Takes the host's row away.
  void leave();

 private:
  void poll();
  void follow_server();
  void tell_server();
  // False if this host cannot join yet.
  bool join();
  void note_server(const std::string& host, const std::string& server, std::string& elsewhere) const;
  void mark_files();
  Standing::Found look(std::int64_t began_us);
  bool is_fit() const { return !is_copied_ && overdue_ < kMostOverdue; }
  void stand_back();
  void give_row_up();
  void become_another();
  void forget_place();
  void renew(const Standing::Found& found);
  // False if the place in the log is lost.
  bool follow_log();
  bool read_log();
  void take(const db::Rows& row);
  void act_on(const Standing::Verdict& verdict);
  void distrust();
  void acknowledge();
  void write_acknowledgements();
  void prove_acknowledging();
  void remove(const std::vector<Standing::Other>& gone);
  void prune(std::int64_t now_us);
  void fail(const std::string& why);

  const Settings& settings_;
  db::ConnectOptions account_;
  shm::SessionCache& cache_;
  shm::HostState& state_;
  shm::Metrics& metrics_;
  std::unique_ptr<db::Connection> connection_;
  std::string server_;        // that was last told of in the log
  bool server_told_ = false;  // to the other hosts, by the own row
  std::string elsewhere_;     // which others write through another server
  OwnRow row_;
  KeyWatch keys_;
  Standing standing_;
  LogCursor cursor_{kBounds.settle};
  std::int64_t log_end_ = 0;  // the newest entry, as the hosts were looked at
  std::vector<std::int64_t> to_acknowledge_;
  std::int64_t others_ = 0;
  bool failed_ = false;
  bool is_copied_ = false;    // another machine renews the own row
  std::int64_t overdue_ = 0;  // replies that waited for this host in vain, as its row says
  std::int64_t unfit_since_us_ = 0;
  bool is_suspect_ = false;    // has lost its lease, and not answered in time since
  std::int64_t pause_us_ = 0;  // how long it stands back when that happens again
  std::int64_t rejoin_at_us_ = 0;
  std::int64_t began_us_ = 0, began_before_us_ = 0;  // this poll and the one before; 0 = none
  std::int64_t lag_us_ = 0;                          // the longest time between two, since the last renewal
  std::deque<std::pair<std::int64_t, std::int64_t>> floors_;  // when, and the cursor's floor then
};

}  // namespace tenantd::hosts
