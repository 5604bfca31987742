// The groups of checks, one file each. Each adds its lines to the report.
#pragma once

#include "accounts.hpp"
#include "report.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd::ctl {

struct Examination {
  const Settings& settings;
  Accounts& accounts;
  Report& report;
};

// The settings of this process's environment, each as the program takes it that reads it. A value that no
// program takes is a finding, and its default stands in for it in the other checks.
Settings examine_settings(Report& report);

void examine_servers(const Examination&);   // servers of the database, connections, clock
void examine_accounts(const Examination&);  // who signs in, with which rights
void examine_schema(const Examination&);    // version, definitions
void examine_folders(const Examination&);   // keys, files, mails: there, writable, with room
void examine_backups(const Examination&);   // their age
void examine_programs(const Examination&);  // tenantd, courier, sweeper, reporter: alive and at work
void examine_web(const Examination&);       // nginx, PUBLIC_URL, its certificate, proxies
void examine_mail(const Examination&);      // the mail server takes a recipient
void examine_redis(const Examination&);     // if it is configured

}  // namespace tenantd::ctl
