// The process of each host that reads what other hosts changed (protocol.hpp).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/hosts/channel.hpp"
#include "tenantd/hosts/key_watch.hpp"
#include "tenantd/hosts/limit_exchange.hpp"
#include "tenantd/hosts/log_cursor.hpp"
#include "tenantd/hosts/message.hpp"
#include "tenantd/hosts/own_row.hpp"
#include "tenantd/hosts/standing.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/shm/session_cache.hpp"

namespace tenantd::hosts {

class Poller {
 public:
  // `channel`: what is nearer than the database, and the key by which a message of this deployment is known;
  // nullptr = there is none.
  struct Near {
    Channel* channel = nullptr;
    Secret key;
  };
  Poller(const Settings& settings, db::ServerBoard& servers, shm::SessionCache& cache,
         shm::RateLimiter& limiter, shm::HostState& state, shm::Metrics& metrics, Near near);
  ~Poller();

  // One turn: joins if need be, reads, and moves on. Throws nothing: without a database it says so in the
  // log, once, and nothing is trusted on its strength.
  void turn();
  // Waits until the next turn is due: for some time, or until a message or this host's bell asks for it. True
  // once `stop_fd` can be read.
  bool wait(int stop_fd, int bell_fd);
  // True once what this host remembers is trusted again.
  bool is_trusting() const { return standing_.is_trusting(); }
  // Takes the host's row away.
  void leave();

 private:
  std::int64_t pause_us() const;
  void poll();
  void hear_limits(const std::map<HostId, std::string>& spent);
  void tell_limits();
  void turn_limits();
  bool read_channel();
  bool take_message(const std::string& bytes);
  void tell_channel(bool log_moved);
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
  LimitExchange limits_;
  shm::RateLimiter& limiter_;
  Near near_;
  std::map<HostId, std::int64_t> messages_;  // the newest that was taken of each host
  std::int64_t message_ = 0;                 // the number of the newest that was sent
  std::int64_t turned_us_ = 0;               // when the last turn began
  std::int64_t log_end_ = 0;                 // the newest entry, as the hosts were looked at
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
