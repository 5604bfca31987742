// Whose turn it is: webhooks that may have something due, in a row, and how many deliveries each, and each
// organization, may have under way. Those that failed or were slow last share a half of the connections.
// Whoever has no share when its turn comes keeps its turn for the next place that others give back: without
// that, those that come back sooner would pass it again and again.
// Remembers nothing of a webhook that has none under way and was well last.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "tenantd/modules/webhooks/deliveries_store.hpp"

namespace tenantd::service {

class WebhookTurns {
 public:
  // Deliveries under way to one webhook.
  static constexpr std::int64_t kMost = 2;

  explicit WebhookTurns(std::int64_t connections)
      : most_failing_(std::max<std::int64_t>(connections / 2, 1)),
        most_of_one_(std::max<std::int64_t>(connections / 2, kMost + 1)) {}

  // Takes its place at the end, unless it waits already.
  void add(const store::WebhookKey& webhook);
  // The next one in the row, which leaves it.
  std::optional<store::WebhookKey> next();
  std::size_t waiting() const { return row_.size(); }

  // How many more deliveries may begin to it now.
  std::int64_t share(const store::WebhookKey& webhook) const;
  // Its share is 0: it comes back into the row when a delivery ends that takes its place now.
  void hold_back(const store::WebhookKey& webhook);
  // It had its turn and nothing was due: the next one that failed may use its place.
  void passed();
  void begun(const store::WebhookKey& webhook);
  void ended(const store::WebhookKey& webhook, bool failed);

 private:
  void release_organization(OrgId org);
  void release_failing();

  struct Standing {
    std::int64_t under_way = 0;
    bool failing = false;
  };

  std::int64_t most_failing_;  // deliveries under way to webhooks that failed or were slow last
  std::int64_t most_of_one_;   // deliveries under way to webhooks of one organization
  std::map<OrgId, std::int64_t> of_organization_;
  std::int64_t failing_under_way_ = 0;
  std::map<store::WebhookKey, Standing> standings_;
  std::deque<store::WebhookKey> row_;
  std::map<OrgId, std::deque<store::WebhookKey>> held_by_organization_;
  std::deque<store::WebhookKey> held_failing_;
  std::set<store::WebhookKey> waiting_;  // in the row, or held back
};

}  // namespace tenantd::service
