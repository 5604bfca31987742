// What the tests beside it share.
#pragma once

#include <optional>
#include <string>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/second_host.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/hosts/protocol.hpp"

namespace tenantd::test::hosts {

// For how long a host may trust what it remembers, in microseconds.
inline constexpr auto kStale = tenantd::hosts::kBounds.stale;

// What a host remembers is kept for a minute, so that nothing ends by itself meanwhile.
class Hosts {
 public:
  Hosts() : first_({"SESSION_CACHE_SECONDS=60"}) {
    first_.take_the_suites_place();
    second_.emplace(first_);
    wait_until_trusting(first_.url());
    wait_until_trusting(second_->url());
  }
  PrivateStack& first() { return first_; }
  SecondHost& second() { return *second_; }

  // The second host has read the session, and answers by what it remembers.
  Client remembered(const Account& account) {
    auto client = second_->client(account);
    for (int i = 0; i < 2; ++i) expect(client.get("/users/me"), 200);
    return client;
  }

 private:
  PrivateStack first_;
  std::optional<SecondHost> second_;
};

// A session that the second host remembers, and a client there.
struct Remembered {
  Account account;
  Client elsewhere;
  explicit Remembered(Hosts& hosts) : account(sign_up()), elsewhere(hosts.remembered(account)) {}
  // Returns how long the reply took, in microseconds.
  std::int64_t log_out() const {
    const auto began = tenantd::boot_microseconds();
    expect(account.client().post("/logout"), 204);
    return tenantd::boot_microseconds() - began;
  }
};

// A program with the stack's settings, but for these.
inline Finished run_with(const PrivateStack& stack, const std::string& changes, const std::string& command) {
  return run_program({"bash", "-c",
                      ". " + stack.dir() + "/environment && export " + changes + " && exec " +
                          setting("TENANTD_BUILD") + "/" + command});
}

}  // namespace tenantd::test::hosts
