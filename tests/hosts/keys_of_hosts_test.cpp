// Hosts of one database and their keys: who has others does not start, and a new key spreads over hosts at
// work without a request that fails.
#include <criterion/criterion.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "hosts/hosts_fixture.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/key_folder.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;
using namespace tenantd::test::hosts;
namespace fs = std::filesystem;

namespace {

std::string kid_of(const std::string& token) {
  const auto header = tenantd::base64url_decode(token.substr(0, token.find('.'))).value();
  const auto at = header.find("\"kid\":\"") + 7;
  return header.substr(at, header.find('"', at) - at);
}

std::string rotate(const PrivateStack& stack) {
  const auto said = stack.run("tenantctl keys rotate --now");
  require(said.output.starts_with("published "), said.output);
  return said.output.substr(10, said.output.find(';') - 10);
}

void copy_keys(const std::string& from, const std::string& to) {
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

std::string deployment() {
  return text_of("SELECT GROUP_CONCAT(CONCAT(name, '=', value) ORDER BY name) FROM deployment");
}

// Who signs at this host.
std::string signing_at(const std::string& url, const Account& person) {
  const auto reply =
      Client{url}.post("/signin", object({{"email", person.email}, {"password", person.password}}));
  return kid_of(expect(reply, 200).text("/access_token"));
}

// Signs in at one host and shows the token at the other, all the time.
class Load {
 public:
  Load(std::string one, std::string other)
      : person_(sign_up()), caller_([this, one = std::move(one), other = std::move(other)] {
          while (!over_ && wrong_.empty()) {
            call(one, other);
            call(other, one);
          }
        }) {}
  ~Load() { over_ = true; }
  void go_on() const {
    const int seen = answered_;
    wait_until("requests go on", [&] { return answered_ > seen + 40 || over_; });
  }
  // What was not answered as it should; "" if everything was.
  std::string end() {
    over_ = true;
    caller_.join();
    return wrong_;
  }

 private:
  void call(const std::string& signs, const std::string& reads) {
    const auto tokens =
        Client{signs}.post("/signin", object({{"email", person_.email}, {"password", person_.password}}));
    if (tokens.status != 200) return fail(tokens);
    for (int i = 0; i < 4; ++i) {
      Client client{i % 2 == 0 ? reads : signs};
      client.bearer(tokens.text("/access_token"));
      const auto me = client.get("/api/v1/users/me");
      if (me.status != 200) return fail(me);
      ++answered_;
    }
  }
  void fail(const Response& reply) {
    wrong_ = reply.describe();
    over_ = true;
  }

  Account person_;
  std::atomic<bool> over_{false};
  std::atomic<int> answered_{0};
  std::string wrong_;
  std::jthread caller_;
};

}  // namespace

Test(keys_of_hosts, with_other_keys_no_program_starts_and_each_says_what_to_do) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  sign_up();
  const TempFolder place;
  fresh_keys(place);
  const auto before = deployment();
  const auto runs = number_of("SELECT COUNT(*) FROM sweep_run");
  const auto changes = "KEYS_DIR=" + place.keys();
  for (const auto& [command, status] :
       std::vector<std::pair<std::string, int>>{{"tenantd", 78},
                                                {"tenantd-courier --once", 78},
                                                {"tenantd-courier", 78},
                                                {"tenantd-sweeper", 78},
                                                {"tenantd-sweeper --watch 60", 78},
                                                {"tenantd-reporter due", 78},
                                                {"tenantd-reporter --watch 60", 78},
                                                {"tenantctl super-admin list", 78},
                                                {"tenantctl audit verify", 78},
                                                {"tenantctl doctor", 1}}) {
    const auto said = run_with(stack, changes, command);
    require_equal(said.status, status, command + ": " + said.output);
    for (const char* part : {"This database belongs to other keys than those in ",
                             "Copy KEYS_DIR from a host that runs", "tenantctl keys adopt"})
      require(contains(said.output, part), command + ": " + said.output);
  }
  require_equal(deployment(), before, "nothing is written");
  require_equal(number_of("SELECT COUNT(*) FROM sweep_run"), runs, "nothing is swept");
  require_equal(stack.run("tenantctl doctor").status, 0, stack.run("tenantctl doctor").output);
}

Test(keys_of_hosts, a_host_that_lacks_the_key_that_signs_does_not_start, .timeout = 120) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const TempFolder place;
  copy_keys(setting("KEYS_DIR"), place.keys());
  const auto person = sign_up();
  const auto kid = rotate(stack);
  wait_until("it signs", [&] { return signing_at(stack.url(), person) == kid; });
  const auto said = run_with(stack, "KEYS_DIR=" + place.keys(), "tenantd");
  require_equal(said.status, 78, said.output);
  require(contains(said.output, kid) && contains(said.output, "copy that folder from a host that runs"),
          said.output);
}

Test(keys_of_hosts, a_key_that_another_host_lacks_waits_and_signs_once_it_was_copied, .timeout = 180) {
  PrivateStack first;
  first.take_the_suites_place();
  const auto keys = setting("KEYS_DIR");
  const TempFolder place;
  copy_keys(keys, place.keys());
  const SecondHost second{first, {"KEYS_DIR=" + place.keys()}};
  wait_until_trusting(first.url());
  wait_until_trusting(second.url());
  const auto person = sign_up();
  auto signs = signing_at(first.url(), person);
  Load load{first.url(), second.url()};
  for (int round = 0; round < 3; ++round) {
    const auto kid = rotate(first);
    wait_until("the new key waits", [&] { return metric(first.url(), "tenantd_signing_key_waits") == 1; });
    load.go_on();
    for (const auto& url : {first.url(), second.url()})
      require_equal(signing_at(url, person), signs, "not yet");
    copy_keys(keys + "/signing", place.keys() + "/signing");
    wait_until("it signs on both", [&] {
      return signing_at(first.url(), person) == kid && signing_at(second.url(), person) == kid;
    });
    require_equal(metric(first.url(), "tenantd_signing_key_waits"), 0);
    load.go_on();
    signs = kid;
  }
  require_equal(load.end(), "");
  const auto listed = first.run("tenantctl hosts --json");
  require_equal(listed.status, 0, listed.output);
}

