#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "support/check.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/shm/shared.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

using shm::Metrics;

// The bucket that counted, or -1 unless exactly one did.
int bucket_of(std::int64_t duration_us) {
  const shm::Shared<Metrics> metrics;
  metrics->observe(0, 200, duration_us);
  int found = -1;
  for (std::size_t i = 0; i < metrics->durations[0].buckets.size(); ++i) {
    if (metrics->durations[0].buckets[i].load() == 0) continue;
    if (found != -1) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

}  // namespace

Test(metrics, bounds_rise) {
  require(std::is_sorted(Metrics::kBounds.begin(), Metrics::kBounds.end()), "sorted");
  require(std::adjacent_find(Metrics::kBounds.begin(), Metrics::kBounds.end()) == Metrics::kBounds.end(),
          "distinct");
}

// Prometheus: a bucket counts what is less than or equal to its bound.
Test(metrics, a_duration_is_counted_in_the_first_bucket_whose_bound_it_does_not_exceed) {
  require_equal(bucket_of(0), 0);
  for (std::size_t i = 0; i < Metrics::kBounds.size(); ++i) {
    require_equal(bucket_of(Metrics::kBounds[i]), static_cast<int>(i));
    require_equal(bucket_of(Metrics::kBounds[i] + 1), static_cast<int>(i) + 1);
  }
  require_equal(bucket_of(3'600'000'000), static_cast<int>(Metrics::kBounds.size()));
}

Test(metrics, the_sum_of_durations_and_the_buckets_agree_with_what_was_observed) {
  const shm::Shared<Metrics> metrics;
  std::uint64_t sum = 0;
  for (std::int64_t us = 1; us < 20'000'000; us *= 3) {
    metrics->observe(1, 200, us);
    sum += static_cast<std::uint64_t>(us);
  }
  std::uint64_t observed = 0;
  for (const auto& bucket : metrics->durations[1].buckets) observed += bucket.load();
  require_equal(metrics->durations[1].sum_us.load(), sum);
  require_equal(observed, metrics->requests[1][2].load());
}

Test(metrics, a_request_is_counted_by_its_route_and_its_statuses_first_digit) {
  const shm::Shared<Metrics> metrics;
  for (const int status : {200, 201, 204, 299}) metrics->observe(3, status, 1);
  metrics->observe(3, 404, 1);
  metrics->observe(4, 503, 1);
  require_equal(metrics->requests[3][2].load(), 4U);
  require_equal(metrics->requests[3][4].load(), 1U);
  require_equal(metrics->requests[4][5].load(), 1U);
  require_equal(metrics->requests[4][2].load(), 0U);
}

Test(metrics, a_route_beyond_the_table_is_counted_in_its_last_row) {
  const shm::Shared<Metrics> metrics;
  metrics->observe(Metrics::kRoutes, 404, 1);
  metrics->observe(static_cast<std::size_t>(-1), 404, 1);
  metrics->observe(Metrics::kRoutes - 1, 404, 1);
  require_equal(metrics->requests[Metrics::kRoutes - 1][4].load(), 3U);
}

Test(metrics, every_route_has_a_row_besides_the_last) {
  require(api::routes().size() < Metrics::kRoutes, "rows");
}

Test(metrics, what_a_child_process_counts_is_seen_by_its_parent) {
  const shm::Shared<Metrics> metrics;
  const pid_t pid = ::fork();
  if (pid == 0) {
    metrics->observe(0, 200, 100);
    ::_exit(0);
  }
  int status = -1;
  require(pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0, "the child ended well");
  require_equal(metrics->requests[0][2].load(), 1U);
}
