// tenantctl doctor on an instance that is well, and on the same one with one fault after another: each is
// named, by the check that it belongs to and no other, with what mends it.
#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "support/certificates.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/key_folder.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "support/script_server.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/domain/schedule.hpp"

using namespace tenantd;
using namespace tenantd::test;
namespace fs = std::filesystem;

namespace {

struct Said {
  int status = 0;
  std::string text;
  json::Document json;

  // The checks in this state, as "NAME: WHAT | MEND".
  std::vector<std::string> in(const std::string& state) const {
    std::vector<std::string> lines;
    const auto* checks = json::at(json, "/checks");
    require(checks != nullptr && checks->IsArray(), text);
    for (const auto& each : checks->GetArray())
      if (json::text_of(each, "state") == state)
        lines.push_back(json::text_of(each, "check") + ": " + json::text_of(each, "what") + " | " +
                        json::text_of(each, "mend"));
    return lines;
  }
};

// With these settings ("KEY=value KEY=value") besides those of the instance; `by`: a program that runs it.
Said ask_doctor(const PrivateStack& stack, const std::string& changes = "", const std::string& by = "") {
  const auto finished = run_program({"bash", "-c",
                                     ". " + stack.dir() + "/environment && " +
                                         (changes.empty() ? "" : "export " + changes + " && ") + "exec " +
                                         by + setting("TENANTD_BUILD") + "/tenantctl doctor --json"});
  auto parsed = json::read(finished.output);
  require(parsed.has_value(), "no JSON: " + finished.output);
  return {finished.status, finished.output, std::move(*parsed)};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

// Faults, all of them by these checks, and one of them says `what` and `mend`.
void expect_fault(const Said& said, const std::set<std::string>& checks, const std::string& what,
                  const std::string& mend, const std::source_location& at = std::source_location::current()) {
  require_equal(said.status, 1, said.text, at);
  const auto faults = said.in("fault");
  bool named = false;
  for (const auto& line : faults) {
    const auto check = line.substr(0, line.find(':'));
    require(checks.contains(check), "another check complains too: " + line, at);
    const auto bar = line.rfind(" | ");
    named |= line.find(what) < bar && line.find(mend, bar) != std::string::npos;
  }
  require(named, "no \"" + what + "\" mended by \"" + mend + "\" in:\n" + joined(faults), at);
}

void expect_fault(const PrivateStack& stack, const std::string& changes, const std::set<std::string>& checks,
                  const std::string& what, const std::string& mend,
                  const std::source_location& at = std::source_location::current()) {
  expect_fault(ask_doctor(stack, changes), checks, what, mend, at);
}

void expect_well(const PrivateStack& stack, const std::string& changes = "",
                 const std::source_location& at = std::source_location::current()) {
  const auto said = ask_doctor(stack, changes);
  require(said.in("fault").empty(), joined(said.in("fault")), at);
  require_equal(said.status, 0, said.text, at);
}

// An instance that has been at work for a day, every program of it.
class Patient {
 public:
  Patient() {
    stack.take_the_suites_place();
    run("tenantd-sweeper");
    run("tenantd-reporter due");
    db.run("UPDATE tenantd.version SET created_at = created_at - 86400");
    wait_until("tenantd has a row", [&] { return number("SELECT COUNT(*) FROM tenantd.host") == 1; });
  }

  void run(const std::string& program) const {
    const auto done = stack.run(program);
    require_equal(done.status, 0, program + ": " + done.output);
  }
  std::int64_t number(const std::string& query) {
    auto rows = db.run_query(query);
    rows.next();
    return rows.integer(0);
  }
  std::string text(const std::string& query, unsigned column) {
    auto rows = db.run_query(query);
    rows.next();
    return rows.text(column);
  }
  // One fault by SQL, and the end of it.
  void plant(const std::string& harm, const std::string& heal, const std::set<std::string>& checks,
             const std::string& what, const std::string& mend,
             const std::source_location& at = std::source_location::current()) {
    db.run(harm);
    expect_fault(stack, "", checks, what, mend, at);
    if (heal.empty())
      run("tenantctl migrate");
    else
      db.run(heal);
  }

  const PrivateStack stack{{"MAIL_FROM=Acme <no-reply@example.com>"}};
  db::Connection db{stack.database()};
};

// A folder that looks like a backup of that time.
void lay_backup(const std::string& dir, const std::string& name, bool whole) {
  fs::create_directories(dir + '/' + name);
  if (whole) std::ofstream{dir + '/' + name + "/manifest"} << "{}\n";
}

std::string setting_of(const PrivateStack& stack, const std::string& key) {
  return run_program({"bash", "-c", ". " + stack.dir() + "/environment && printf %s \"$" + key + '"'}).output;
}

std::string port_nobody_has() {
  const ScriptServer server{"smtp_sink.py", {}};
  return server.port();
}

void expect_health(const Patient& patient) {
  const auto said = ask_doctor(patient.stack);
  require_equal(joined(said.in("fault")), "");
  require_equal(said.status, 0, said.text);
  // What it says of itself is little: no backup was ever asked for.
  const auto unchecked = said.in("unchecked");
  require(unchecked.size() == 1 && unchecked[0].starts_with("backup: "), joined(unchecked));
  const auto words = patient.stack.run("tenantctl doctor");
  for (const char* line :
       {"ok    settings: tenantd takes them\n", "ok    settings: the courier takes them\n",
        "ok    server: ", "ok    account: tenantd_reporter signs in\n",
        "ok    grants: tenantd_app has what sql/grants.sql gives it",
        "ok    isolation: tenantd_courier reads no base table beyond its rights",
        "ok    definitions: ", "ok    database: schema version ",
        "ok    keys: ", "ok    hosts: ", "ok    courier: ", "ok    sweeper: ", "ok    reporter: ",
        "ok    public_url: ", "ok    lanes: the password lane answers\n", "?     backup: not checked: "})
    require(words.output.find(line) != std::string::npos, std::string{line} + " is not in " + words.output);
}

void harm_settings(const Patient& patient) {
  const auto& stack = patient.stack;
  const std::set<std::string> settings = {"settings"};
  expect_fault(stack, "DB_PORT=mysql", settings, "DB_PORT must be a whole number", "tenantd.env");
  // Both are named, and not the first alone.
  const auto two = ask_doctor(stack, "DB_PORT=mysql WORKERS=many");
  require(joined(two.in("fault")).find("WORKERS must be") != std::string::npos, two.text);
  // What the courier alone refuses.
  for (const auto& [changes, key] : std::vector<std::pair<std::string, std::string>>{
           {"MAIL_TRANSPORT=pigeon", "MAIL_TRANSPORT"},
           {"MAIL_FROM=nobody", "MAIL_FROM"},
           {"MAIL_TRANSPORT=ses SES_ACCESS_KEY_ID=", "SES_"},
           {"MAIL_TRANSPORT=resend RESEND_API_KEY=", "RESEND_API_KEY"}}) {
    expect_fault(stack, changes, settings, key, "tenantd-courier --check");
    const auto check = run_program({"bash", "-c",
                                    ". " + stack.dir() + "/environment && export " + changes + " && exec " +
                                        setting("TENANTD_BUILD") + "/tenantd-courier --check"});
    require_equal(check.status, 78, check.output);
    require(check.output.find(key) != std::string::npos, check.output);
  }
  for (const auto& [changes, key] : std::vector<std::pair<std::string, std::string>>{
           {"MAIL_TRANSPORT=smtp SMTP_URL=http://mail", "SMTP_URL"},
           {"MAIL_TRANSPORT=smtp SMTP_USER=robot", "SMTP_PASSWORD"},
           {"MAIL_TRANSPORT=smtp SMTP_CA_FILE=/nope", "SMTP_CA_FILE"}})
    expect_fault(stack, changes, {"settings", "mail"}, key, "tenantd-courier --check");
  expect_fault(stack, "OUTBOUND_ALLOW=foo", settings, "OUTBOUND_ALLOW", "tenantd --check");
  expect_fault(stack, "LOG_LEVEL=loud", settings, "LOG_LEVEL", "tenantd-reporter --check");
  for (const char* program : {"tenantd", "tenantd-courier", "tenantd-sweeper", "tenantd-reporter"})
    patient.run(std::string{program} + " --check");
}

// The files of an installation that others than their owner can read, each kind of them.
void open_secrets(const Patient& patient) {
  const TempFolder place;
  const auto settings = place.path() + "/tenantd.env",
             credential = place.path() + "/credentials/smtp_password",
             named = place.path() + "/client_secret";
  fs::create_directory(place.path() + "/credentials");
  std::ofstream{settings} << "GITHUB_CLIENT_SECRET_FILE=" << named << "\n";
  for (const auto& path : {credential, named}) std::ofstream{path} << "hidden";
  for (const auto& path : {settings, credential, named}) fs::permissions(path, fs::perms{0600});
  const auto ask = [&] {
    const auto done = patient.stack.run("tenantctl --config " + settings + " doctor --json");
    auto parsed = json::read(done.output);
    require(parsed.has_value(), "no JSON: " + done.output);
    return Said{done.status, done.output, std::move(*parsed)};
  };
  require_equal(joined(ask().in("fault")), "");
  for (const auto& path : {settings, credential, named}) {
    fs::permissions(path, fs::perms{0640});
    expect_fault(ask(), {"secrets"}, path + " (0640)", "sudo chmod go= " + path);
    fs::permissions(path, fs::perms{0600});
  }
  // It reads that file, as the programs do.
  std::ofstream{settings, std::ios::app} << "KEY_WARNING_DAYS=many\n";
  expect_fault(ask(), {"settings"}, "KEY_WARNING_DAYS must be", "tenantd.env");
}

void harm_database(Patient& patient) {
  const auto& stack = patient.stack;
  sign_up();
  const std::string app = "tenantd_app@localhost", migrate = "tenantctl migrate";
  expect_fault(stack, "DB_SOCKET=/nowhere/db.sock", {"server", "database"}, "/nowhere/db.sock", "systemctl");
  expect_fault(stack, "DB_COURIER_PASSWORD=wrong", {"account"}, "tenantd_courier does not sign in", migrate);
  expect_fault(stack, "WORKERS=200", {"connections"}, "can open", "max_connections");
  patient.plant("GRANT SELECT ON tenantd.user TO " + app, "", {"grants", "isolation"},
                "tenantd_app can read base tables: tenantd.user", migrate);
  patient.plant("GRANT UPDATE (is_super) ON tenantd_app.user TO " + app, "", {"grants"},
                "may do more than it should (UPDATE (is_super) ON tenantd_app.user)", migrate);
  patient.plant("GRANT SELECT ON tenantd.totp TO tenantd_reporter@localhost", "", {"grants", "isolation"},
                "tenantd_reporter can read base tables: tenantd.totp", migrate);
  patient.plant("REVOKE DELETE ON tenantd_app.member FROM " + app, "", {"grants"},
                "tenantd_app lacks rights (DELETE ON tenantd_app.member", migrate);
  if (!on_mysql())  // which knows no right of everybody
    patient.plant("GRANT SELECT ON tenantd.session TO PUBLIC", "REVOKE SELECT ON tenantd.session FROM PUBLIC",
                  {"grants", "isolation"}, "can read base tables: tenantd.session", "FROM PUBLIC");
  patient.plant(
      "CREATE OR REPLACE DEFINER = tenantd_owner@localhost SQL SECURITY DEFINER VIEW tenantd_app.role AS "
      "SELECT * FROM tenantd.role",
      "", {"isolation"}, "views show tenantd_app rows without a scope: tenantd_app.role", migrate);
  patient.plant("DROP TRIGGER tenantd.role_kept", "", {"definitions"}, "trigger tenantd.role_kept", migrate);
  const auto newest = "(SELECT MAX(version) FROM (SELECT version FROM tenantd.version) v)";
  patient.plant(std::string{"UPDATE tenantd.version SET version = version - 1000 WHERE version = "} + newest,
                "UPDATE tenantd.version SET version = version + 1000 WHERE version < 0", {"database"},
                "and this program wants", migrate);
  patient.plant("INSERT INTO tenantd.version (version, description, created_at) VALUES (9999, 'later', 0)",
                "DELETE FROM tenantd.version WHERE version = 9999", {"database"}, "newer than this program",
                "install the release");
  const TempFolder place;
  fs::copy(setting("TENANTD_TOP") + "/sql", place.path() + "/sql", fs::copy_options::recursive);
  std::ofstream{place.path() + "/sql/9999_later.sql"} << "SELECT 1;\n";
  expect_fault(stack, "SQL_DIR=" + place.path() + "/sql", {"migrations"}, "ends with version 9999",
               "SQL_DIR");
  const std::int64_t ahead = 120;
  std::ofstream{place.path() + "/clock", std::ios::binary}.write(reinterpret_cast<const char*>(&ahead),
                                                                 sizeof ahead);
  expect_fault(stack, "CLOCK_OFFSET_FILE=" + place.path() + "/clock", {"clock"}, "ahead of the database's",
               "CLOCK_OFFSET_FILE");
}

void harm_folders(const Patient& patient) {
  const auto& stack = patient.stack;
  const TempFolder place;
  fresh_keys(place);
  expect_fault(stack, "KEYS_DIR=" + place.keys(), {"keys", "public_url"}, "belongs to other keys",
               "restore KEYS_DIR");
  expect_fault(stack, "KEYS_DIR=/nowhere/keys", {"keys", "folder", "public_url"},
               "there is no folder /nowhere/keys", "systemd-tmpfiles");
  expect_fault(stack, "FILES_DIR=/nowhere/files", {"files", "folder"}, "there is no folder /nowhere/files",
               "systemd-tmpfiles");
  expect_fault(stack, "MAIL_DIR=/dev/null/mail", {"folder"}, "there is no folder /dev/null",
               "systemd-tmpfiles");
  const auto backups = place.path() + "/backups";
  lay_backup(backups, "tenantd-20200101T000000Z", true);
  lay_backup(backups, "tenantd-20990101T000000Z", false);
  expect_fault(stack, "BACKUP_DIR=" + backups, {"backup"}, "tenantd-20200101T000000Z is ", "tenantd-backup");
  expect_fault(stack, "BACKUP_DIR=" + place.path(), {"backup"}, "there is no whole backup", "tenantd-backup");
  lay_backup(backups, "tenantd-20980101T000000Z", true);
  expect_fault(stack, "BACKUP_DIR=" + backups, {"backup"}, "is of the future", "tenantd-backup");
}

// As root alone, as doctor is run: whose folders these are, and a disk of its own.
void harm_disks(const Patient& patient) {
  if (::geteuid() != 0) return;
  const auto& stack = patient.stack;
  const TempFolder place;
  fs::permissions(place.path(), fs::perms::owner_all | fs::perms::others_exec);
  fs::copy(setting_of(stack, "KEYS_DIR"), place.keys(), fs::copy_options::recursive);
  const auto given = run_program({"chown", "-R", "nobody", place.keys()});
  require_equal(given.status, 0, given.output);
  expect_fault(stack, "KEYS_DIR=" + place.keys(), {"folder"}, "FILES_DIR: nobody may not write in ",
               "sudo chown -R nobody ");
  fs::create_directory(place.path() + "/mails");
  const std::string full = "unshare -m bash -c 'mount -t tmpfs -o size=1m tmpfs " + place.path() +
                           "/mails && head -c 2000000 /dev/zero >" + place.path() +
                           "/mails/all 2>/dev/null; exec \"$0\" \"$@\"' ";
  expect_fault(ask_doctor(stack, "MAIL_TRANSPORT=file MAIL_DIR=" + place.path() + "/mails", full), {"disk"},
               "only 0 MiB (0 %) free for " + place.path() + "/mails", "shows what takes it");
}

void harm_work(Patient& patient) {
  patient.run("tenantd-sweeper");  // however long the faults before took
  patient.plant(
      "INSERT INTO tenantd.host (id, registration, name, version, started_at, seen_at) "
      "VALUES (REPEAT('x', 16), REPEAT('x', 16), 'web-9', '0.1.0', 1, UNIX_TIMESTAMP() - 600)",
      "DELETE FROM tenantd.host WHERE name = 'web-9'", {"hosts"}, "web-9 is silent",
      "tenantctl hosts forget");
  const auto version = patient.text("SELECT version FROM tenantd.host", 0);
  patient.plant("UPDATE tenantd.host SET version = '0.0.1'",
                "UPDATE tenantd.host SET version = '" + version + "'", {"hosts"}, "runs version 0.0.1",
                "systemctl restart tenantd");
  patient.plant(
      "INSERT INTO tenantd.outbox (id, template, recipient, next_attempt_at, lease_until, created_at, "
      "updated_at) VALUES (REPEAT('x', 16), 'welcome', 'a@example.com', UNIX_TIMESTAMP() - 3600, "
      "UNIX_TIMESTAMP() + 3600, 1, 1)",
      "DELETE FROM tenantd.outbox WHERE id = REPEAT('x', 16)", {"outbox"},
      "1 mail(s) wait, one of them for 3", "tenantd-courier");
  patient.plant("UPDATE tenantd.sweep_run SET error = 'no such table' WHERE task = 'tokens'",
                "UPDATE tenantd.sweep_run SET error = NULL", {"sweeper"},
                "its task tokens fails: no such table", "tenantd-sweeper.timer");
  patient.plant("UPDATE tenantd.sweep_run SET started_at = started_at - 3600",
                "UPDATE tenantd.sweep_run SET started_at = started_at + 3600", {"sweeper"}, "it ran 3",
                "tenantd-sweeper.timer");
  if (now() - newest_sunday(now()) > Seconds{3600})  // it may be at it
    patient.plant("UPDATE tenantd.job_run SET due_at = due_at - 1",
                  "UPDATE tenantd.job_run SET due_at = due_at + 1", {"reporter"}, "last Sunday's reports",
                  "tenantd-reporter.timer");
}

void harm_mail_and_redis(const Patient& patient) {
  const auto& stack = patient.stack;
  const SmtpSink sink;
  const auto smtp = "MAIL_TRANSPORT=smtp SMTP_URL=" + sink.url("smtp");
  expect_well(stack, smtp);
  require_equal(sink.mails(), 0, "no mail was sent");
  const SmtpSink refusing{{"--reply", "550 5.7.1 relaying denied", "--at", "rcpt"}};
  expect_fault(stack, "MAIL_TRANSPORT=smtp SMTP_URL=" + refusing.url("smtp"), {"mail"},
               "550 5.7.1 relaying denied", "tenantctl mail test");
  const SmtpSink closed{{"--auth"}};
  expect_fault(stack,
               "MAIL_TRANSPORT=smtp SMTP_USER=robot SMTP_PASSWORD=wrong SMTP_URL=" + closed.url("smtp"),
               {"mail"}, "does not take a mail from no-reply@example.com", "SMTP_PASSWORD");
  const auto nobody = port_nobody_has();
  expect_fault(stack, "MAIL_TRANSPORT=smtp SMTP_URL=smtp://127.0.0.1:" + nobody, {"mail"},
               "does not take a mail", "SMTP_URL");
  expect_fault(stack, "REDIS_URL=redis://127.0.0.1:" + nobody, {"redis"}, "127.0.0.1:" + nobody, "REDIS_URL");
}

// Nothing is well again after these.
void harm_programs(Patient& patient) {
  const auto& stack = patient.stack;
  const auto courier = part_pid(stack.dir(), "courier");
  ::kill(courier, SIGKILL);
  wait_until("the courier is gone", [&] { return !lives(courier); });
  expect_fault(stack, "", {"courier"}, "nobody listens at ", "systemctl restart tenantd-courier");
  ::kill(part_pid(stack.dir(), "tenantd"), SIGTERM);
  wait_until("tenantd is gone", [&] { return patient.number("SELECT COUNT(*) FROM tenantd.host") == 0; });
  expect_fault(stack, "", {"courier", "hosts", "lanes", "public_url"}, "none runs",
               "systemctl start tenantd");
}

void harm_web(Patient& patient, const std::string& another) {
  patient.run("tenantd-sweeper");
  const auto& stack = patient.stack;
  const Certificates certificates;
  const auto nobody = port_nobody_has();
  expect_fault(stack, "PUBLIC_URL=http://127.0.0.1:" + nobody, {"public_url"}, "does not answer", "nginx");
  expect_fault(stack, "PUBLIC_URL=http://id.example.invalid", {"public_url", "certificate"},
               "is not encrypted", "TLS");
  expect_fault(stack, "PUBLIC_URL=" + another, {"public_url"}, "another service answers", "PUBLIC_URL");

  // The same service behind certificates: one that has ended, one that ends soon, and one that nobody knows.
  const auto listen = [&](const std::string& name, const std::string& port) {
    return "server { listen 127.0.0.1:" + port + " ssl; ssl_certificate " + certificates.path(name + ".pem") +
           "; ssl_certificate_key " + certificates.path(name + ".key") + "; location / { proxy_pass " +
           stack.url() + "; } }";
  };
  const auto expired = port_nobody_has(), soon = port_nobody_has();
  std::ofstream{stack.dir() + "/nginx/extra-http-test.conf"} << listen("expired", expired) << '\n'
                                                             << listen("server", soon) << '\n';
  require_equal(::kill(part_pid(stack.dir(), "nginx"), SIGHUP), 0);
  const auto with = [&](const std::string& port, const std::string& ca) {
    return "PUBLIC_URL=https://localhost:" + port + " OUTBOUND_CA_FILE=" + certificates.path(ca + ".pem");
  };
  wait_until("nginx listens", [&] {
    return ask_doctor(stack, with(soon, "ca")).text.find("ends in 1 days") != std::string::npos;
  });
  expect_fault(stack, with(soon, "ca"), {"certificate"}, "the certificate ends in 1 days", "certbot renew");
  expect_fault(stack, with(expired, "ca"), {"certificate", "public_url"}, "the certificate ended",
               "certbot renew");
  expect_fault(stack, with(soon, "other-ca"), {"certificate", "public_url"}, "is not trusted", "certbot");

  for (int i = 0; i < 10; ++i) sign_up();
  patient.plant(
      "INSERT INTO tenantd.account_event (id, user_id, type, address, created_at) "
      "SELECT id, id, 'signin.succeeded', '192.0.2.7', UNIX_TIMESTAMP() FROM tenantd.user",
      "DELETE FROM tenantd.account_event WHERE address = '192.0.2.7'", {"proxies"},
      "came from 192.0.2.7: a proxy that nginx does not know", "set_real_ip_from 192.0.2.7");

  const auto socket = setting_of(stack, "OUTBOUND_SOCKET");
  fs::rename(socket, socket + ".away");
  expect_fault(stack, "", {"lanes"}, "the outbound lane answers 502", "systemctl");
  fs::rename(socket + ".away", socket);
}

}  // namespace

// One after another on one instance, which is well again after each.
Test(doctor, a_healthy_instance_has_no_finding_and_each_planted_fault_is_named_with_what_mends_it) {
  const auto another = setting("TENANTD_URL");
  Patient patient;
  expect_health(patient);
  harm_settings(patient);
  open_secrets(patient);
  harm_folders(patient);
  harm_disks(patient);
  harm_mail_and_redis(patient);
  harm_database(patient);
  harm_work(patient);
  harm_web(patient, another);
  expect_well(patient.stack);
  harm_programs(patient);
}
