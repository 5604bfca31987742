// What both couriers need of a queue in the database whose rows they lease: a connection that is waited for
// when it is lost, and delays between the tries at one row.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "tenantd/base/time.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/db/error.hpp"

namespace tenantd::service {

class LeasedQueue {
 public:
  struct Listener {
    std::function<void(const std::string& why)> lost;
    std::function<void()> back;
  };

  LeasedQueue(db::ConnectOptions options, Seconds first_retry, Listener listener);

  // The connection, made anew if it broke. Throws what the database throws.
  db::Connection& database();

  // True while the connection is lost: the turns until the next try do nothing.
  bool is_lost() const { return lost_; }

  // Calls `work`, which uses database(), and returns its result: whether there may be more to do at once.
  // False if the database failed or refused to be asked yet, or if another courier was in the way.
  template <class Work>
  bool turn(Work&& work);

  // Until the next try at a row that was tried `attempts` times before this one: doubled each time up to an
  // hour, a fifth more or less.
  Seconds retry_delay(std::int64_t attempts);
  Seconds jittered(Seconds delay);

  static constexpr Seconds kRetryMax{3600};

 private:
  void follow_server();
  bool may_ask() const;
  void answered();
  void failed(const std::exception& problem);

  db::ConnectOptions options_;
  Seconds first_retry_;
  Listener listener_;
  std::optional<db::Connection> database_;
  std::minstd_rand random_{std::random_device{}()};
  bool lost_ = false;
  std::int64_t delay_us_ = 0;
  std::int64_t retry_at_us_ = 0;  // monotonic
};

// What an exception from the database says, for the log.
std::string reason(const std::exception& problem);

template <class Work>
bool LeasedQueue::turn(Work&& work) {
  if (!may_ask()) return false;
  try {
    follow_server();
    const bool more = work();
    answered();
    return more;
  } catch (const db::ConnectionLost& problem) {
    failed(problem);
  } catch (const db::RetryableError&) {
    // Another courier was in the way; the next look is a second off.
  } catch (const std::exception& problem) {
    failed(problem);
  }
  return false;
}

}  // namespace tenantd::service
