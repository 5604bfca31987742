// Time is a parameter of the limiter, so that hours pass here without waiting.
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/shm/hash.hpp"
#include "tenantd/shm/rate_limiter.hpp"
#include "tenantd/shm/shared.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 5'000 * kSecond;

struct Rule {
  std::int64_t limit;
  std::int64_t window_seconds;
};

std::int64_t count_allowed(shm::RateLimiter& limiter, const std::string& caller, const Rule& rule,
                           std::int64_t now_us, std::int64_t attempts) {
  std::int64_t allowed = 0;
  for (std::int64_t i = 0; i < attempts; ++i)
    allowed += limiter.take(caller, rule.limit, rule.window_seconds, now_us).allowed ? 1 : 0;
  return allowed;
}

// Names that begin at one slot of the table and carry different tags.
std::vector<std::string> colliding_callers(std::size_t count) {
  constexpr std::uint64_t kSlots = 1 << 16;
  const std::uint64_t wanted = shm::hash_bytes("caller") % kSlots;
  std::vector<std::string> callers;
  std::set<std::uint64_t> tags;
  for (int i = 0; callers.size() < count; ++i) {
    const std::string name = "caller " + std::to_string(i);
    const auto hash = shm::hash_bytes(name);
    if (hash % kSlots == wanted && tags.insert(hash >> 48).second) callers.push_back(name);
  }
  return callers;
}

}  // namespace

Test(rate_limiter, a_caller_may_send_its_whole_limit_at_once_and_no_more) {
  for (const Rule rule :
       {Rule{1, 60}, {2, 60}, {3, 60}, {5, 1}, {10, 3600}, {60, 60}, {100, 60}, {500, 60}, {1, 1}}) {
    const shm::Shared<shm::RateLimiter> limiter;
    require_equal(count_allowed(*limiter, "a", rule, kNow, rule.limit * 2 + 10), rule.limit);
  }
}

