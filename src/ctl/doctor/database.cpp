// Servers, accounts and schema of the database.
#include <algorithm>
#include <cstdlib>

#include "checks.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/access_denied.hpp"
#include "tenantd/db/inspection.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/db/readiness.hpp"
#include "tenantd/db/schema.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/hosts/hosts.hpp"

namespace tenantd::ctl {
namespace {

constexpr Subject kServer{
    "server", "Without a sound server every request gets 503.",
    "sudo systemctl status mariadb (or mysql); see DB_SOCKET or DB_HOST in tenantd.env"};
constexpr Subject kConnections{"connections", "When no connection is left, requests get 503.",
                               "raise max_connections of the server, or lower WORKERS and WORKER_THREADS"};
constexpr Subject kClock{"clock", "Links, tokens and locks end too early or too late.",
                         "sudo timedatectl set-ntp true, on this host and on the database's"};
constexpr Subject kWriter{"writer",
                          "Two hosts that write through different servers may lose each other's changes.",
                          "name the servers in one order in DB_HOST of every host"};
constexpr Subject kSignIn{"account", "Whose account does not sign in does nothing.",
                          "tenantctl migrate, which gives each account the password of the settings"};
constexpr Subject kAdministrator{"administrator", "The next migration stops halfway.",
                                 "grant what is missing, as the database's root"};
constexpr Subject kGrants{
    "grants",
    "An account with more rights than it needs is a hole in the wall between tenants; "
    "one with fewer fails at its work.",
    "tenantctl migrate, which gives and takes rights until they are those of grants.sql"};
constexpr Subject kIsolation{"isolation", "Who takes over a worker reads every tenant's rows.",
                             "tenantctl migrate; take away what everybody has (REVOKE … FROM PUBLIC)"};
constexpr Subject kSchema{"database", "A program and a schema of different releases do not fit.",
                          "tenantctl migrate"};
constexpr Subject kDefinitions{"definitions",
                               "Views and triggers hold the wall between tenants, and the invariants.",
                               "tenantctl migrate, which puts them back as the files define them"};

constexpr std::int64_t kClockSeconds = 5;
// Courier (2), sweeper, reporter, the hosts process, tenantctl and an administrator.
constexpr std::int64_t kBackground = 8;
constexpr std::size_t kNamed = 5;

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamed) text += " and " + std::to_string(names.size() - kNamed) + " more";
  return text;
}

std::int64_t first_number(db::Connection& db, const std::string& query) {
  auto rows = db.run_query(query);
  rows.next();
  return rows.integer(0);
}

// Each server by itself: one that is only tried when another fails is asked too. A read-only one may be a
// replica that waits.
std::string judge_server(const Settings& settings, const std::string& host) {
  auto options = db::connect_options(settings, settings.db_user, settings.db_password, "");
  options.host = host;
  try {
    db::Connection connection{options};
    db::require_sound_server(connection);
    const auto& server = connection.server();
    if (!server.fault.empty() && !server.is_read_only)
      throw Fault(server.describe() + ", at " + server.address + ": " + server.fault);
    return server.describe() + (options.tls.ca.empty() ? "" : ", encrypted") + ", at " + server.address;
  } catch (const db::AccessDenied& e) {
    throw Unchecked(
        settings.db_user + " is not let in, and so does not see what it is (" + e.log_detail() + ')',
        kSignIn.mend);
  }
}

std::string judge_connections(const Examination& of) {
  auto& db = of.accounts.any_of({"app", "administrator"});
  const auto& s = of.settings;
  const auto most = first_number(db, "SELECT @@GLOBAL.max_connections");
  const auto wanted = (s.workers + s.outbound_workers) * s.worker_threads + s.hash_workers + kBackground;
  if (most < wanted)
    throw Fault("the server takes " + std::to_string(most) + ", and this host's workers can open " +
                std::to_string(wanted));
  return "the server takes " + std::to_string(most) + ", this host can open " + std::to_string(wanted);
}

std::string judge_clock(const Examination& of) {
  auto& db = of.accounts.any_of({"app", "administrator"});
  const auto before = now();
  const auto there = first_number(db, "SELECT UNIX_TIMESTAMP()");
  const auto ahead = unix_seconds(before) - there;
  if (std::abs(ahead) > kClockSeconds)
    throw Fault("tenantd's clock is " + std::to_string(std::abs(ahead)) + " s " +
                    (ahead > 0 ? "ahead of" : "behind") + " the database's",
                of.settings.clock_offset_file.empty()
                    ? ""
                    : "take CLOCK_OFFSET_FILE out of the settings, which is for tests");
  return "tenantd's and the database's agree";
}

std::string judge_writer(const Examination& of) {
  auto& db = of.accounts.any_of({"app"});
  const auto listed = hosts::list_hosts(db);
  if (const auto others = hosts::other_writers(listed); !others.empty())
    throw Fault(
        "the hosts write through more than one server of the database (" + others +
        "): name the servers in one order in every host's DB_HOST, and see that each host reaches the "
        "first");
  const auto& server = db.server();
  if (!server.fault.empty()) throw Fault(server.address + " takes no writes: " + server.fault);
  return "writes go to " + server.name + ", at " + server.address;
}

