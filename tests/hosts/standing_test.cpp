#include <criterion/criterion.h>

#include "support/check.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/hosts/standing.hpp"

using namespace tenantd;
using hosts::kBounds;
using hosts::Standing;
using test::require;
using test::require_equal;

namespace {

const HostId kRegistration = crypto::new_id<HostId>(), kOther = crypto::new_id<HostId>();

Standing::Found found_at(std::int64_t now, std::vector<Standing::Other> others = {}) {
  return {now, now + 10, kRegistration, std::move(others)};
}

// Has joined at 0, and trusts what it remembers. Returns when.
std::int64_t warm_up(Standing& standing, const std::vector<Standing::Other>& others = {}) {
  standing.joined(0);
  const auto first = found_at(0, others);
  standing.judge(first);
  const auto at = first.returned_us + kBounds.warm;
  standing.renewed(at);
  const auto verdict = standing.judge(found_at(at, others));
  require(verdict.forget_all && standing.is_trusting(), "it trusts");
  return at;
}

}  // namespace

Test(standing, nothing_is_trusted_before_every_unknowing_commit_is_over) {
  Standing standing;
  require(standing.judge(found_at(0)).must_join, "not joined");
  standing.joined(0);
  require(standing.is_first_poll(), "the log's end is noted");
  require_equal(standing.judge(found_at(0)).trust_until, 0);
  require_equal(standing.judge(found_at(kBounds.warm + 9)).trust_until, 0);
  const auto verdict = standing.judge(found_at(kBounds.warm + 10));
  require(verdict.forget_all, "with an empty memory");
  require_equal(verdict.trust_until, kBounds.warm + 10 + kBounds.stale);
  require(!standing.judge(found_at(kBounds.warm + 20)).forget_all, "once");
}

Test(standing, a_host_among_others_trusts_no_longer_than_it_has_renewed) {
  Standing standing;
  const auto at = warm_up(standing, {{kOther, 1}});
  require(!standing.must_renew(at + kBounds.renew - 1, false), "not yet");
  require(standing.must_renew(at + kBounds.renew, false), "due");
  require(!standing.must_renew(at + kBounds.renew, true), "alone it is not");
  const auto late = at + kBounds.member - 100;
  require_equal(standing.judge(found_at(late, {{kOther, 2}})).trust_until, at + kBounds.member);
  require_equal(standing.judge(found_at(late)).trust_until, late + kBounds.stale, "alone");
}

Test(standing, a_lost_row_or_another_registration_means_joining_anew) {
  for (const std::optional<HostId> instead : {std::optional<HostId>{}, std::optional{kOther}}) {
    Standing standing;
    const auto at = warm_up(standing);
    auto found = found_at(at + 1);
    found.registration = instead;
    const auto verdict = standing.judge(found);
    require(verdict.must_join && verdict.trust_until == 0, "lost");
    require(!standing.is_joined() && !standing.is_trusting(), "out");
  }
}

Test(standing, a_host_that_is_alone_says_until_when) {
  Standing standing;
  const auto at = warm_up(standing);
  require_equal(standing.judge(found_at(at)).alone_until, at + kBounds.stale);
  require_equal(standing.judge(found_at(at, {{kOther, 0}})).alone_until, 0);
}

Test(standing, another_host_is_gone_once_its_number_has_stood_still_for_long) {
  Standing standing;
  const auto at = warm_up(standing);
  const auto seen = found_at(at, {{kOther, 5}});
  require(standing.judge(seen).gone.empty(), "just seen");
  const auto then = seen.returned_us + kBounds.forget;
  require(standing.judge(found_at(then - 1, {{kOther, 5}})).gone.empty(), "not yet");
  const auto gone = standing.judge(found_at(then, {{kOther, 5}})).gone;
  require_equal(gone.size(), 1U);
  require_equal(gone.front().beat, 5, "only with the number that was seen");
  require(standing.judge(found_at(then, {{kOther, 6}})).gone.empty(), "it lives");
}

Test(standing, what_was_seen_of_others_before_joining_anew_counts_for_nothing) {
  Standing standing;
  const auto at = warm_up(standing, {{kOther, 5}});
  standing.begin_anew();
  require(standing.judge(found_at(at + 2 * kBounds.forget, {{kOther, 5}})).gone.empty(), "first sight");
}
