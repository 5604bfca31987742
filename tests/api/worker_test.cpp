// Workers that are killed or replaced under load: what was acknowledged is stored, whole, and nobody waits in
// vain.
#include <criterion/criterion.h>
#include <signal.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/processes.hpp"
#include "support/turn.hpp"
#include "support/world.hpp"

using namespace tenantd::test;

namespace {

struct Tally {
  std::mutex mutex;
  std::vector<std::string> acknowledged;  // what the service said it has stored
  std::vector<std::string> failures;      // replies of 5xx, and none
  int total = 0;

  void add(const Response& reply, int expected, const std::string& what) {
    const std::lock_guard lock{mutex};
    ++total;
    if (reply.status == expected) {
      acknowledged.push_back(what);
    } else {
      failures.push_back(reply.describe());
    }
  }
  int count() {
    const std::lock_guard lock{mutex};
    return total;
  }
};

// Threads that work as fast as they can until the load ends.
class Load {
 public:
  Load(std::size_t threads, const std::function<void(Client&)>& work) {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this, work] {
        Client client;
        while (!stop_) work(client);
      });
  }
  ~Load() { end(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  void end() {
    stop_ = true;
    threads_.clear();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::jthread> threads_;
};

pid_t master() { return part_pid(run_dir(), "tenantd"); }

}  // namespace

Test(worker, killing_workers_under_load_loses_nothing_that_was_acknowledged) {
  const Alone alone;
  const auto owner = sign_up();
  const auto stem = fresh_name("killed");
  const auto before = children_of(master()).size();
  Tally sign_ups;
  Tally invitations;
  std::atomic<int> next{0};
  Load hashing{3, [&](Client& client) {
                 const auto email = stem + "-s" + std::to_string(++next) + "@example.com";
                 sign_ups.add(client.post("/signup", sign_up_body(email, stem)), 201, email);
               }};
  Load inviting{3, [&](Client& client) {
                  const auto email = stem + "-i" + std::to_string(++next) + "@example.com";
                  const Call call{"POST",
                                  "/invite_member",
                                  object({{"email", email}}),
                                  "application/json",
                                  {{"Authorization", "Bearer " + owner.access_token}}};
                  invitations.add(client.send(call), 201, email);
                }};
  int killed = 0;
  for (int round = 0; round < 4; ++round) {
    const int signed_up = sign_ups.count() + 5;
    const int invited = invitations.count() + 20;
    wait_until("load", [&] { return sign_ups.count() >= signed_up && invitations.count() >= invited; });
    const auto workers = children_of(master());
    for (std::size_t i = static_cast<std::size_t>(round) % 2; i < workers.size(); i += 2)
      killed += ::kill(workers[i], SIGKILL) == 0;
    wait_until("the workers are back", [&] { return children_of(master()).size() >= before; });
  }
  hashing.end();
  inviting.end();
  require(killed >= 8, "too few workers were killed");
  require(!sign_ups.acknowledged.empty() && !invitations.acknowledged.empty(), "nothing was acknowledged");

  for (const auto& email : sign_ups.acknowledged) expect(sign_in(email, kPassword), 200);
  for (const auto& email : invitations.acknowledged)
    require_equal(number_of("SELECT COUNT(*) FROM invite WHERE email = " + literal(email)), 1, email);
  // Nothing half done: every account with its organization, owner, roles, event and mail; every invitation
  // with its mail.
  const auto like = " LIKE " + literal(stem + "-s%");
  const auto accounts = number_of("SELECT COUNT(*) FROM user WHERE email" + like);
  require(accounts >= static_cast<std::int64_t>(sign_ups.acknowledged.size()), "accounts");
  require_equal(number_of("SELECT COUNT(*) FROM organization WHERE name = " + literal(stem)), accounts,
                "organizations");
  require_equal(
      number_of("SELECT COUNT(*) FROM member m JOIN user u ON u.id = m.user_id WHERE u.email" + like),
      accounts, "members");
  require_equal(
      number_of("SELECT COUNT(*) FROM role r JOIN organization o ON o.id = r.org_id WHERE o.name = " +
                literal(stem)),
      5 * accounts, "roles");
  require_equal(
      number_of("SELECT COUNT(*) FROM event e JOIN organization o ON o.id = e.org_id WHERE o.name = " +
                literal(stem)),
      accounts, "events");
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template = 'verification' AND recipient" + like),
                accounts, "mails");
  const auto invites = number_of("SELECT COUNT(*) FROM invite WHERE email LIKE " + literal(stem + "-i%"));
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template = 'invitation' AND recipient LIKE " +
                          literal(stem + "-i%")),
                invites, "mails");
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'invite.created' AND org_id = " +
                          binary(owner.org_id)),
                invites, "events");
  // At most one lost request for each client at each kill.
  require(sign_ups.failures.size() + invitations.failures.size() <= 4U * 6U * 2U,
          std::to_string(sign_ups.failures.size() + invitations.failures.size()) + " failures, such as " +
              (sign_ups.failures.empty() ? "" : sign_ups.failures.front()));
  expect(owner.client().get("/users/me"), 200);
}

Test(worker, a_reload_under_load_fails_no_request) {
  const Alone alone;
  const auto owner = sign_up();
  Tally reads;
  Tally sign_ins;
  Load reading{
      4, [&](Client& client) {
        reads.add(
            client.send(
                {"GET", "/users/me", std::nullopt, "", {{"Authorization", "Bearer " + owner.access_token}}}),
            200, "");
      }};
  Load signing_in{
      1, [&](Client& client) {
        sign_ins.add(client.post("/signin", object({{"email", owner.email}, {"password", owner.password}})),
                     200, "");
      }};
  for (int round = 0; round < 3; ++round) {
    auto old_workers = children_of(master());
    const int seen = reads.count() + 100;
    wait_until("load", [&] { return reads.count() >= seen; });
    require(::kill(master(), SIGHUP) == 0, "SIGHUP");
    wait_until(
        "every worker is replaced",
        [&] {
          std::erase_if(old_workers, [](pid_t pid) { return !lives(pid); });
          return old_workers.empty();
        },
        std::chrono::seconds{60});
  }
  reading.end();
  signing_in.end();
  const auto first = [](const Tally& tally) {
    return tally.failures.empty() ? std::string{} : tally.failures.front();
  };
  require_equal(reads.failures.size(), 0U, first(reads));
  require_equal(sign_ins.failures.size(), 0U, first(sign_ins));
}
