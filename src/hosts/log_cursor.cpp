#include "tenantd/hosts/log_cursor.hpp"

#include <algorithm>

namespace tenantd::hosts {

void LogCursor::start(std::int64_t newest) {
  floor_ = newest_ = newest;
  seen_.clear();
  marks_.clear();
}

bool LogCursor::take(std::int64_t number) {
  if (number <= floor_ || !seen_.insert(number).second) return false;
  newest_ = std::max(newest_, number);
  return true;
}

// Goes on over what follows without a gap.
void LogCursor::raise_floor(std::int64_t to) {
  floor_ = std::max(floor_, to);
  seen_.erase(seen_.begin(), seen_.upper_bound(floor_));
  while (!seen_.empty() && *seen_.begin() == floor_ + 1) {
    ++floor_;
    seen_.erase(seen_.begin());
  }
}

void LogCursor::settle(std::int64_t began_us, std::int64_t returned_us) {
  raise_floor(floor_);
  while (!marks_.empty() && marks_.front().first + settle_us_ <= began_us) {
    raise_floor(marks_.front().second);
    marks_.erase(marks_.begin());
  }
  const bool is_marked = !marks_.empty() && marks_.back().second == newest_;
  if (newest_ > floor_ && !is_marked) marks_.emplace_back(returned_us, newest_);
}

std::string LogCursor::describe() const {
  std::string text = std::to_string(floor_) + ' ' + std::to_string(newest_);
  for (const auto number : seen_) text += ' ' + std::to_string(number);
  for (const auto& [at, newest] : marks_) text += ' ' + std::to_string(at) + ':' + std::to_string(newest);
  return text;
}

}  // namespace tenantd::hosts
