#include "doctor.hpp"

#include "checks.hpp"
#include "ctl/options.hpp"
#include "tenantd/base/time.hpp"

namespace tenantd::ctl {

const char* const kDoctorPage =
    "Usage: tenantctl doctor [--json]   ask each part how it is: settings, database, accounts, keys, "
    "folders,\n"
    "                                   programs, nginx, PUBLIC_URL, its certificate, mail, backups\n"
    "Nothing is changed. A line a check: \"ok\"; \"FAIL\", with why it matters and what mends it; or \"?\" "
    "for\n"
    "what could not be checked from here. Run it as root, or as the user of the services with their\n"
    "passwords. --json: for programs. Exit status: 0 nothing is wrong; 1 something is; 64 wrong usage.\n";

int doctor(const Arguments& arguments, std::ostream& out, std::ostream&) {
  bool as_json = false;
  read_options(arguments, {{"--json", as_json}});
  Report report;
  const Settings settings = examine_settings(report);
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  Accounts accounts{settings};
  const Examination examination{settings, accounts, report};
  for (const auto examine : {examine_servers, examine_accounts, examine_schema, examine_folders,
                             examine_backups, examine_programs, examine_redis, examine_web, examine_mail})
    examine(examination);
  as_json ? report.print_json(out) : report.print(out);
  return report.is_healthy() ? 0 : 1;
}

}  // namespace tenantd::ctl