Test(keys_of_hosts, hosts_that_are_restarted_one_after_the_other_while_keys_turn_refuse_nothing) {
  PrivateStack first;
  first.take_the_suites_place();
  const SecondHost second{first};
  wait_until_trusting(second.url());
  Load load{first.url(), second.url()};
  for (int round = 0; round < 2; ++round) {
    rotate(first);
    load.go_on();
    for (const auto master : {part_pid(first.dir(), "tenantd"), second.master()}) {
      const auto poller = poller_of(master);
      ::kill(master, SIGHUP);
      wait_until("its workers are new", [&] {
        const auto now = poller_of(master);
        return now != 0 && now != poller;
      });
      load.go_on();
    }
  }
  require_equal(load.end(), "");
}

// The others agree on a key without a host that is paused. It finds the key in its folder, and need not wait
// until each of its workers has, which none of its callers would understand.
Test(keys_of_hosts, a_host_that_was_paused_while_keys_turned_refuses_nothing) {
  PrivateStack first;
  first.take_the_suites_place();
  const SecondHost second{first};
  wait_until_trusting(second.url());
  const auto person = sign_up();
  const auto poller = poller_of(second.master());
  require(::kill(poller, SIGSTOP) == 0, "no poller");
  const auto kid = rotate(first);
  wait_until("the others sign with it", [&] { return signing_at(first.url(), person) == kid; });
  Load load{first.url(), second.url()};
  load.go_on();
  require(::kill(poller, SIGCONT) == 0, "no poller");
  wait_until_trusting(second.url());
  load.go_on();
  require_equal(load.end(), "");
  require_equal(signing_at(second.url(), person), kid);
}

// As after a backup of the database was put back whose keys are others.
Test(keys_of_hosts, a_running_host_whose_database_has_other_keys_answers_nothing, .timeout = 120) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const auto person = sign_up();
  expect(person.client().get("/users/me"), 200);
  const auto own = text_of("SELECT value FROM deployment WHERE name = 'seal'");
  database().run("UPDATE deployment SET value = 'another' WHERE name = 'seal'");
  wait_until("it has noticed", [&] { return metric(stack.url(), "tenantd_keys_lacking") == 1; });
  expect_problem(person.client().get("/users/me"), 503, "unavailable");
  expect_problem(Client{}.get("/health/ready"), 503, "unavailable");
  expect(Client{}.get("/health"), 200);
  require(!log_with(stack.dir(), "keys_differ").empty(), "the log says it");
  database().run("UPDATE deployment SET value = " + literal(own) + " WHERE name = 'seal'");
  wait_until("it goes on", [&] { return Client{}.get("/health/ready").status == 200; });
  expect(person.client().get("/users/me"), 200);
}

Test(keys_of_hosts, a_reload_by_which_a_host_would_get_other_keys_is_refused, .timeout = 120) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const auto person = sign_up();
  const TempFolder place;
  fresh_keys(place);
  const auto own = read_file(setting("KEYS_DIR") + "/seal.key");
  write_file(setting("KEYS_DIR") + "/seal.key", read_file(place.keys() + "/seal.key"));
  ::kill(part_pid(stack.dir(), "tenantd"), SIGHUP);
  wait_until("it is refused",
             [&] { return !log_with(stack.dir(), "reload_refused: This database").empty(); });
  expect(person.client().get("/users/me"), 200);
  write_file(setting("KEYS_DIR") + "/seal.key", own);
}

Test(keys_of_hosts, adopting_keys_says_what_goes_and_takes_no_host_by_surprise, .timeout = 120) {
  PrivateStack stack;
  stack.take_the_suites_place();
  const auto same = stack.run("tenantctl keys adopt --force");
  require_equal(same.status, 0, same.output);
  require(contains(same.output, "the database knows these keys"), same.output);
  const TempFolder place;
  fresh_keys(place);
  const auto adopt = [&](const std::string& option) {
    return run_with(stack, "KEYS_DIR=" + place.keys(), "tenantctl keys adopt" + option);
  };
  const auto before = deployment();
  const auto refused = adopt(" --force");
  require_equal(refused.status, 1, refused.output);
  for (const char* part : {"second factors", "all sessions", "audit log", "access tokens", "Stop "})
    require(contains(refused.output, part), refused.output);
  const auto master = part_pid(stack.dir(), "tenantd");
  ::kill(master, SIGTERM);
  wait_until("its row is gone", [] { return number_of("SELECT COUNT(*) FROM host") == 0; });
  const auto asked = adopt("");
  require_equal(asked.status, 1, asked.output);
  require(contains(asked.output, "tenantctl keys adopt --force"), asked.output);
  require_equal(deployment(), before, "nothing was done");
  const auto done = adopt(" --force");
  require_equal(done.status, 0, done.output);
  require(deployment() != before, "the database knows them");
  const SecondHost host{stack, {"KEYS_DIR=" + place.keys()}};
  expect(host.client().get("/health/ready"), 200);
  require_equal(stack.run("tenantd-sweeper").status, 78, "the keys of before");
}
