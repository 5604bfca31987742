// Two hosts behind the balancer, one restarted after the other, their keys rotated and the schema migrated
// while people work: nobody notices.
#include <criterion/criterion.h>
#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "hosts/balancer.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/later_release.hpp"
#include "support/second_host.hpp"

using namespace tenantd::test;

namespace {

constexpr int kPeople = 4;

// Everybody at work through the balancer, each from an address of their own.
class Workers {
 public:
  explicit Workers(const OwnNginx& balancer) : balancer_(balancer) {
    for (int i = 0; i < kPeople; ++i) people_.push_back(sign_up());
    for (int i = 0; i < kPeople; ++i) threads_.emplace_back([this, i] { work(i); });
  }
  ~Workers() { over_ = true; }

  // Until so many more rounds of work are done by all together.
  void go_on(int rounds) {
    const int seen = rounds_;
    wait_until(
        "work goes on", [&] { return rounds_ >= seen + rounds || failed_; },
        std::chrono::seconds{60 + rounds});
  }
  // Ends the work. Returns what went wrong, or "".
  std::string wrong() {
    over_ = true;
    threads_.clear();
    std::string all;
    for (const auto& each : wrong_) all += each;
    return all;
  }
  int requests() const { return requests_; }
  // Of everybody: the invitations that were acknowledged.
  const std::vector<std::vector<std::string>>& invited() const { return invited_; }
  const std::vector<Account>& people() const { return people_; }

 private:
  Response send(int i, const std::string& token, const char* method, const std::string& path,
                const std::optional<std::string>& body) {
    Call call{method,
              path,
              body,
              body ? "application/json" : "",
              {{"X-Test-Client", "192.0.2." + std::to_string(i + 1)}}};
    if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
    ++requests_;
    return balancer_.client().send(call);
  }

  void work(int i) {
    const auto at = static_cast<std::size_t>(i);
    const auto& person = people_[at];
    auto tokens = sign_in(person.email, person.password);
    while (!over_ && !failed_) {
      const auto need = [&](const Response& reply, int status) {
        if (reply.status == status) return true;
        wrong_[at] += reply.describe() + '\n';
        failed_ = true;
        return false;
      };
      const auto access = tokens.text("/access_token");
      if (!need(send(i, access, "GET", "/api/v1/users/me", std::nullopt), 200)) return;
      const auto email = fresh_email();
      const auto invited =
          send(i, access, "POST", "/invite_member", object({{"email", email}, {"role", "viewer"}}));
      if (!need(invited, 201)) return;
      invited_[at].push_back(email);
      tokens =
          send(i, "", "POST", "/refresh_token", object({{"refresh_token", tokens.text("/refresh_token")}}));
      if (!need(tokens, 200)) return;
      ++rounds_;
    }
  }

  const OwnNginx& balancer_;
  std::vector<Account> people_;
  std::vector<std::vector<std::string>> invited_{kPeople};
  std::vector<std::string> wrong_{kPeople};
  std::atomic<bool> over_{false}, failed_{false};
  std::atomic<int> rounds_{0}, requests_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace

Test(rolling, restarts_reloads_a_rotation_and_a_migration_fail_no_request) {
  const PrivateStack stack{{"FILES_SHARED=true"}};
  stack.take_the_suites_place();
  SecondHost one{stack, {}, SecondHost::Sockets::kept},
      other{stack, {"HOST_NAME=third"}, SecondHost::Sockets::kept};
  const OwnNginx balancer{hosts::balancer(one.url(), other.url()), "/nowhere.sock"};
  // Between two steps; a measurement asks for more than it takes to see a fault.
  const int rounds = std::stoi(setting("ROLLING_ROUNDS", std::to_string(2 * kPeople)));
  Workers workers{balancer};
  workers.go_on(rounds);
  for (auto* host : {&one, &other}) {
    host->restart();
    workers.go_on(rounds);
    require(::kill(host->master(), SIGHUP) == 0, "no reload");
    workers.go_on(rounds);
  }
  const auto rotated = stack.run("tenantctl keys rotate --now");
  require_equal(rotated.status, 0, rotated.output);
  workers.go_on(rounds);
  // The next release's, which serves this one: its programs come and go on either side of it.
  const LaterRelease later;
  const auto migrated = later.migrate(stack);
  require_equal(migrated.status, 0, migrated.output);
  require(migrated.output.find("applied " + std::to_string(later.version())) != std::string::npos,
          migrated.output);
  workers.go_on(rounds);
  for (auto* host : {&one, &other}) {
    host->restart();
    workers.go_on(rounds);
  }
  require_equal(workers.wrong(), "");
  for (std::size_t i = 0; i < kPeople; ++i)
    for (const auto& email : workers.invited()[i])
      require_equal(number_of("SELECT COUNT(*) FROM invite WHERE email = " + literal(email)), 1, email);
  std::printf("rolling: %d requests through two hosts\n", workers.requests());
}
