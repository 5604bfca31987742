// The programs: alive, and at work.
#include <unistd.h>

#include <filesystem>
#include <map>

#include "checks.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/clients/redis.hpp"
#include "tenantd/config/retention.hpp"
#include "tenantd/domain/schedule.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/hosts/hosts.hpp"

namespace tenantd::ctl {
namespace {

constexpr Subject kHosts{"hosts", "Nobody answers requests, or the others wait for a host that is gone.",
                         "sudo systemctl start tenantd; sudo journalctl -u tenantd says why it ended"};
constexpr Subject kCourierLives{
    "courier", "No mail and no webhook goes out.",
    "sudo systemctl restart tenantd-courier; sudo journalctl -u tenantd-courier says why "
    "it ended"};
constexpr Subject kOutbox{"outbox", "People wait for links that do not come.",
                          "sudo journalctl -u tenantd-courier -n 50; tenantctl mail test ADDRESS"};
constexpr Subject kSweeper{"sweeper", "What has expired stays, and the database grows.",
                           "sudo systemctl enable --now tenantd-sweeper.timer tenantd-sweeper.socket"};
constexpr Subject kRetention{"retention",
                             "Rows stay for longer than the settings say, and the database grows.",
                             "sudo journalctl -u tenantd-sweeper; a large backlog goes over hours"};
constexpr Subject kReporterWorks{"reporter", "No weekly report and no low-stock alert goes out.",
                                 "sudo systemctl enable --now tenantd-reporter.timer"};
constexpr Subject kRedis{"redis", "Hosts tell one another of changes more slowly.",
                         "see REDIS_URL in tenantd.env"};

constexpr std::int64_t kOverdueSeconds = 300, kUnsweptSeconds = 300, kUnreportedSeconds = 3600;
// A new installation has done nothing yet, which is no fault.
constexpr std::int64_t kNewSeconds = 600;
// Rows may be older than their time by this: the sweeper comes each minute, and takes a backlog in parts.
constexpr Seconds kLateRows{86400};

[[noreturn]] void not_yet(std::int64_t age) {
  throw Unchecked("it has not run yet, on a database that is " + std::to_string(age) + " s old",
                  "wait ten minutes, and ask again");
}

std::string judge_hosts(const Examination& of) {
  const auto listed = hosts::list_hosts(of.accounts.any_of({"app"}));
  const auto self = hosts::host_name(of.settings);
  std::string names;
  bool any_lives = false;
  for (const auto& host : listed) {
    if (!host.is_alive())
      throw Fault(host.name + " is silent for " + std::to_string(host.silent_seconds) + " s",
                  "start tenantd there; if the host is gone: tenantctl hosts forget " + host.id.str());
    if (host.name == self && host.version != kVersion)
      throw Fault(host.name + " runs version " + host.version + ", and " + kVersion + " is installed",
                  "sudo systemctl restart tenantd");
    any_lives = true;
    names += (names.empty() ? "" : ", ") + host.name + " (alive)";
  }
  if (!any_lives) throw Fault("none runs");
  return names;
}

std::string judge_courier(const Settings& settings) {
  const auto folder = std::filesystem::path{settings.courier_socket}.parent_path().string();
  if (::access(folder.c_str(), F_OK) == 0 && ::access(folder.c_str(), X_OK) != 0)
    throw Unchecked(folder + " is closed to who runs this", "run it as root: sudo tenantctl doctor");
  if (!service::somebody_listens(settings.courier_socket))
    throw Fault("nobody listens at " + settings.courier_socket);
  return "it listens at " + settings.courier_socket;
}

std::string judge_outbox(Accounts& accounts) {
  static constexpr db::Sql kWaiting{
      "doctor.outbox",
      "SELECT COUNT(*), COALESCE(MIN(next_attempt_at), 0) FROM tenantd.outbox WHERE status = 0"};
  auto rows = accounts.any_of({"courier", "administrator"}).query(kWaiting);
  rows.next();
  const auto waiting = rows.integer(0);
  const auto overdue = waiting == 0 ? 0 : unix_seconds(now()) - rows.integer(1);
  const auto said = std::to_string(waiting) + " mail(s) wait";
  if (overdue > kOverdueSeconds) throw Fault(said + ", one of them for " + std::to_string(overdue) + " s");
  return said;
}

std::string judge_sweeper(Accounts& accounts) {
  static constexpr db::Sql kLast{
      "doctor.sweep", "SELECT task, started_at, error FROM tenantd.sweep_run ORDER BY id DESC LIMIT 40"};
  auto rows = accounts.any_of({"sweeper", "administrator"}).query(kLast);
  std::int64_t last = 0;
  while (rows.next()) {
    if (last == 0) last = rows.integer(1);
    if (rows.integer(1) < last) break;  // an earlier run
    if (const auto error = rows.maybe_text(2)) throw Fault("its task " + rows.text(0) + " fails: " + *error);
  }
  if (last == 0) {
    const auto age = age_of_database(accounts);
    if (age < kNewSeconds) not_yet(age);
    throw Fault("it has never run");
  }
  const auto ago = unix_seconds(now()) - last;
  if (ago > kUnsweptSeconds) throw Fault("it ran " + std::to_string(ago) + " s ago, and should each minute");
  return "it ran " + std::to_string(ago) + " s ago";
}

// Events are no fault: those stay that a webhook has not had.
std::string judge_retention(const Examination& of) {
  static constexpr db::Sql kOldest{"doctor.oldest",
                                   "SELECT name, oldest_at FROM tenantd.kept WHERE oldest_at IS NOT NULL"};
  std::map<std::string, TimePoint, std::less<>> oldest;
  auto rows = of.accounts.any_of({"sweeper", "administrator"}).query(kOldest);
  while (rows.next()) oldest.emplace(rows.text(0), rows.time(1));
  std::int64_t timed = 0, ever = 0;
  for (const auto& each : retained()) {
    if (each.name == "events" || !each.goes_by_time()) continue;
    const auto kept = each.kept(of.settings);
    ++(kept ? timed : ever);
    const auto found = oldest.find(each.name);
    if (!kept || found == oldest.end() || found->second + *kept + kLateRows >= now()) continue;
    const auto late = (now() - found->second - *kept).count() / 86400;
    throw Fault(std::string{each.name} + " has rows " + std::to_string(late) + " day(s) past their time");
  }
  return std::to_string(timed) + " kinds of rows go by their time, " + std::to_string(ever) + " never";
}

// The reporter says of each Sunday that it is done with it, whether anybody got a report or not.
std::string judge_reporter(Accounts& accounts) {
  static constexpr db::Sql kDone{
      "doctor.report",
      "SELECT COUNT(*) FROM tenantd.job_run WHERE job = 'weekly_report' AND due_at = ? "
      "AND org_id = REPEAT(CHAR(0), 16)"};
  const auto due = newest_sunday(now());
  auto rows = accounts.any_of({"reporter", "administrator"}).query(kDone, due);
  rows.next();
  if (rows.integer(0) > 0) return "it is done with last Sunday's reports";
  const auto age = age_of_database(accounts);
  if (age < kNewSeconds || (now() - due).count() < kUnreportedSeconds) not_yet(age);
  throw Fault("it is not done with last Sunday's reports");
}

}  // namespace

void examine_programs(const Examination& of) {
  of.report.check(kHosts, [&] { return judge_hosts(of); });
  of.report.check(kCourierLives, [&] { return judge_courier(of.settings); });
  of.report.check(kOutbox, [&] { return judge_outbox(of.accounts); });
  of.report.check(kSweeper, [&] { return judge_sweeper(of.accounts); });
  of.report.check(kRetention, [&] { return judge_retention(of); });
  of.report.check(kReporterWorks, [&] { return judge_reporter(of.accounts); });
}

// Nothing rests on it, but who has set it wants it.
void examine_redis(const Examination& of) {
  std::optional<service::RedisOptions> redis;
  try {
    redis = service::redis_options(of.settings);
  } catch (const ConfigError&) {
    return;  // a finding of the settings
  }
  if (!redis) return;
  of.report.check_reachable(kRedis, [&] {
    const auto latency = service::probe_redis(*redis);
    return redis->describe() + " answers within " + std::to_string(latency) + " us";
  });
}

}  // namespace tenantd::ctl
