// What a caller gets who asks two hosts, each through its nginx.
#include <criterion/criterion.h>

#include "hosts/hosts_fixture.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"

using namespace tenantd::test;
using namespace tenantd::test::hosts;

namespace {

// Two hosts that tell one another what they take.
struct Limited {
  explicit Limited(const std::vector<std::string>& limits) : first(limits) {
    first.take_the_suites_place();
    second.emplace(first);
    for (const auto& url : {first.url(), second->url()}) {
      wait_until_trusting(url);
      wait_until("it knows the other", [&] { return metric(url, "tenantd_other_hosts") == 1; });
    }
  }
  PrivateStack first;
  std::optional<SecondHost> second;
};

std::string wrong_sign_in() {
  return object({{"email", fresh_email()}, {"password", "wrong horse battery 13"}});
}

}  // namespace

Test(limits_of_hosts, who_asks_both_hosts_in_turn_gets_the_limit_once) {
  Limited hosts{{"LIMIT_READ=40"}};
  const auto began = tenantd::boot_microseconds();
  Client here = hosts.first.client(), there = hosts.second->client();
  int taken = 0;
  for (int i = 0; i < 60; ++i)
    for (auto* client : {&here, &there}) {
      const auto reply = client->get("/.well-known/jwks.json");
      taken += reply.status == 200 ? 1 : 0;
      if (reply.status == 200) continue;
      expect_problem(reply, 429, "rate_limited");
      require_equal(reply.header("ratelimit-limit"), "40");
    }
  const auto back = static_cast<int>((tenantd::boot_microseconds() - began) * 40 / 60'000'000);
  require(taken <= 40 + back + 2, std::to_string(taken) + " of 40");
  require(taken >= 30, std::to_string(taken) + " of 40");
}

// A caller that a balancer sends to one host has all of its limit, after some rounds.
Test(limits_of_hosts, who_asks_one_host_gets_the_whole_of_the_limit) {
  Limited hosts{{"LIMIT_PASSWORD=8"}};
  auto client = hosts.second->client();
  int taken = 0;
  wait_until("eight sign-ins were judged", [&] {
    const auto status = client.post("/signin", wrong_sign_in()).status;
    require(status == 401 || status == 429, std::to_string(status));
    return (taken += status == 401 ? 1 : 0) == 8;
  });
  require(metric(hosts.second->url(), "tenantd_limit_rounds_total") > 0, "it told the other");
  wait_until("the other has heard of all",
             [&] { return hosts.first.client().post("/signin", wrong_sign_in()).status == 429; });
}

Test(limits_of_hosts, an_account_has_one_share_at_both_hosts) {
  Limited hosts{{"LIMIT_ACCOUNT=30"}};
  const auto owner = sign_up();
  Client here = owner.client(), there = hosts.second->client(owner);
  const auto began = tenantd::boot_microseconds();
  int taken = 0;
  for (int i = 0; i < 50; ++i)
    for (auto* client : {&here, &there}) taken += client->get("/users/me").status == 200 ? 1 : 0;
  const auto back = static_cast<int>((tenantd::boot_microseconds() - began) * 30 / 60'000'000);
  require(taken >= 20 && taken <= 30 + back + 2, std::to_string(taken) + " of 30");
}

Test(limits_of_hosts, a_person_invites_so_often_at_both_hosts_together_and_after_a_restart) {
  Limited hosts{{"LIMIT_INVITE=4"}};
  const auto owner = sign_up_verified();
  Client here = owner.client(), there = hosts.second->client(owner);
  const auto invite_at = [](Client& client) {
    return client.post("/invite_member", object({{"email", fresh_email()}, {"role", "member"}}));
  };
  for (auto* client : {&here, &there, &here, &there}) expect(invite_at(*client), 201);
  for (auto* client : {&here, &there}) {
    Unchanged database;
    const auto reply = invite_at(*client);
    expect_problem(reply, 429, "rate_limited");
    require_equal(reply.header("ratelimit-limit"), "4");
    database.check("an invitation too many");
  }
  hosts.second.reset();
  hosts.first.restart();
  auto again = hosts.first.client();
  const auto reply = again.post("/signin", object({{"email", owner.email}, {"password", owner.password}}));
  again.bearer(account_of(expect(reply, 200), owner.email).access_token);
  expect_problem(invite_at(again), 429, "rate_limited");
}

Test(limits_of_hosts, a_reader_gets_so_many_mails_from_both_hosts_together) {
  Limited hosts{{"LIMIT_MAIL=2", "LIMIT_MAIL_CAUSED=3"}};
  const auto known = sign_up();
  Client here = hosts.first.client(), there = hosts.second->client();
  for (int i = 0; i < 3; ++i)
    for (auto* client : {&here, &there})
      expect(client->post("/reset_password", object({{"email", known.email}})), 202);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE status <> 2 AND template = 'password_reset' AND "
                          "recipient = " +
                          literal(known.email)),
                2);
  require_equal(number_of("SELECT COUNT(*) FROM budget WHERE id LIKE " + literal("%" + known.email + "%")), 0,
                "a budget names nobody");
}
