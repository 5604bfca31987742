#include <sys/stat.h>

#include <set>
#include <sstream>

#include "checks.hpp"
#include "tenantd/config/installation.hpp"
#include "tenantd/ctl/checked_settings.hpp"
#include "tenantd/ctl/couriers.hpp"
#include "tenantd/ctl/daemon.hpp"
#include "tenantd/ctl/reporter.hpp"
#include "tenantd/db/migrate.hpp"

namespace tenantd::ctl {
namespace {

constexpr Subject kValues{"settings", "No program starts with this value, and a restart ends the service.",
                          "sudoedit /etc/tenantd/tenantd.env; tenantctl settings lists what each key takes"};
constexpr Subject kTenantd{"settings", "tenantd does not start with them.",
                           "sudoedit /etc/tenantd/tenantd.env && tenantd --check"};
constexpr Subject kCourier{"settings",
                           "The courier does not start with them, so no mail and no webhook goes out.",
                           "sudoedit /etc/tenantd/tenantd.env && tenantd-courier --check"};
constexpr Subject kReporter{"settings", "Reporter and sweeper do not start with them.",
                            "sudoedit /etc/tenantd/tenantd.env && tenantd-reporter --check"};
constexpr Subject kMigrations{
    "migrations", "tenantctl migrate would bring the database to another version.",
    "set SQL_DIR to the folder that came with this program (/usr/share/tenantd/sql)"};

// "KEY must be …", "KEY_FILE names …": the variable at fault.
std::string key_of(const std::string& sentence) { return sentence.substr(0, sentence.find(' ')); }

// A wrong value is taken for one that is not set, so that the next one is found too.
Settings load_what_can_be(Report& report) {
  std::set<std::string> wrong;
  const Environment given = environment_in_use();
  const Environment environment = [&](const char* key) -> const char* {
    return wrong.contains(key) ? nullptr : given(key);
  };
  for (;;) {
    try {
      return load_settings(environment);
    } catch (const ConfigError& e) {
      const std::string sentence = e.what();
      report.check(kValues, [&]() -> std::string { throw Fault(sentence); });
      if (!wrong.insert(key_of(sentence)).second) throw;  // its name could not be read from the sentence
    }
  }
}
constexpr Subject kSecrets{"secrets", "nginx's workers, or anybody else on this machine, can read them.", ""};

// Where secrets may stand: the settings, the credentials beside them, and what a KEY_FILE names.
std::set<std::string> files_of_secrets() {
  std::set<std::string> paths;
  const auto environment = environment_in_use();
  if (const auto& settings = settings_file_in_use(); !settings.empty()) paths.insert(settings);
  for (const auto& secret : secret_docs())
    if (const char* path = environment((std::string{secret.key} + "_FILE").c_str())) paths.insert(path);
  return paths;
}

std::string judge_secrets() {
  const auto paths = files_of_secrets();
  std::string open, what;
  for (const auto& path : paths) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || (found.st_mode & 077) == 0) continue;
    std::ostringstream mode;
    mode << std::oct << (found.st_mode & 07777);
    what += (what.empty() ? "" : ", ") + path + " (0" + mode.str() + ')';
    open += ' ' + path;
  }
  if (!open.empty())
    throw Fault("others than their owner may read " + what, "sudo chmod go= " + open.substr(1));
  return std::to_string(paths.size()) + " file(s) of settings and secrets are readable by their owners alone";
}

std::string judge_migrations(const Settings& settings) {
  const auto migrations = db::find_migrations(settings.sql_dir);
  const auto newest = migrations.empty() ? 0 : migrations.back().version;
  if (newest != db::kSchemaVersion)
    throw Fault(settings.sql_dir + " ends with version " + std::to_string(newest) +
                ", and this program knows " + std::to_string(db::kSchemaVersion));
  return settings.sql_dir + " ends with version " + std::to_string(newest) + ", as this program knows it";
}

}  // namespace

Settings examine_settings(Report& report) {
  const Settings settings = load_what_can_be(report);
  const auto check = [&](const Subject& subject, const char* who, void (*judge)(const Settings&)) {
    report.check(subject, [&] {
      judge(settings);
      return std::string{who} + " them";
    });
  };
  check(kTenantd, "tenantd takes", check_daemon);
  check(kCourier, "the courier takes", check_couriers);
  check(kReporter, "reporter and sweeper take", check_reporter);
  report.check(kMigrations, [&] { return judge_migrations(settings); });
  report.check(kSecrets, judge_secrets);
  return settings;
}

}  // namespace tenantd::ctl
