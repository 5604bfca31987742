// The courier when servers, the database or it itself are lost.
#include <criterion/criterion.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <set>

#include "tenantd/mail/transports.hpp"
#include "workers/courier_fixture.hpp"

using namespace tenantd::test::couriers;
using namespace tenantd;
using mail::Outcome;
using service::Courier;
using service::CourierEvent;

namespace {

// The inodes of the mails in a folder, by name: a mail that is written again has another.
std::map<std::string, ino_t> inodes_in(const std::string& dir) {
  std::map<std::string, ino_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{dir}) {
    struct stat facts {};
    if (entry.path().extension() == ".eml" && ::stat(entry.path().c_str(), &facts) == 0)
      found.emplace(entry.path().filename(), facts.st_ino);
  }
  return found;
}

}  // namespace

Test(courier_faults, a_server_that_is_gone_is_knocked_at_with_one_mail_and_all_follow_when_it_is_back) {
  Bench bench;
  bench.script.answer = [](const mail::Message&) { return unreachable(); };
  for (int i = 0; i < 5; ++i) bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  courier.drain(bench.stop);
  cr_assert_eq(bench.script.total(), 1);
  // An hour of outage: never more than a minute and its jitter between two knocks, one mail each.
  for (int minute = 1; minute <= 60; ++minute) {
    bench.time += 72;
    courier.drain(bench.stop);
    cr_assert_eq(bench.script.total(), 1 + minute);
  }
  cr_assert_eq(bench.outbox.count(0), 5);
  bench.script.answer = [](const mail::Message&) { return mail::Result{Outcome::sent, "250"}; };
  bench.time += 72;
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 5);
  const std::vector<CourierEvent::Kind> events = bench.events;
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::mail_server_lost), 1);
  cr_assert_eq(std::count(events.begin(), events.end(), CourierEvent::Kind::mail_server_back), 1);
}

Test(courier_faults, the_first_success_makes_mails_due_that_failed_for_want_of_a_server) {
  Bench bench;
  const auto outage = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET next_attempt_at = next_attempt_at + 3000, connection_failed = 1");
  const auto own_fault = bench.outbox.add();
  bench.outbox.run("UPDATE outbox SET next_attempt_at = next_attempt_at + 3000 WHERE connection_failed = 0");
  bench.outbox.add();
  Courier courier = bench.courier();
  courier.drain(bench.stop);
  cr_assert_eq(bench.outbox.row(outage).status, 1);
  cr_assert_eq(bench.outbox.row(own_fault).status, 0);
}

Test(courier_faults, two_at_once_send_every_mail_once) {
  Bench bench;
  for (int i = 0; i < 150; ++i) bench.outbox.add();
  Courier one = bench.courier();
  Courier two = bench.courier();
  std::thread other{[&] { two.drain(bench.stop); }};
  one.drain(bench.stop);
  other.join();
  one.drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 150);
  cr_assert_eq(bench.script.sends.size(), 150U);
  cr_assert_eq(bench.script.total(), 150);
}

Test(courier_faults, gives_back_what_it_has_not_tried_when_it_is_told_to_stop) {
  Bench bench;
  for (int i = 0; i < 5; ++i) bench.outbox.add();
  bench.script.answer = [&](const mail::Message&) {
    bench.stop = true;
    return mail::Result{Outcome::sent, "250"};
  };
  bench.courier().run(bench.stop);
  cr_assert_eq(bench.script.total(), 1);
  cr_assert_eq(bench.outbox.count(1), 1);
  bench.stop = false;
  bench.script.answer = [](const mail::Message&) { return mail::Result{Outcome::sent, "250"}; };
  bench.courier().drain(bench.stop);
  cr_assert_eq(bench.outbox.count(1), 5);
}

Test(courier_faults, a_database_lost_after_the_send_does_not_send_twice) {
  Bench bench;
  const auto id = bench.outbox.add();
  bench.script.answer = [&](const mail::Message&) {
    bench.outbox.cut_connections();
    return mail::Result{Outcome::sent, "250"};
  };
  Courier courier = bench.courier();
  std::thread runner{[&] { courier.run(bench.stop); }};
  bench.await(CourierEvent::Kind::database_back);
  bench.stop = true;
  runner.join();
  cr_assert_eq(bench.outbox.row(id).status, 1);
  cr_assert_eq(bench.script.total(), 1);
  cr_assert_eq(std::count(bench.events.begin(), bench.events.end(), CourierEvent::Kind::database_lost), 1);
}

