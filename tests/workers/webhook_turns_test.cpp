// Whose turn it is among webhooks: nobody's many, slow or failing ones take the places of others.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/crypto/random.hpp"
#include "workers/webhook_turns.hpp"

using namespace tenantd;
using namespace tenantd::test;
using service::WebhookTurns;

namespace {

store::WebhookKey webhook_of(const OrgId& org) { return {org, crypto::new_id<WebhookId>()}; }

// Begins as many deliveries as may; returns their number.
std::int64_t fill(WebhookTurns& turns, const store::WebhookKey& webhook) {
  const auto share = turns.share(webhook);
  for (std::int64_t i = 0; i < share; ++i) turns.begun(webhook);
  return share;
}

}  // namespace

Test(webhook_turns, an_organization_has_half_of_the_connections_however_many_webhooks_it_has) {
  WebhookTurns turns{16};
  const auto org = crypto::new_id<OrgId>();
  std::vector<store::WebhookKey> all;
  std::int64_t begun = 0;
  for (int i = 0; i < 50; ++i) begun += fill(turns, all.emplace_back(webhook_of(org)));
  require_equal(begun, 8);
  require_equal(turns.share(webhook_of(crypto::new_id<OrgId>())), WebhookTurns::kMost);
  // One that ends makes room for one.
  turns.ended(all.front(), false);
  require_equal(turns.share(all.back()), 1);
}

Test(webhook_turns, those_that_failed_or_were_slow_last_leave_half_of_the_connections_to_others) {
  WebhookTurns turns{16};
  std::int64_t begun = 0;
  for (int i = 0; i < 20; ++i) {
    const auto slow = webhook_of(crypto::new_id<OrgId>());
    turns.begun(slow);
    turns.ended(slow, true);
    begun += fill(turns, slow);
  }
  require_equal(begun, 8);
  require_equal(turns.share(webhook_of(crypto::new_id<OrgId>())), WebhookTurns::kMost);
}
