// The process of each host that reads what other hosts changed (protocol.hpp).
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "tenantd/db/connection.hpp"
#include "tenantd/hosts/log_cursor.hpp"
#include "tenantd/hosts/standing.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/shm/session_cache.hpp"

namespace tenantd::hosts {

class Poller {
 public:
  // `account`: the application's. `name`: how people know this host.
  Poller(db::ConnectOptions account, std::string name, shm::SessionCache& cache, shm::HostState& state,
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
  void join();
  void note_server(const std::string& host, const std::string& server, std::string& elsewhere) const;
  Standing::Found look(std::int64_t began_us);
  // False if the place in the log is lost.
  bool follow_log();
  bool read_log();
  void take(const db::Rows& row);
  void act_on(const Standing::Verdict& verdict);
  void distrust();
  void acknowledge();
  void remove(const std::vector<Standing::Other>& gone);
  void prune(std::int64_t now_us);
  void fail(const std::string& why);
  void forget_place();

  db::ConnectOptions account_;
  std::string name_;
  shm::SessionCache& cache_;
  shm::HostState& state_;
  shm::Metrics& metrics_;
  std::unique_ptr<db::Connection> connection_;
  std::string server_;        // that was last told of in the log
  bool server_told_ = false;  // to the other hosts, by the own row
  std::string elsewhere_;     // which others write through another server
  Standing standing_;
  LogCursor cursor_{kBounds.settle};
  std::int64_t log_end_ = 0;  // the newest entry, as the hosts were looked at
  std::vector<std::int64_t> to_acknowledge_;
  std::int64_t others_ = 0;
  bool failed_ = false;
  std::deque<std::pair<std::int64_t, std::int64_t>> floors_;  // when, and the cursor's floor then
};

}  // namespace tenantd::hosts
