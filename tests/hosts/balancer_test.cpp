// nginx/balancer.conf.example in front of two hosts: a client's address is counted by one of them, and a host
// that is gone costs nobody an answer.
#include <criterion/criterion.h>

#include <algorithm>
#include <vector>

#include "hosts/balancer.hpp"
#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/own_nginx.hpp"
#include "support/second_host.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;
using tenantd::test::hosts::balancer;

namespace {

constexpr int kLimit = 5, kClients = 24;

int answer_to(const OwnNginx& nginx, int client) {
  const auto address = "192.0.2." + std::to_string(client + 1);
  return nginx.client()
      .send({"GET", "/.well-known/jwks.json", std::nullopt, "", {{"X-Test-Client", address}}})
      .status;
}

}  // namespace

Test(balancer, an_address_has_one_hosts_limit_and_a_host_that_goes_leaves_nobody_unanswered, .timeout = 180) {
  const PrivateStack first{{"LIMIT_READ=" + std::to_string(kLimit)}};
  first.take_the_suites_place();
  first.trust_local_proxy();
  SecondHost second{first};
  const OwnNginx nginx{balancer(first.url(), second.url()), "/nowhere.sock"};
  const auto refused = [](const std::string& url) { return metric(url, "tenantd_rate_limited_total"); };
  // A host takes a part of what is left before the other has heard of it, and then a part of the rest.
  const auto began = tenantd::boot_microseconds();
  std::vector<int> taken(kClients, 0);
  wait_until("each client got its limit", [&] {
    for (int client = 0; client < kClients; ++client) {
      const auto status = answer_to(nginx, client);
      require(status == 200 || status == 429, std::to_string(status));
      taken[static_cast<std::size_t>(client)] += status == 200;
    }
    return std::ranges::all_of(taken, [](int each) { return each >= kLimit; });
  });
  const auto back = (tenantd::boot_microseconds() - began) * kLimit / 60'000'000 + 1;
  for (const auto each : taken) require(each <= kLimit + back, "by one host " + std::to_string(each));
  require(refused(first.url()) > 0 && refused(second.url()) > 0, "both serve some of the clients");
  second.stop();
  for (int client = 0; client < kClients; ++client) {
    const auto status = answer_to(nginx, client);
    require(status == 200 || status == 429, std::to_string(status));
  }
}
