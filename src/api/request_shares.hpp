// The shares of mails that one request takes. What it took goes back when the request is refused, and before
// its transaction runs again.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tenantd/base/time.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/shm/rate_limiter.hpp"

namespace tenantd::api {

inline constexpr std::int64_t kHour = 3600;

class RequestShares final : public service::Shares {
 public:
  explicit RequestShares(shm::RateLimiter& limiter) : limiter_(limiter) {}

  service::Allowance take(const std::string& who, std::int64_t most) override {
    const auto d = limiter_.take(who, most, kHour, monotonic_microseconds());
    if (d.allowed) taken_.emplace_back(who, most);
    return {d.allowed, d.limit, d.retry_after};
  }
  void give_back(const std::string& who, std::int64_t most) override {
    const auto found = std::find(taken_.rbegin(), taken_.rend(), std::pair{who, most});
    if (found == taken_.rend()) return;
    taken_.erase(std::next(found).base());
    limiter_.give_back(who, most, kHour, monotonic_microseconds());
  }
  void give_all_back() {
    for (const auto& [who, most] : taken_) limiter_.give_back(who, most, kHour, monotonic_microseconds());
    taken_.clear();
  }

 private:
  shm::RateLimiter& limiter_;
  std::vector<std::pair<std::string, std::int64_t>> taken_;
};

}  // namespace tenantd::api