Test(courier_faults, one_that_is_killed_sends_again_what_it_sent_last_and_nothing_else) {
  constexpr int kMails = 2000;
  constexpr int kInHand = 50;  // at most as many are claimed at once
  Bench bench;
  for (int i = 0; i < kMails; ++i) bench.outbox.add();
  char path[] = "/tmp/tenantd-sent.XXXXXX";
  const int sent = ::mkstemp(path);
  // What is out is a line in a file: it outlives the courier that wrote it.
  bench.script.answer = [&](const mail::Message& message) {
    const auto line = message.message_id + '\n';
    const auto written = ::write(sent, line.data(), line.size());
    return written > 0 ? mail::Result{Outcome::sent, "250"} : later();
  };
  const auto lines = [&] {
    std::vector<std::string> found;
    std::ifstream file{path};
    for (std::string line; std::getline(file, line);) found.push_back(line);
    return found;
  };
  const pid_t courier = ::fork();
  if (courier == 0) {
    bench.courier().drain(bench.stop);
    ::_exit(0);
  }
  while (lines().size() < kMails / 3 && ::waitpid(courier, nullptr, WNOHANG) == 0) ::sched_yield();
  ::kill(courier, SIGKILL);
  ::waitpid(courier, nullptr, 0);
  const auto before = lines();
  const auto settled = bench.outbox.count(1);
  bench.outbox.run("UPDATE outbox SET lease_until = 0");
  bench.courier().drain(bench.stop);
  const auto after = lines();
  ::close(sent);
  ::unlink(path);
  cr_assert_lt(before.size(), static_cast<std::size_t>(kMails), "it was killed too late");
  cr_assert_eq(bench.outbox.count(1), kMails);
  cr_assert_eq(std::set<std::string>(after.begin(), after.end()).size(), static_cast<std::size_t>(kMails));
  // Twice went what was out and not yet written down when it died.
  cr_assert_eq(after.size() - kMails, before.size() - static_cast<std::size_t>(settled));
  cr_assert_leq(after.size() - kMails, static_cast<std::size_t>(kInHand));
}

Test(courier_faults,
     one_that_is_killed_has_recorded_no_mail_that_is_not_a_file_and_repeats_one_batch_at_most) {
  constexpr std::size_t kMails = 2000;
  constexpr std::size_t kInHand = 50;
  Bench bench;
  for (std::size_t i = 0; i < kMails; ++i) bench.outbox.add();
  char dir[] = "/tmp/tenantd-files.XXXXXX";
  cr_assert(::mkdtemp(dir) != nullptr);
  const auto drain = [&] { bench.courier_by(mail::make_file_transport(dir)).drain(bench.stop); };
  const pid_t courier = ::fork();
  if (courier == 0) {
    drain();
    ::_exit(0);
  }
  while (inodes_in(dir).size() < kMails / 3 && ::waitpid(courier, nullptr, WNOHANG) == 0) ::sched_yield();
  ::kill(courier, SIGKILL);
  ::waitpid(courier, nullptr, 0);
  const auto before = inodes_in(dir);
  const auto settled = static_cast<std::size_t>(bench.outbox.count(1));
  cr_assert_lt(before.size(), kMails, "it was killed too late");
  cr_assert_leq(settled, before.size());
  bench.outbox.run("UPDATE outbox SET lease_until = 0");
  drain();
  const auto after = inodes_in(dir);
  std::filesystem::remove_all(dir);
  cr_assert_eq(bench.outbox.count(1), static_cast<std::int64_t>(kMails));
  cr_assert_eq(after.size(), kMails);
  const auto twice = std::count_if(before.begin(), before.end(),
                                   [&](const auto& file) { return after.at(file.first) != file.second; });
  // Twice went what had its file and was not yet recorded; so all that was recorded had its file.
  cr_assert_eq(static_cast<std::size_t>(twice), before.size() - settled);
  cr_assert_leq(static_cast<std::size_t>(twice), kInHand);
}