Test(rate_limiter, a_limit_that_does_not_divide_its_window_holds_as_well) {
  for (const Rule rule : {Rule{7, 60}, {11, 60}, {90, 60}, {1200, 60}, {6000, 60}, {700'000, 60}}) {
    const shm::Shared<shm::RateLimiter> limiter;
    const auto allowed = count_allowed(*limiter, "a", rule, kNow, rule.limit + rule.limit / 2 + 10);
    cr_expect(allowed == rule.limit, "%jd of %jd at once are allowed", static_cast<std::intmax_t>(allowed),
              static_cast<std::intmax_t>(rule.limit));
  }
}

Test(rate_limiter, a_decision_tells_the_limit_what_remains_and_when_to_come_back) {
  const shm::Shared<shm::RateLimiter> limiter;
  for (std::int64_t remaining = 4; remaining >= 0; --remaining) {
    const auto decision = limiter->take("a", 5, 60, kNow);
    require(decision.allowed, "within the limit");
    require_equal(decision.limit, 5);
    require_equal(decision.remaining, remaining);
    require_equal(decision.retry_after, 0);
  }
  const auto refused = limiter->take("a", 5, 60, kNow);
  require(!refused.allowed, "over the limit");
  require_equal(refused.limit, 5);
  require_equal(refused.remaining, 0);
  require_equal(refused.retry_after, 12);
}

Test(rate_limiter, whoever_waits_as_told_is_served) {
  for (const Rule rule : {Rule{1, 1}, {1, 60}, {7, 60}, {60, 60}, {10, 3600}, {6000, 60}}) {
    const shm::Shared<shm::RateLimiter> limiter;
    count_allowed(*limiter, "a", rule, kNow, rule.limit * 2);
    const auto refused = limiter->take("a", rule.limit, rule.window_seconds, kNow);
    require(!refused.allowed && refused.retry_after >= 1, "refused with a time to wait");
    const auto later = kNow + refused.retry_after * kSecond;
    require(limiter->take("a", rule.limit, rule.window_seconds, later).allowed, "served after it");
  }
}

Test(rate_limiter, a_refused_request_does_not_lengthen_the_wait) {
  const shm::Shared<shm::RateLimiter> limiter;
  count_allowed(*limiter, "a", {60, 60}, kNow, 60);
  const auto first = limiter->take("a", 60, 60, kNow);
  count_allowed(*limiter, "a", {60, 60}, kNow, 1000);
  require_equal(limiter->take("a", 60, 60, kNow).retry_after, first.retry_after);
}

Test(rate_limiter, what_was_used_comes_back_evenly_over_the_window) {
  const shm::Shared<shm::RateLimiter> limiter;
  const Rule rule{60, 60};
  require_equal(count_allowed(*limiter, "a", rule, kNow, 100), 60);
  require_equal(count_allowed(*limiter, "a", rule, kNow + 999'000, 10), 0);
  require_equal(count_allowed(*limiter, "a", rule, kNow + 1 * kSecond, 10), 1);
  require_equal(count_allowed(*limiter, "a", rule, kNow + 11 * kSecond, 100), 10);
  require_equal(count_allowed(*limiter, "a", rule, kNow + 71 * kSecond, 100), 60);
}

Test(rate_limiter, a_long_silence_saves_nothing_up) {
  const shm::Shared<shm::RateLimiter> limiter;
  const Rule rule{10, 60};
  require_equal(count_allowed(*limiter, "a", rule, kNow, 3), 3);
  require_equal(count_allowed(*limiter, "a", rule, kNow + 86'400 * kSecond, 100), 10);
}

Test(rate_limiter, a_caller_that_never_stops_gets_its_rate_and_one_burst) {
  const shm::Shared<shm::RateLimiter> limiter;
  std::int64_t allowed = 0;
  for (int tenth = 0; tenth <= 6000; ++tenth)
    allowed += count_allowed(*limiter, "a", {60, 60}, kNow + tenth * (kSecond / 10), 3);
  require_equal(allowed, 60 + 600);
}

Test(rate_limiter, callers_do_not_use_up_each_others_limit) {
  const shm::Shared<shm::RateLimiter> limiter;
  for (int i = 0; i < 500; ++i) {
    const std::string caller = "password 198.51.100." + std::to_string(i);
    require_equal(count_allowed(*limiter, caller, {5, 60}, kNow, 10), 5, caller);
  }
}

Test(rate_limiter, callers_that_meet_in_one_slot_keep_their_own_limits) {
  const shm::Shared<shm::RateLimiter> limiter;
  for (const auto& caller : colliding_callers(4))
    require_equal(count_allowed(*limiter, caller, {5, 60}, kNow, 10), 5, caller);
}

Test(rate_limiter, a_caller_that_finds_no_slot_of_its_own_gets_the_stricter_outcome) {
  const shm::Shared<shm::RateLimiter> limiter;
  const auto callers = colliding_callers(5);
  for (const auto& caller : callers) {
    const auto allowed = count_allowed(*limiter, caller, {5, 60}, kNow, 10);
    require(allowed == (caller == callers.back() ? 0 : 5), caller + ": " + std::to_string(allowed));
  }
}

// The one in front leaves its slot at once; the other's requests are still counted in the slot behind it.
Test(rate_limiter, a_caller_does_not_begin_anew_when_the_one_it_met_has_left) {
  const shm::Shared<shm::RateLimiter> limiter;
  const auto callers = colliding_callers(2);
  require_equal(count_allowed(*limiter, callers[0], {60, 60}, kNow, 1), 1);
  require_equal(count_allowed(*limiter, callers[1], {60, 60}, kNow, 100), 60);
  require_equal(count_allowed(*limiter, callers[1], {60, 60}, kNow + 2 * kSecond, 100), 2);
}

Test(rate_limiter, zero_is_no_limit) {
  const shm::Shared<shm::RateLimiter> limiter;
  for (int i = 0; i < 10'000; ++i) {
    const auto decision = limiter->take("a", 0, 60, kNow);
    require(decision.allowed && decision.limit == 0 && decision.retry_after == 0, "no limit");
  }
}

Test(rate_limiter, a_caller_of_any_length_has_its_own_limit) {
  const shm::Shared<shm::RateLimiter> limiter;
  for (const std::string& caller : {std::string{}, std::string(1, '\0'), std::string(2, '\0'),
                                    std::string(4096, 'a'), std::string(4097, 'a'), std::string(8, 'a')})
    require_equal(count_allowed(*limiter, caller, {2, 60}, kNow, 5), 2);
}

Test(rate_limiter, racing_processes_are_together_allowed_the_limit_exactly) {
  constexpr std::int64_t kLimit = 500;
  constexpr int kProcesses = 8;
  struct Count {
    std::atomic<std::int64_t> allowed;
  };
  const shm::Shared<shm::RateLimiter> limiter;
  const shm::Shared<Count> count;
  std::array<int, 2> start{};
  require(::pipe(start.data()) == 0, "pipe");
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      char byte = 0;
      ::close(start[1]);
      const auto end = ::read(start[0], &byte, 1);
      count->allowed.fetch_add(count_allowed(*limiter, "shared", {kLimit, 60}, kNow, kLimit));
      ::_exit(end == 0 ? 0 : 1);
    }
    children.push_back(pid);
  }
  // Releases them all at once: each reads the end of the pipe.
  ::close(start[0]);
  ::close(start[1]);
  for (const pid_t pid : children) {
    int status = -1;
    require(pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0, "a process ended well");
  }
  require_equal(count->allowed.load(), kLimit);
}

Test(rate_limiter, a_host_that_hears_of_no_other_keeps_to_its_share) {
  const shm::Shared<shm::RateLimiter> limiter;
  limiter->share_among(3, kNow);  // over, since then
  require_equal(count_allowed(*limiter, "a", {10, 60}, kNow, 20), 4, "a third, rounded up");
  require_equal(count_allowed(*limiter, "b", {1, 60}, kNow, 20), 1, "never none");
  limiter->share_among(1, kNow);
  require_equal(count_allowed(*limiter, "c", {10, 60}, kNow, 20), 10, "alone it has all");
}

Test(rate_limiter, what_others_have_not_heard_of_is_a_share_of_what_is_left) {
  const shm::Shared<shm::RateLimiter> limiter;
  limiter->share_among(2, kNow + 60 * kSecond);
  std::vector<std::int64_t> taken;
  for (int round = 0; round < 5; ++round) {
    taken.push_back(count_allowed(*limiter, "a", {60, 60}, kNow, 100));
    limiter->tell(10, kNow);
    require_equal(count_allowed(*limiter, "a", {60, 60}, kNow, 10), 0, "on its way is not yet heard of");
    limiter->all_told();
  }
  require(taken == std::vector<std::int64_t>{30, 15, 8, 4, 2}, "half of what is left, each time");
}

Test(rate_limiter, what_another_host_took_is_gone_here) {
  const shm::Shared<shm::RateLimiter> here, there;
  for (const auto* host : {&here, &there}) (**host).share_among(2, kNow + 60 * kSecond);
  require_equal(count_allowed(*there, "a", {60, 60}, kNow, 25), 25);
  const auto spent = there->tell(10, kNow);
  require_equal(spent.size(), 1U);
  require_equal(spent.front().count, 25U);
  here->hear(spent.front(), kNow);
  const auto decision = here->take("a", 60, 60, kNow);
  require(decision.allowed && decision.remaining == 34, std::to_string(decision.remaining));
}

Test(rate_limiter, who_has_taken_little_is_not_told_of_until_it_is_much) {
  const shm::Shared<shm::RateLimiter> limiter;
  limiter->share_among(2, kNow + 600 * kSecond);
  count_allowed(*limiter, "a", {6000, 60}, kNow, 100);
  require(limiter->tell(10, kNow).empty(), "of 6,000, a hundred are few");
  count_allowed(*limiter, "a", {6000, 60}, kNow + kSecond, 300);
  require_equal(limiter->tell(10, kNow + kSecond).front().count, 400U);
  limiter->all_told();
  count_allowed(*limiter, "a", {6000, 60}, kNow + 2 * kSecond, 100);
  require(limiter->tell(10, kNow + 70 * kSecond).empty(), "and after a window they are forgotten");
  count_allowed(*limiter, "a", {6000, 60}, kNow + 70 * kSecond, 350);
  require(limiter->tell(10, kNow + 70 * kSecond).empty(), "a hundred of them");
}

Test(rate_limiter, more_callers_than_can_be_told_of_keep_to_their_share) {
  const shm::Shared<shm::RateLimiter> limiter;
  limiter->share_among(2, kNow + 60 * kSecond);
  std::int64_t most = 0;
  for (int i = 0; i < 30'000; ++i)
    most = std::max(most, count_allowed(*limiter, "caller " + std::to_string(i), {8, 60}, kNow, 10));
  require_equal(most, 4);
  require_equal(limiter->tell(200, kNow).size(), 200U);
}
