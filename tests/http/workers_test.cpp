// Workers that are killed or replaced under load: what was acknowledged is stored, whole, and nobody waits in
// vain.
#include <criterion/criterion.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/instance_lock.hpp"
#include "support/processes.hpp"

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
  // Another's: a sign-in beyond the sessions that an account may have ends the oldest one.
  const auto other = sign_up();
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
        sign_ins.add(client.post("/signin", object({{"email", other.email}, {"password", other.password}})),
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

// The moment between the commit and the reply: commits are held back while the worker that waits for one is
// killed.
Test(worker, a_refresh_that_was_written_and_never_answered_is_answered_when_it_is_repeated) {
  if (on_mysql()) cr_skip_test("MySQL cannot hold commits alone, as BACKUP STAGE BLOCK_COMMIT does");
  const Alone alone;
  auto& admin = database();
  const auto wait_for_others = [](const std::vector<pid_t>& workers) {
    wait_until("every worker is another", [&] {
      const auto now = children_of(master());
      return now.size() >= workers.size() && std::none_of(now.begin(), now.end(), [&](pid_t pid) {
               return std::count(workers.begin(), workers.end(), pid);
             });
    });
  };
  // The server itself ends a commit whose client it finds gone after a second of waiting: on a busy machine
  // not each one that was cut off was written.
  int written = 0;
  for (int round = 0; written < 3; ++round) {
    require(round < 20, "no commit outlived its client");
    const auto owner = sign_up();
    const auto body = object({{"refresh_token", owner.refresh_token}});
    const auto counter = [&] {
      return number_of("SELECT counter FROM session WHERE user_id = " + binary(owner.user_id));
    };
    int lost = 0;
    std::vector<pid_t> workers;
    admin.run("BACKUP STAGE START");
    admin.run("BACKUP STAGE BLOCK_COMMIT");
    {
      std::jthread asking{[&] { lost = Client{}.post("/refresh_token", body).status; }};
      wait_until("the refresh waits for its commit", [&] {
        return number_of(
                   "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'tenantd_app' AND "
                   "info = 'COMMIT'") > 0;
      });
      workers = children_of(master());
      for (const pid_t worker : workers) ::kill(worker, SIGKILL);
      admin.run("BACKUP STAGE END");
    }
    require(lost != 200, "the refresh was answered");
    wait_for_others(workers);
    wait_until("the commit has ended", [&] {
      return number_of(
                 "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'tenantd_app' AND "
                 "info = 'COMMIT'") == 0;
    });
    if (counter() == 0) continue;
    ++written;
    const auto again = Client{}.post("/refresh_token", body);
    expect(again, 200);
    require_equal(counter(), 1, "rotations");
    expect(account_of(again, owner.email).client().get("/users/me"), 200);
    const auto next =
        Client{}.post("/refresh_token", object({{"refresh_token", again.text("/refresh_token")}}));
    expect(next, 200);
    // One chain of tokens: what lies two rotations back ends it.
    expect_problem(Client{}.post("/refresh_token", body), 401, "refresh_reused");
    expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", next.text("/refresh_token")}})),
                   401, "invalid_token");
  }
}

namespace {

// How many filters of system calls a process is under.
int filters_of(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Seccomp_filters:")) return std::stoi(line.substr(line.find_last_of('\t') + 1));
  return -1;
}

}  // namespace

Test(worker, only_the_outbound_lane_has_a_network) {
  const Alone alone;
  const int masters = filters_of(master());
  require(masters >= 0, "the kernel does not tell");
  int with = 0, without = 0;
  for (const auto pid : children_of(master())) (filters_of(pid) == masters + 1 ? without : with) += 1;
  require_equal(with, 2, "OUTBOUND_WORKERS");
  require(without >= 2, std::to_string(without));
}
