// What an attacker could time: the database does the same for an address that has an account, for one that
// has none and for one that is locked. `tests/bench/run.sh --case timing` measures it; here it is counted,
// which no load disturbs.
#include <criterion/criterion.h>
#include <signal.h>

#include <array>
#include <map>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/second_host.hpp"

using namespace tenantd::test;

namespace {

using Counts = std::map<std::string, std::int64_t>;

// How often the server did what changes or keeps something, and how many prepared statements it was sent.
Counts counts() {
  Counts found;
  auto rows = database().run_query(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_begin', 'Com_commit', 'Com_delete', 'Com_insert', "
      "'Com_insert_select', 'Com_rollback', 'Com_stmt_execute', 'Com_update')");
  while (rows.next()) found[rows.text(0)] = std::stoll(rows.text(1));
  require_equal(found.size(), 8U, "counters");
  return found;
}

template <class Act>
std::string work_of(Act act) {
  const auto before = counts();
  act();
  std::string text;
  for (const auto& [name, count] : counts())
    text += name + ' ' + std::to_string(count - before.at(name)) + ", ";
  return text;
}

Response guess(const std::string& email) { return sign_in(email, "wrong horse battery 13"); }

Response ask(const std::string& email) {
  return Client{}.post("/api/v1/auth/password-reset/request", object({{"email", email}}));
}

}  // namespace

Test(equal_work, refusing_a_guess_and_answering_a_request_for_a_link_tell_nothing_by_their_work) {
  // One worker of a kind, so that all requests find their statements prepared.
  const PrivateStack stack{{"WORKERS=1", "WORKER_THREADS=1", "HASH_WORKERS=1"}};
  stack.take_the_suites_place();
  const auto known = sign_up();
  const auto locked = sign_up();
  const auto inactive = sign_up();
  database().run("UPDATE user SET locked_until = UNIX_TIMESTAMP() + 600 WHERE email = " +
                 literal(locked.email));
  database().run("UPDATE user SET status = 1 WHERE email = " + literal(inactive.email));
  // What is done with a mail, and what hosts ask one another, is no part of the reply.
  const std::array<pid_t, 2> beside{part_pid(stack.dir(), "courier"),
                                    poller_of(part_pid(stack.dir(), "tenantd"))};
  const auto signal_them = [&](int signal) {
    for (const auto pid : beside) require(pid > 0 && ::kill(pid, signal) == 0, "a process takes no signal");
  };
  signal_them(SIGSTOP);
  for (const auto& request : {guess, ask}) {
    for (int warm = 0; warm < 3; ++warm) request(known.email);
    std::string first;
    for (const auto& email : {known.email, fresh_email(), locked.email, inactive.email}) {
      const auto work = work_of([&] { request(email); });
      if (first.empty()) first = work;
      require_equal(work, first, email);
    }
    require(first.find("Com_commit 1,") != std::string::npos, first);
  }
  signal_them(SIGCONT);
}
