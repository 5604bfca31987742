// The database goes away and comes back: refusals are honest, nothing is half done, and nobody has to help.
#include <criterion/criterion.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/base/time.hpp"

using namespace tenantd::test;

namespace {

void expect_unavailable(const Response& reply,
                        const std::source_location& at = std::source_location::current()) {
  expect_problem(reply, 503, "unavailable", at);
  require(std::atoi(reply.header("retry-after").c_str()) > 0, "no Retry-After in " + reply.describe(), at);
}

// A deadline of a second can be too short for a new instance on a busy machine, which is not what is tested.
Account founded(PrivateStack& stack) {
  for (int i = 0;; ++i) {
    const auto email = fresh_email();
    const auto reply = stack.client().post("/signup", sign_up_body(email, "Acme"));
    if (reply.status == 503 && i < 10) continue;
    expect(reply, 201);
    return account_of(reply, email);
  }
}

// Nobody helps: every connection that was lost is replaced, at the price of one honest refusal.
void require_recovered(PrivateStack& stack, const Account& owner) {
  const auto sign_in_body = object({{"email", owner.email}, {"password", owner.password}});
  const auto succeeds_in_a_row = [&](const std::function<Response(Client&)>& ask) {
    for (int i = 0; i < 20; ++i) {
      auto client = stack.client();
      client.bearer(owner.access_token);
      const auto reply = ask(client);
      if (reply.status == 200) continue;
      expect_unavailable(reply);
      return false;
    }
    return true;
  };
  wait_until("readiness",
             [&] { return succeeds_in_a_row([](Client& c) { return c.get("/health/ready"); }); });
  wait_until("lists",
             [&] { return succeeds_in_a_row([](Client& c) { return c.get("/organization/list_users"); }); });
  wait_until("sign-ins",
             [&] { return succeeds_in_a_row([&](Client& c) { return c.post("/signin", sign_in_body); }); });
  founded(stack);
}

}  // namespace

Test(database_faults, a_killed_database_is_told_as_503_and_its_return_is_noticed_unaided) {
  PrivateStack stack;
  const auto owner = founded(stack);
  auto client = stack.client();
  stack.kill_database();
  expect(client.get("/health"), 200);
  expect_unavailable(client.get("/health/ready"));
  expect_unavailable(client.get("/ready"));
  expect_unavailable(client.post("/signin", object({{"email", owner.email}, {"password", owner.password}})));
  expect_unavailable(client.post("/signup", sign_up_body(fresh_email(), "Acme")));
  auto signed_in = stack.client();
  signed_in.bearer(owner.access_token);
  expect_unavailable(signed_in.get("/organization/list_users"));
  expect_unavailable(signed_in.post("/invite_member", object({{"email", fresh_email()}})));
  expect(client.get("/.well-known/jwks.json"), 200);
  // What needs no database is still refused for what it is.
  expect_problem(client.post("/signup", "{"), 400, "malformed_json");
  expect_problem(client.get("/users/me"), 401, "unauthenticated");
  stack.restart_database();
  require_recovered(stack, owner);
}

Test(database_faults, a_database_that_hangs_is_told_as_503_in_bounded_time) {
  PrivateStack stack{{"REQUEST_SECONDS=1"}};
  const auto owner = founded(stack);
  stack.signal_database(SIGSTOP);
  auto client = stack.client();
  const auto asked = tenantd::monotonic_microseconds();
  expect_unavailable(client.post("/signin", object({{"email", owner.email}, {"password", owner.password}})));
  // A second for the statement, one for another connection; and whatever else the machine has to do.
  require(tenantd::monotonic_microseconds() - asked < 5'000'000, "the deadline of a request did not count");
  // A hanging lane does not hold up what touches no database.
  std::atomic<bool> answered{false};
  std::jthread waiting{[&] {
    stack.client().get("/health/ready");
    answered = true;
  }};
  expect(client.get("/health"), 200);
  stack.signal_database(SIGCONT);
  waiting.join();
  require(answered, "the waiting request got no answer");
  require_recovered(stack, owner);
}

Test(database_faults, all_that_a_request_waits_for_has_one_deadline) {
  PrivateStack stack{{"REQUEST_SECONDS=3"}};
  const auto owner = founded(stack);
  std::vector<std::function<Response(Client&)>> asks;
  asks.emplace_back([](Client& c) { return c.get("/organization/list_users"); });
  asks.emplace_back([&](Client& c) { return c.post("/invite_member", object({{"email", fresh_email()}})); });
  asks.emplace_back([&](Client& c) {
    return c.header("Idempotency-Key", fresh_name("key")).post("/api/v1/projects", object({{"name", "x"}}));
  });
  asks.emplace_back([&](Client& c) {
    return c.post("/signin", object({{"email", owner.email}, {"password", owner.password}}));
  });
  stack.signal_database(SIGSTOP);
  // Twice: by connections that are open, and by those that have to be opened.
  for (const auto* how : {"open", "to be opened"})
    for (const auto& ask : asks) {
      auto client = stack.client();
      client.bearer(owner.access_token);
      const auto asked = tenantd::monotonic_microseconds();
      expect_unavailable(ask(client));
      const auto took = tenantd::monotonic_microseconds() - asked;
      require(took < 6'000'000, std::string{how} + ": " + std::to_string(took / 1000) + " ms");
    }
  stack.signal_database(SIGCONT);
}

Test(database_faults, what_was_acknowledged_before_the_kill_is_there_after_it) {
  PrivateStack stack;
  const auto owner = founded(stack);
  const auto stem = fresh_name("kept");
  std::atomic<int> next{0};
  std::atomic<int> acknowledged{0};
  std::vector<std::vector<std::string>> stored(3);
  std::vector<std::string> faults(3);
  {
    std::atomic<bool> stop{false};
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < stored.size(); ++i)
      threads.emplace_back([&, i] {
        auto client = stack.client();
        client.bearer(owner.access_token);
        while (!stop) {
          const auto email = stem + std::to_string(++next) + "@example.com";
          const auto reply = client.post("/invite_member", object({{"email", email}}));
          if (reply.status == 201) {
            stored[i].push_back(email);
            ++acknowledged;
          } else if (reply.status != 503) {
            faults[i] = reply.describe();
          }
        }
      });
    wait_until("some invitations", [&] { return acknowledged >= 50; });
    stack.kill_database();
    stop = true;
  }
  for (const auto& fault : faults) require(fault.empty(), fault);
  stack.restart_database();
  require_recovered(stack, owner);
  auto client = stack.client();
  client.bearer(owner.access_token);
  for (const auto& list : stored)
    for (const auto& email : list)
      expect_problem(client.post("/invite_member", object({{"email", email}})), 409, "invite_pending");
}
