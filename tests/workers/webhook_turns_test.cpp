// Whose turn it is among webhooks: nobody's many, slow or failing ones take the places of others.
#include <criterion/criterion.h>

#include <deque>
#include <map>

#include "support/check.hpp"
#include "tenantd/crypto/random.hpp"
#include "workers/receiver_turns.hpp"

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

// One of an organization's many webhooks fails and is due again at once, as its next tries are: those that
// wait for their first turn are not passed by those that had theirs.
Test(webhook_turns, of_an_organization_that_is_full_each_has_its_turn_before_any_has_two) {
  WebhookTurns turns{16};
  const auto org = crypto::new_id<OrgId>();
  std::vector<store::WebhookKey> all;
  for (int i = 0; i < 50; ++i) turns.add(all.emplace_back(webhook_of(org)));
  std::map<store::WebhookKey, int> had;
  std::deque<store::WebhookKey> under_way;
  const auto go_through_the_row = [&] {
    for (auto left = turns.waiting(); left > 0; --left) {
      const auto webhook = *turns.next();
      const auto share = fill(turns, webhook);
      if (share == 0) turns.hold_back(webhook);
      if (share > 0) ++had[webhook];
      for (std::int64_t i = 0; i < share; ++i) under_way.push_back(webhook);
    }
  };
  go_through_the_row();
  for (int ended = 0; had.size() < all.size() && ended < 200; ++ended) {
    turns.ended(under_way.front(), true);
    turns.add(under_way.front());
    under_way.pop_front();
    // A look at the database, which knows the first ones to be due again.
    for (int i = 0; i < 10; ++i) turns.add(all[static_cast<std::size_t>(i)]);
    go_through_the_row();
  }
  require_equal(had.size(), all.size(), "some wait for good");
  for (const auto& [webhook, turn] : had) require(turn <= 2, std::to_string(turn) + " turns of one");
}

Test(webhook_turns, of_those_that_failed_the_next_one_comes_when_a_place_is_free) {
  WebhookTurns turns{4};
  std::vector<store::WebhookKey> slow;
  for (int i = 0; i < 3; ++i) {
    turns.begun(slow.emplace_back(webhook_of(crypto::new_id<OrgId>())));
    turns.ended(slow.back(), true);
  }
  require_equal(fill(turns, slow[0]) + fill(turns, slow[1]), 2);
  require_equal(turns.share(slow[2]), 0);
  turns.hold_back(slow[2]);
  turns.add(slow[2]);
  require_equal(turns.waiting(), 0U, "it waits already");
  turns.ended(slow[0], true);
  require_equal(turns.waiting(), 1U);
  require(*turns.next() == slow[2] && turns.share(slow[2]) == 1, "its turn");
}
