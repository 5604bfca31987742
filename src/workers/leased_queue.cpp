#include "tenantd/workers/leased_queue.hpp"

#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kDelayFirst = 500'000;
constexpr std::int64_t kDelayMax = 15'000'000;

}  // namespace

std::string reason(const std::exception& problem) {
  const auto* api = dynamic_cast<const ApiError*>(&problem);
  return api != nullptr && !api->log_detail().empty() ? api->log_detail() : problem.what();
}

LeasedQueue::LeasedQueue(db::ConnectOptions options, Seconds first_retry, Listener listener)
    : options_(std::move(options)), first_retry_(first_retry), listener_(std::move(listener)) {}

db::Connection& LeasedQueue::database() {
  if (database_ && database_->broken()) database_.reset();
  if (!database_) database_.emplace(options_);
  return *database_;
}

// Between two turns, since a turn's transactions lie on one connection.
void LeasedQueue::follow_server() {
  if (database_ && !database_->broken() && database_->is_to_be_replaced()) database_.reset();
}

bool LeasedQueue::may_ask() const { return monotonic_microseconds() >= retry_at_us_; }

void LeasedQueue::answered() {
  if (lost_) listener_.back();
  lost_ = false;
  delay_us_ = 0;
}

void LeasedQueue::failed(const std::exception& problem) {
  database_.reset();
  delay_us_ = std::clamp(delay_us_ * 2, kDelayFirst, kDelayMax);
  retry_at_us_ = monotonic_microseconds() + delay_us_;
  if (!lost_) listener_.lost(reason(problem));
  lost_ = true;
}

Seconds LeasedQueue::jittered(Seconds delay) {
  std::uniform_int_distribution<std::int64_t> percent{80, 120};
  return std::max(Seconds{1}, Seconds{delay.count() * percent(random_) / 100});
}

Seconds LeasedQueue::retry_delay(std::int64_t attempts) {
  const auto doublings = std::clamp<std::int64_t>(attempts, 0, 12);
  return jittered(std::min(kRetryMax, first_retry_ * (std::int64_t{1} << doublings)));
}

}  // namespace tenantd::service
