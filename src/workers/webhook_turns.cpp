#include "workers/webhook_turns.hpp"

#include <algorithm>

namespace tenantd::service {

void WebhookTurns::add(const store::WebhookKey& webhook) {
  if (waiting_.insert(webhook).second) row_.push_back(webhook);
}

std::optional<store::WebhookKey> WebhookTurns::next() {
  if (row_.empty()) return std::nullopt;
  const auto first = row_.front();
  row_.pop_front();
  waiting_.erase(first);
  return first;
}

std::int64_t WebhookTurns::share(const store::WebhookKey& webhook) const {
  const auto organization = of_organization_.find(webhook.org);
  const auto left = most_of_one_ - (organization == of_organization_.end() ? 0 : organization->second);
  const auto found = standings_.find(webhook);
  if (found == standings_.end()) return std::min(kMost, left);
  const auto& standing = found->second;
  if (!standing.failing) return std::min(kMost - standing.under_way, left);
  return standing.under_way == 0 && failing_under_way_ < most_failing_ ? std::min<std::int64_t>(1, left) : 0;
}

void WebhookTurns::hold_back(const store::WebhookKey& webhook) {
  const auto found = standings_.find(webhook);
  if (found != standings_.end() && found->second.under_way > 0) return;  // comes back when that ends
  if (!waiting_.insert(webhook).second) return;
  const auto organization = of_organization_.find(webhook.org);
  const bool is_full = organization != of_organization_.end() && organization->second >= most_of_one_;
  (is_full ? held_by_organization_[webhook.org] : held_failing_).push_back(webhook);
}

void WebhookTurns::release_organization(OrgId org) {
  const auto held = held_by_organization_.find(org);
  if (held == held_by_organization_.end()) return;
  row_.insert(row_.end(), held->second.begin(), held->second.end());
  held_by_organization_.erase(held);
}

void WebhookTurns::release_failing() {
  if (held_failing_.empty() || failing_under_way_ >= most_failing_) return;
  row_.push_back(held_failing_.front());
  held_failing_.pop_front();
}

void WebhookTurns::passed() { release_failing(); }

void WebhookTurns::begun(const store::WebhookKey& webhook) {
  auto& standing = standings_[webhook];
  ++standing.under_way;
  ++of_organization_[webhook.org];
  if (standing.failing) ++failing_under_way_;
}

void WebhookTurns::ended(const store::WebhookKey& webhook, bool failed) {
  auto& standing = standings_[webhook];
  if (standing.failing) failing_under_way_ -= standing.under_way;
  --standing.under_way;
  if (--of_organization_[webhook.org] == 0) of_organization_.erase(webhook.org);
  standing.failing = failed;
  if (standing.failing) failing_under_way_ += standing.under_way;
  if (standing.under_way == 0 && !failed) standings_.erase(webhook);
  release_organization(webhook.org);
  release_failing();
}

}  // namespace tenantd::service
