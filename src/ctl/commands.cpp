#include "tenantd/ctl/commands.hpp"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iomanip>
#include <stdexcept>

#include "audit.hpp"
#include "backup/backup.hpp"
#include "breached.hpp"
#include "completion.hpp"
#include "doctor/doctor.hpp"
#include "documents.hpp"
#include "hosts.hpp"
#include "import.hpp"
#include "keys.hpp"
#include "options.hpp"
#include "privacy.hpp"
#include "super_admins.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/clients/s3.hpp"
#include "tenantd/config/installation.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/db/access_denied.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/hosts/hosts.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

db::ConnectOptions application_account(const Settings& s) {
  return db::connect_options(s, s.db_user, s.db_password, "tenantd_app");
}

db::ConnectOptions administrator_account(const Settings& s) {
  return db::connect_options(s, s.db_admin_user, s.db_admin_password, "tenantd_app");
}

namespace {

// Programs that run would fail at what such a migration changes.
void refuse_while_hosts_run(const Settings& settings, const db::Migration& migration) {
  db::Connection connection{administrator_account(settings)};
  std::string names;
  for (const auto& host : hosts::list_hosts(connection))
    if (host.is_alive()) names += (names.empty() ? "" : ", ") + host.name;
  if (!names.empty())
    throw std::runtime_error("The migration " + std::to_string(migration.version) + ' ' + migration.name +
                             " does not serve the release that runs: stop tenantd and tenantd-courier on " +
                             names + ", then run it again");
}

int migrate(const Arguments& arguments, std::ostream& out, std::ostream&) {
  bool dry_run = false;
  read_options(arguments, {{"--dry-run", dry_run}});
  const auto settings = load_settings();
  db::MigrateOptions options;
  options.dry_run = dry_run;
  options.progress = [&](const std::string& line) { out << line << std::endl; };
  options.before_break = [&](const db::Migration& migration) { refuse_while_hosts_run(settings, migration); };
  db::migrate(settings, options);
  return 0;
}

int settings(const Arguments& arguments, std::ostream& out, std::ostream&) {
  bool markdown = false;
  bool environment = false;
  bool files_origin = false;
  bool secrets = false;
  read_options(arguments, {{"--markdown", markdown},
                           {"--env", environment},
                           {"--files-origin", files_origin},
                           {"--secrets", secrets}});
  if (files_origin) return out << service::files_origin(load_settings()) << '\n', 0;
  if (markdown) return out << settings_markdown(), 0;
  if (environment) return out << settings_environment(), 0;
  if (secrets) return out << settings_secrets(), 0;
  for (const auto& row : setting_docs())
    out << std::left << std::setw(26) << row.key << ' ' << std::setw(34) << row.fallback << ' ' << row.doc
        << '\n';
  return 0;
}

std::string_view access_word(api::Access access) {
  switch (access) {
    case api::Access::anyone: return "anyone";
    case api::Access::user: return "user";
    case api::Access::caller: return "user or key";
    case api::Access::tenant: return "tenant";
    case api::Access::subject: return "self or tenant";
    case api::Access::super: return "super";
  }
  return "";
}

int routes(const Arguments& arguments, std::ostream& out, std::ostream&) {
  bool nginx = false;
  read_options(arguments, {{"--nginx", nginx}});
  if (nginx) return out << api::nginx_lanes(), 0;
  std::size_t longest = 0;
  for (const auto& route : api::routes()) longest = std::max(longest, route.path.size());
  const int widest = static_cast<int>(longest) + 1;
  for (const auto& route : api::routes())
    out << std::left << std::setw(7) << http::method_name(route.method) << std::setw(widest) << route.path
        << std::setw(18)
        << (route.permission ? permission_name(*route.permission) : access_word(route.handler.access))
        << route.summary << '\n';
  return 0;
}

int version(const Arguments& arguments, std::ostream& out, std::ostream&) {
  read_options(arguments, {});
  return out << "tenantctl " << kVersion << '\n', 0;
}

int complete(const Arguments& arguments, std::ostream& out, std::ostream&) {
  const auto words = read_options(arguments, {}, 1);
  if (words != Arguments{"bash"}) throw UsageError("completion takes bash");
  return out << bash_completion(commands()), 0;
}

// Not constexpr: the pages are other files' own.
const std::array kCommands = {
    Command{"migrate", "[--dry-run]", "bring the database up to date", migrate},
    Command{"keys", "create|rotate|retire KID|list|adopt", "signing and sealing keys in KEYS_DIR", keys,
            kKeysPage},
    Command{"hosts", "[list]|forget ID", "who runs on this database", hosts, kHostsPage},
    Command{"create-super-admin", "", "make the account of SUPER_ADMIN_EMAIL", create_super_admin},
    Command{"super-admin", "list|grant|revoke", "who runs the service", super_admins, kSuperAdminPage},
    Command{"setup-link", "", "print the link that makes the first super-admin", setup_link, kSetupLinkPage},
    Command{"import", "[OPTIONS] FILE", "accounts and memberships from CSV or JSONL", import_people,
            kImportPage},
    Command{"breached", "import LIST|check", "a list of leaked passwords that nobody may choose", breached,
            kBreachedPage},
    Command{"audit", "verify|export [OPTIONS]", "check the chains of audit rows, or write one out", audit,
            kAuditPage},
    Command{"privacy", "export|erase|finish [ADDRESS] [--to DIR]", "what is kept of a person, and its end",
            privacy, kPrivacyPage},
    Command{"settings", "[--env|--markdown|--files-origin|--secrets]",
            "every setting, its default and meaning", settings},
    Command{"routes", "[--nginx]", "every path; or the map of nginx/lanes.conf", routes},
    Command{"openapi", "", "the API's description, OpenAPI 3.1", openapi},
    Command{"postman", "[--environment]", "the API as a Postman collection, or its environment", postman},
    Command{"mail", "preview|test|suppressions", "look at mails, send one, lift suppressions", mail_tools,
            kMailPage},
    Command{"backup", "[verify] DIR [--keep N]", "database, keys and files, sealed; or open one to its end",
            backup, kBackupPage},
    Command{"restore", "DIR", "put a backup back into an empty server", restore, kRestorePage},
    Command{"completion", "bash", "the words of these commands, for a shell", complete},
    Command{"version", "", "the release", version},
    Command{"doctor", "[--json]", "ask each part how it is, and say what mends it", doctor, kDoctorPage},
};

std::string spelling(const Command& command) {
  const std::string name{command.name};
  return *command.arguments == '\0' ? name : name + ' ' + command.arguments;
}

constexpr const char* kWhereSettingsAre =
    "Settings come from the environment. Run as root it reads /etc/tenantd/tenantd.env and the credentials\n"
    "beside it for what the environment does not set, unless that names DB_HOST, DB_SOCKET or KEYS_DIR.\n"
    "--config FILE before COMMAND reads FILE, and credentials/ beside it, whoever runs it.\n";

void help(std::ostream& out) {
  out << "Usage: tenantctl [--config FILE] COMMAND [ARGUMENTS]\n" << kWhereSettingsAre << '\n';
  for (const auto& command : kCommands)
    out << "  " << std::left << std::setw(36) << spelling(command) << command.summary << '\n';
  out << "\n\"tenantctl help COMMAND\" explains one. Exit status: 0 done, 1 failed, 64 wrong usage, 65 rows "
         "or\n"
         "file refused, 66 no such file, 74 the output could not be written, 75 try again later, 78 wrong\n"
         "settings.\n";
}

int explain(const Command& command, std::ostream& out) {
  if (command.page != nullptr) return out << command.page, 0;
  out << "Usage: tenantctl " << spelling(command) << "\n  " << command.summary << '\n' << kWhereSettingsAre;
  return 0;
}

const Command& find_command(const std::string& name) {
  for (const auto& command : kCommands)
    if (name == command.name) return command;
  throw UsageError("unknown command \"" + name + "\"");
}

int run_help(const Arguments& words, std::ostream& out) {
  if (words.empty() || words[0] == "--help") return help(out), 0;
  if (words.size() > 1) throw UsageError("unexpected argument \"" + words[1] + '"');
  return explain(find_command(words[0]), out);
}

int run_command(const Command& command, const Arguments& behind, std::ostream& out, std::ostream& err) {
  const bool asks = std::find(behind.begin(), behind.end(), "--help") != behind.end();
  return asks ? explain(command, out) : command.run(behind, out, err);
}

// Takes --config away from the front of `arguments`. Without it, root is the operator of what is installed
// here: nobody else may read its credentials, and nobody else's surroundings are to be mixed with them.
void choose_settings(Arguments& arguments) {
  if (!arguments.empty() && arguments[0] == "--config") {
    if (arguments.size() < 2 || arguments[1].empty()) throw UsageError("--config needs a value");
    use_settings_file(arguments[1]);
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  } else if (::geteuid() == 0 && !names_installation(process_environment()) &&
             ::access(kSettingsFile, F_OK) == 0) {
    use_settings_file(kSettingsFile);
  }
}

int find_and_run(Arguments arguments, std::ostream& out, std::ostream& err) {
  choose_settings(arguments);
  if (arguments.empty()) return help(err), EX_USAGE;
  const auto name = arguments[0];
  const Arguments behind{arguments.begin() + 1, arguments.end()};
  if (name == "--help" || name == "help") return run_help(behind, out);
  if (name == "--version") return version({}, out, err);
  return run_command(find_command(name), behind, out, err);
}

// What an operator should read of it: of a refused member its name and what is wrong, else the sentence.
std::string words_of(const ApiError& e) {
  if (e.code() == ErrorCode::unavailable) return e.log_detail();
  if (!e.fields().empty()) return e.fields()[0].pointer + ": " + e.fields()[0].detail;
  return e.public_text().empty() ? std::string{error_title(e.code())} : e.public_text();
}

int run_and_say(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const auto fail = [&](int status, const std::string& sentence) {
    return err << "tenantctl: " << sentence << '\n', status;
  };
  try {
    return find_and_run(arguments, out, err);
  } catch (const UsageError& e) {
    return fail(EX_USAGE, std::string{e.what()} + "; see tenantctl --help");
  } catch (const ConfigError& e) {
    return fail(EX_CONFIG, e.what());
  } catch (const OutputError& e) {
    return fail(EX_IOERR, e.what());
  } catch (const db::AccessDenied& e) {
    return fail(EX_CONFIG,
                e.log_detail() + ": see DB_USER and DB_PASSWORD, or DB_ADMIN_USER and DB_ADMIN_PASSWORD");
  } catch (const ApiError& e) {
    return fail(e.code() == ErrorCode::unavailable ? EX_TEMPFAIL : 1, words_of(e));
  } catch (const std::exception& e) {
    return fail(1, e.what());
  }
}

}  // namespace

void flush(std::ostream& out) {
  errno = 0;
  if (out.flush()) return;
  const std::string why = errno != 0 ? std::string{": "} + std::strerror(errno) : "";
  throw OutputError("the output could not be written" + why);
}

std::span<const Command> commands() { return kCommands; }

int run(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const int status = run_and_say(arguments, out, err);
  if (status == EX_IOERR) return status;
  try {
    flush(out);
    return status;
  } catch (const OutputError& e) {
    err << "tenantctl: " << e.what() << '\n';
    return status == 0 ? EX_IOERR : status;
  }
}

}  // namespace tenantd::ctl
