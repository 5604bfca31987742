// What one caller may have under way, where several hosts answer.
#include "api/shares.hpp"

#include <criterion/criterion.h>

#include <source_location>
#include <string>
#include <utility>

#include "support/check.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/shm/hash.hpp"
#include "tenantd/shm/shared.hpp"

using namespace tenantd;
using test::require_equal;

namespace {

// A heavy request has all of a share but one place. Returns the weight that it holds of its organization's
// and its account's.
std::pair<std::int64_t, std::int64_t> held(std::int64_t most_of_organization, std::int64_t most_of_account,
                                           std::int64_t other_hosts) {
  Settings settings;
  settings.in_flight_organization = most_of_organization;
  settings.in_flight_account = most_of_account;
  const shm::Shared<shm::InFlight> in_flight;
  const shm::Shared<shm::Metrics> metrics;
  metrics->other_hosts = other_hosts;
  const api::Shares shares{settings, *in_flight, *metrics, {"fast", 4, 8}};
  const auto org = crypto::new_id<OrgId>();
  const auto place = shares.admit("ann", org, 1000);
  const auto lane = static_cast<std::uint32_t>(shm::hash_bytes("fast"));
  return {in_flight->count(lane, shm::InFlight::Kind::organization, 'o' + std::string{org.raw()}),
          in_flight->count(lane, shm::InFlight::Kind::account, "ann")};
}

void expect_held(std::pair<std::int64_t, std::int64_t> found, std::int64_t of_organization,
                 std::int64_t of_account, const std::source_location& at = std::source_location::current()) {
  require_equal(found.first, of_organization, "of the organization", at);
  require_equal(found.second, of_account, "of the account", at);
}

}  // namespace

Test(shares, what_is_set_is_divided_by_the_hosts_and_rounded_up) {
  expect_held(held(20, 10, 0), 19, 9);
  expect_held(held(20, 10, 1), 9, 4);
  expect_held(held(20, 10, 2), 6, 3);
  expect_held(held(20, 0, 1), 9, 4);
  expect_held(held(1, 1, 9), 1, 1);
}

Test(shares, half_of_a_hosts_own_threads_is_the_same_however_many_hosts_there_are) {
  expect_held(held(0, 0, 0), 15, 7);
  expect_held(held(0, 0, 3), 15, 7);
}
