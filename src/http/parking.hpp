// Requests that are read and wait for their turn without a thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "tenantd/http/server.hpp"

namespace tenantd::http {

template <class WorkerPtr>
class Parking {
 public:
  struct Parked {
    WorkerPtr worker;
    Later later;
    std::int64_t until_us;  // then its time is over
  };

  // Takes the request that `worker` holds. Returns false, with `worker` left as it is, if too many wait.
  bool put(WorkerPtr& worker, Later& later, std::int64_t until_us) {
    const std::lock_guard lock{mutex_};
    const auto of_one = std::count_if(row_.begin(), row_.end(),
                                      [&](const Parked& parked) { return parked.later.who == later.who; });
    if (row_.size() >= Later::kMost || static_cast<std::size_t>(of_one) >= Later::kMostOfOne) return false;
    // In the order of arrival, also for one that comes back because another was quicker.
    const auto place =
        std::upper_bound(row_.begin(), row_.end(), until_us,
                         [](std::int64_t us, const Parked& other) { return us < other.until_us; });
    row_.insert(place, Parked{std::move(worker), std::move(later), until_us});
    waiting_ = row_.size();
    return true;
  }

  // The one that has waited longest of those that can go on, or whose time is over.
  std::optional<Parked> take_due(std::int64_t now_us) {
    const std::lock_guard lock{mutex_};
    const auto found = find_due(now_us);
    return found == row_.end() ? std::nullopt : take(row_.begin() + (found - row_.cbegin()));
  }
  std::optional<Parked> take_any() {
    const std::lock_guard lock{mutex_};
    return row_.empty() ? std::nullopt : take(row_.begin());
  }

  // True if a thread has something to do here.
  bool has_due(std::int64_t now_us) const {
    if (empty()) return false;
    const std::lock_guard lock{mutex_};
    return find_due(now_us) != row_.end();
  }
  bool empty() const { return waiting_ == 0; }

 private:
  typename std::deque<Parked>::const_iterator find_due(std::int64_t now_us) const {
    const std::string* not_ready = nullptr;  // a crowd of one caller is asked for once
    for (auto at = row_.begin(); at != row_.end(); ++at) {
      const bool over = now_us >= at->until_us;
      if (!over && not_ready != nullptr && *not_ready == at->later.who) continue;
      if (over || at->later.is_ready()) return at;
      not_ready = &at->later.who;
    }
    return row_.end();
  }

  std::optional<Parked> take(typename std::deque<Parked>::iterator at) {
    std::optional<Parked> taken{std::move(*at)};
    row_.erase(at);
    waiting_ = row_.size();
    return taken;
  }

  mutable std::mutex mutex_;
  std::deque<Parked> row_;
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace tenantd::http
