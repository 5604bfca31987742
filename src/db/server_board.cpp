#include "tenantd/db/server_board.hpp"

#include <algorithm>

namespace tenantd::db {

std::vector<std::size_t> ServerBoard::order(std::size_t count, std::int64_t now_us) const {
  std::vector<std::size_t> first, rest;
  for (std::size_t place = 0; place < count; ++place) {
    const bool may_be_asked = is_fit(place) || ask_at_us_[place].load() <= now_us;
    (may_be_asked ? first : rest).push_back(place);
  }
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

bool ServerBoard::is_return_due(std::size_t place, std::int64_t now_us) const {
  for (std::size_t before = 0; before < std::min(place, kMost); ++before)
    if (!is_fit(before) && ask_at_us_[before].load() <= now_us) return true;
  return false;
}

// Of many who are at it at the same time one doubles the wait.
void ServerBoard::asking(std::size_t place, std::int64_t now_us) {
  if (is_fit(place)) return;
  auto at = ask_at_us_[place].load();
  if (at == 0 || at > now_us) return;
  const auto wait = std::min(kLongestUs, kFirstUs << std::clamp(failures_[place].load(), 0, 4));
  if (ask_at_us_[place].compare_exchange_strong(at, now_us + wait)) failures_[place].fetch_add(1);
}

void ServerBoard::failed(std::size_t place, std::int64_t now_us) {
  if (place >= kMost) return;
  // Of many connections that are told at the same time one counts.
  std::int64_t fit = 0;
  if (!ask_at_us_[place].compare_exchange_strong(fit, now_us + kFirstUs)) return;
  failures_[place].store(1);
  epoch_.fetch_add(1);
}

std::optional<std::uint64_t> ServerBoard::answered(std::size_t place) {
  if (is_fit(place) || ask_at_us_[place].exchange(0) == 0) return std::nullopt;
  failures_[place].store(0);
  // Nobody uses it while one that stands before it is fit.
  for (std::size_t before = 0; before < place; ++before)
    if (is_fit(before)) return std::nullopt;
  return epoch_.fetch_add(1) + 1;
}

void ServerBoard::mixes(std::size_t place, std::int64_t now_us) {
  if (place >= kMost) return;
  mixes_until_us_[place].store(now_us + kMixingUs);
  epoch_.fetch_add(1);
}

bool ServerBoard::is_mixing(std::size_t place, std::int64_t now_us) const {
  return place < kMost && mixes_until_us_[place].load() > now_us;
}

}  // namespace tenantd::db
