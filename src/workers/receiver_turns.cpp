#include "workers/receiver_turns.hpp"

#include <algorithm>

namespace tenantd::service {

template <class Receiver>
void ReceiverTurns<Receiver>::add(const Receiver& receiver) {
  if (waiting_.insert(receiver).second) row_.push_back(receiver);
}

template <class Receiver>
std::optional<Receiver> ReceiverTurns<Receiver>::next() {
  if (row_.empty()) return std::nullopt;
  const auto first = row_.front();
  row_.pop_front();
  waiting_.erase(first);
  return first;
}

template <class Receiver>
std::int64_t ReceiverTurns<Receiver>::share(const Receiver& receiver) const {
  const auto organization = of_organization_.find(receiver.org);
  const auto left = most_of_one_ - (organization == of_organization_.end() ? 0 : organization->second);
  const auto found = standings_.find(receiver);
  if (found == standings_.end()) return std::min(kMost, left);
  const auto& standing = found->second;
  if (!standing.failing) return std::min(kMost - standing.under_way, left);
  return standing.under_way == 0 && failing_under_way_ < most_failing_ ? std::min<std::int64_t>(1, left) : 0;
}

template <class Receiver>
void ReceiverTurns<Receiver>::hold_back(const Receiver& receiver) {
  const auto found = standings_.find(receiver);
  if (found != standings_.end() && found->second.under_way > 0) return;  // comes back when that ends
  if (!waiting_.insert(receiver).second) return;
  const auto organization = of_organization_.find(receiver.org);
  const bool is_full = organization != of_organization_.end() && organization->second >= most_of_one_;
  (is_full ? held_by_organization_[receiver.org] : held_failing_).push_back(receiver);
}

template <class Receiver>
void ReceiverTurns<Receiver>::release_organization(OrgId org) {
  const auto held = held_by_organization_.find(org);
  if (held == held_by_organization_.end()) return;
  row_.insert(row_.end(), held->second.begin(), held->second.end());
  held_by_organization_.erase(held);
}

template <class Receiver>
void ReceiverTurns<Receiver>::release_failing() {
  if (held_failing_.empty() || failing_under_way_ >= most_failing_) return;
  row_.push_back(held_failing_.front());
  held_failing_.pop_front();
}

template <class Receiver>
void ReceiverTurns<Receiver>::passed() {
  release_failing();
}

template <class Receiver>
void ReceiverTurns<Receiver>::begun(const Receiver& receiver) {
  auto& standing = standings_[receiver];
  ++standing.under_way;
  ++of_organization_[receiver.org];
  if (standing.failing) ++failing_under_way_;
}

template <class Receiver>
void ReceiverTurns<Receiver>::ended(const Receiver& receiver, bool failed) {
  auto& standing = standings_[receiver];
  if (standing.failing) failing_under_way_ -= standing.under_way;
  --standing.under_way;
  if (--of_organization_[receiver.org] == 0) of_organization_.erase(receiver.org);
  standing.failing = failed;
  if (standing.failing) failing_under_way_ += standing.under_way;
  if (standing.under_way == 0 && !failed) standings_.erase(receiver);
  release_organization(receiver.org);
  release_failing();
}

template class ReceiverTurns<store::WebhookKey>;
template class ReceiverTurns<store::ToldClient>;
template class ReceiverTurns<store::StreamKey>;

}  // namespace tenantd::service