std::string judge_sign_in(Accounts& accounts, const db::ServiceAccount& account) {
  try {
    accounts.of(std::string{account.name});
    return account.user + " signs in";
  } catch (const db::AccessDenied& e) {
    if (accounts.is_of_another_user(std::string{account.name}))
      throw Unchecked(
          account.user + " has no password in these settings, and signs in as the system's user alone",
          "run it as root, with the credentials of /etc/tenantd");
    throw Fault(account.user + " does not sign in: " + e.log_detail());
  }
}

std::string judge_administrator(const Examination& of) {
  const auto& user = of.settings.db_admin_user;
  if (!of.accounts.lets_in("administrator"))
    throw Unchecked(user + " does not sign in from here", "run it as root: sudo tenantctl doctor");
  std::string sentences;
  for (const auto& each : db::administrator_lacks(of.accounts.of("administrator")))
    sentences += (sentences.empty() ? "" : "; ") + each;
  if (!sentences.empty()) throw Fault(user + " cannot migrate: " + sentences);
  return user + " has what a migration needs";
}

// Each account is asked itself, or else the administrator is asked about it.
db::Grants grants_of(Accounts& accounts, const db::ServiceAccount& account) {
  if (accounts.lets_in(std::string{account.name}))
    return db::granted(accounts.of(std::string{account.name}), "");
  return db::granted(accounts.any_of({"administrator"}), account.account);
}

std::string judge_grants(const Examination& of, const db::ServiceAccount& account) {
  const auto granted = grants_of(of.accounts, account);
  const auto wanted = db::wanted_grants(of.settings, account.name);
  const auto excess = db::difference_text(granted, wanted);
  const auto lacking = db::difference_text(wanted, granted);
  if (!excess.empty()) throw Fault(account.user + " may do more than it should (" + excess + ')');
  if (!lacking.empty()) throw Fault(account.user + " lacks rights (" + lacking + ')');
  return account.user + " has what sql/grants.sql gives it, and no more";
}

std::string judge_isolation(const Examination& of, const db::ServiceAccount& account) {
  auto& db = of.accounts.any_of({std::string{account.name}.c_str()});
  const auto tables =
      db::readable_beyond(db, of.settings.sql_dir, db::wanted_grants(of.settings, account.name));
  if (!tables.empty()) throw Fault(account.user + " can read base tables: " + list_of(tables));
  const auto views = db::views_without_scope(db, of.settings.sql_dir);
  if (!views.empty()) throw Fault("views show " + account.user + " rows without a scope: " + list_of(views));
  return account.user + " reads no base table beyond its rights, and no row without a scope";
}

std::string judge_schema(const Examination& of) {
  auto& db = of.accounts.of("app");
  const auto schema = db::schema_standing(db);
  const auto version = std::to_string(schema.version), knows = std::to_string(db::kSchemaVersion);
  if (schema.is_older())
    throw Fault("the schema is at version " + version + ", and this program wants " + knows);
  if (schema.is_closed())
    throw Fault("the schema is at version " + version + ", newer than this program, which knows " + knows +
                    ", and serves programs from " + std::to_string(schema.serves_from) + " on",
                "install the release on this host that the other hosts have, and restart tenantd");
  return "schema version " + version + ", as " + of.settings.db_user +
         (schema.is_newer() ? "; newer than this program, which it serves" : "");
}

std::string judge_definitions(const Examination& of) {
  auto& db = of.accounts.any_of({"administrator"});
  if (db::schema_standing(db).is_newer())
    throw Unchecked("the schema is a newer release's, and so are its views and routines",
                    "tenantctl doctor of that release");
  const auto changed = db::changed_definitions(db, of.settings.sql_dir);
  if (!changed.empty())
    throw Fault("missing, or not as " + of.settings.sql_dir + " defines them: " + list_of(changed));
  return "routines, triggers and views are those of " + of.settings.sql_dir;
}

}  // namespace

void examine_servers(const Examination& of) {
  for (const auto host : split(of.settings.db_host, ','))
    of.report.check_reachable(kServer, [&] { return judge_server(of.settings, std::string{trim(host)}); });
  of.report.check(kConnections, [&] { return judge_connections(of); });
  of.report.check(kClock, [&] { return judge_clock(of); });
}

void examine_accounts(const Examination& of) {
  for (const auto& account : of.accounts.services())
    of.report.check(kSignIn, [&] { return judge_sign_in(of.accounts, account); });
  of.report.check(kAdministrator, [&] { return judge_administrator(of); });
  for (const auto& account : of.accounts.services())
    of.report.check(kGrants, [&] { return judge_grants(of, account); });
  for (const auto& account : of.accounts.services())
    of.report.check(kIsolation, [&] { return judge_isolation(of, account); });
}

void examine_schema(const Examination& of) {
  of.report.check_reachable(kSchema, [&] { return judge_schema(of); });
  of.report.check(kDefinitions, [&] { return judge_definitions(of); });
  of.report.check(kWriter, [&] { return judge_writer(of); });
}

}  // namespace tenantd::ctl
