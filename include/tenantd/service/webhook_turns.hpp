// Whose turn it is: webhooks that may have something due, in a row, and how many deliveries each may have
// under way. Remembers nothing of a webhook that has none under way and did not fail last.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "tenantd/store/system/deliveries.hpp"

namespace tenantd::service {

class WebhookTurns {
 public:
  // Deliveries under way to one webhook.
  static constexpr std::int64_t kMost = 2;

  explicit WebhookTurns(std::int64_t connections)
      : most_failing_(connections / 2 > 0 ? connections / 2 : 1) {}

  // Takes its place at the end, unless it waits already.
  void add(const store::WebhookKey& webhook);
  // The next one in the row, which leaves it.
  std::optional<store::WebhookKey> next();
  std::size_t waiting() const { return row_.size(); }

  // How many more deliveries may begin to it now.
  std::int64_t share(const store::WebhookKey& webhook) const;
  void begun(const store::WebhookKey& webhook);
  void ended(const store::WebhookKey& webhook, bool failed);

 private:
  struct Standing {
    std::int64_t under_way = 0;
    bool failing = false;
  };

  std::int64_t most_failing_;  // deliveries under way to webhooks that failed last
  std::int64_t failing_under_way_ = 0;
  std::map<store::WebhookKey, Standing> standings_;
  std::deque<store::WebhookKey> row_;
  std::set<store::WebhookKey> in_row_;
};

}  // namespace tenantd::service
