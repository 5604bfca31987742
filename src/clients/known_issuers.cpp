#include "clients/known_issuers.hpp"

#include <algorithm>

namespace tenantd::service {

void Issuers::make_room(const std::string& name) {
  const auto cut = name.find(' ');
  if (cut != std::string::npos) {
    const auto from = known_.lower_bound(name.substr(0, cut + 1));
    auto to = from;
    std::size_t own = 0;
    for (; to != known_.end() && to->first.starts_with(name.substr(0, cut + 1)); ++to) ++own;
    if (own >= kMostOfOrganization) drop_oldest(from, to);
  }
  if (known_.size() >= kMostKept) drop_oldest(known_.begin(), known_.end());
}

void Issuers::drop_oldest(Map::iterator from, Map::iterator to) {
  const auto oldest = std::min_element(
      from, to, [](const auto& one, const auto& other) { return one.second.used < other.second.used; });
  bytes_ -= oldest->second.bytes;
  known_.erase(oldest);
}

Issuers& issuers() {
  static Issuers all;
  return all;
}

}  // namespace tenantd::service
