#include "workers/webhook_turns.hpp"

#include <algorithm>

namespace tenantd::service {

void WebhookTurns::add(const store::WebhookKey& webhook) {
  if (in_row_.insert(webhook).second) row_.push_back(webhook);
}

std::optional<store::WebhookKey> WebhookTurns::next() {
  if (row_.empty()) return std::nullopt;
  const auto first = row_.front();
  row_.pop_front();
  in_row_.erase(first);
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
}

}  // namespace tenantd::service
