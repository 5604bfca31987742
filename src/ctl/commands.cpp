#include "tenantd/ctl/commands.hpp"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <stdexcept>

#include "documents.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/ctl/audit.hpp"
#include "tenantd/ctl/import.hpp"
#include "tenantd/db/migrate.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/service/accounts.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

db::ConnectOptions application_account(const Settings& s) {
  return {s.db_socket,   s.db_host,     static_cast<int>(s.db_port),        s.db_user,
          s.db_password, "tenantd_app", static_cast<int>(s.request_seconds)};
}

namespace {

int migrate(const Arguments& arguments, std::ostream& out, std::ostream&) {
  expect_at_most(arguments, 1);
  const bool dry_run = !arguments.empty() && arguments[0] == "--dry-run";
  if (!arguments.empty() && !dry_run) throw UsageError("unknown option \"" + arguments[0] + "\"");
  db::migrate(load_settings(), {dry_run, [&](const std::string& line) { out << line << std::endl; }});
  return 0;
}

int keys(const Arguments& arguments, std::ostream& out, std::ostream&) {
  const Settings settings = load_settings();
  const std::string action = arguments.empty() ? "" : arguments[0];
  if (action == "create") {
    expect_at_most(arguments, 1);
    const auto made = crypto::KeyRing::create_missing(settings.keys_dir);
    for (const auto& name : made) out << "made " << settings.keys_dir << '/' << name << '\n';
    if (made.empty()) out << "all keys exist\n";
  } else if (action == "rotate") {
    expect_at_most(arguments, 1);
    out << "signing with " << crypto::KeyRing::rotate(settings.keys_dir)
        << "; tokens of the older keys stay valid. Reload tenantd (SIGHUP), and retire the old key once the "
           "access "
           "tokens it signed have expired\n";
  } else if (action == "retire" && arguments.size() == 2) {
    crypto::KeyRing::retire(settings.keys_dir, arguments[1]);
    out << "retired " << arguments[1] << "; reload tenantd (SIGHUP)\n";
  } else if (action == "list") {
    expect_at_most(arguments, 1);
    out << crypto::KeyRing::load(settings.keys_dir).jwks_json() << '\n';
  } else {
    throw UsageError("keys takes create, rotate, retire KID or list");
  }
  return 0;
}

int create_super_admin(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  expect_at_most(arguments, 0);
  const Settings settings = load_settings();
  const auto email = Email::parse(settings.super_admin_email);
  if (!email || settings.super_admin_password.empty()) {
    err << "tenantctl: set SUPER_ADMIN_EMAIL to an e-mail address and SUPER_ADMIN_PASSWORD (or _FILE)\n";
    return EX_CONFIG;
  }
  const auto keys = crypto::KeyRing::load(settings.keys_dir);
  const service::Context context{settings, keys, now(), "", "tenantctl", "", nullptr, {}, {}, {}};
  // The application's own account may not make anybody super-admin.
  auto account = application_account(settings);
  account.user = settings.db_admin_user;
  account.password = settings.db_admin_password;
  db::Pool pool{account, 1};
  const bool made = db::run_transaction(pool, nullptr, [&](db::Txn& txn) {
    return service::create_super_admin(txn, context, *email, settings.super_admin_password.reveal());
  });
  out << email->str() << (made ? " is super-admin\n" : " has an account already; nothing changed\n");
  return 0;
}

int settings(const Arguments& arguments, std::ostream& out, std::ostream&) {
  expect_at_most(arguments, 1);
  if (!arguments.empty() && arguments[0] == "--markdown") {
    out << settings_markdown();
    return 0;
  }
  if (!arguments.empty()) throw UsageError("unknown option \"" + arguments[0] + "\"");
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
  expect_at_most(arguments, 1);
  if (!arguments.empty() && arguments[0] == "--nginx") {
    out << api::nginx_lanes();
    return 0;
  }
  if (!arguments.empty()) throw UsageError("unknown option \"" + arguments[0] + "\"");
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

// One check a line; the sentence says what to do.
class Doctor {
 public:
  explicit Doctor(std::ostream& out) : out_(out) {}
  template <class Check>
  void check(const char* what, Check&& check) {
    try {
      out_ << "ok    " << what << ": " << check() << '\n';
    } catch (const ApiError& e) {
      fail(what, e.public_text().empty() ? e.log_detail() : e.public_text());
    } catch (const std::exception& e) {
      fail(what, e.what());
    }
  }
  bool healthy() const { return healthy_; }

 private:
  void fail(const char* what, const std::string& why) {
    healthy_ = false;
    out_ << "FAIL  " << what << ": " << why << '\n';
  }
  std::ostream& out_;
  bool healthy_ = true;
};

int doctor(const Arguments& arguments, std::ostream& out, std::ostream&) {
  expect_at_most(arguments, 0);
  const Settings s = load_settings();
  Doctor doctor{out};
  doctor.check("keys", [&] {
    const auto ring = crypto::KeyRing::load(s.keys_dir);
    return std::to_string(ring.signing().size()) + " signing key(s) in " + s.keys_dir;
  });
  db::Pool pool{application_account(s), 1};
  doctor.check("database", [&] {
    db::Txn txn{pool};
    const auto version = db::schema_version(txn);
    if (version < db::kSchemaVersion)
      throw std::runtime_error("the schema is at version " + std::to_string(version) +
                               ": run tenantctl migrate");
    return "schema version " + std::to_string(version) + ", as " + s.db_user;
  });
  doctor.check("isolation", [&] {
    db::Txn txn{pool};
    static constexpr db::Sql kBase{"doctor.base_table", "SELECT COUNT(*) FROM tenantd.member"};
    try {
      txn.query(kBase);
    } catch (const db::AccessError&) {
      return std::string{"the application's account cannot read base tables"};
    }
    throw std::runtime_error(s.db_user +
                             " can read base tables: run tenantctl migrate, and use no other account");
  });
  return doctor.healthy() ? 0 : 1;
}

constexpr std::array kCommands = {
    Command{"migrate", "[--dry-run]", "bring the database up to date", migrate},
    Command{"keys", "create|rotate|retire KID|list", "signing and sealing keys in KEYS_DIR", keys},
    Command{"create-super-admin", "", "make the account of SUPER_ADMIN_EMAIL", create_super_admin},
    Command{"import", "[OPTIONS] FILE", "accounts and memberships from CSV or JSONL", import_people},
    Command{"audit", "verify|export [OPTIONS]", "check the chains of audit rows, or write one out", audit},
    Command{"settings", "[--markdown]", "every setting, its default and meaning", settings},
    Command{"routes", "[--nginx]", "every path; or the map of nginx/lanes.conf", routes},
    Command{"openapi", "", "the API's description, OpenAPI 3.1", openapi},
    Command{"postman", "[--environment]", "the API as a Postman collection, or its environment", postman},
    Command{"mail", "preview|test|suppressions", "look at mails, send one, lift suppressions", mail_tools},
    Command{"doctor", "", "check keys, database and isolation", doctor},
};

std::string spelling(const Command& command) {
  const std::string name{command.name};
  return *command.arguments == '\0' ? name : name + ' ' + command.arguments;
}

void help(std::ostream& out) {
  out << "Usage: tenantctl COMMAND [ARGUMENTS]\nSettings come from the environment.\n\n";
  for (const auto& command : kCommands)
    out << "  " << std::left << std::setw(36) << spelling(command) << command.summary << '\n';
  out << "\n\"tenantctl COMMAND --help\" explains one. Exit status: 0 done, 1 failed, 64 wrong usage, 65 "
         "rows or\n"
         "file refused, 66 no such file, 75 try again later, 78 wrong settings.\n";
}

// Some have a page of their own.
bool asks_for_help(const Command& command, const Arguments& arguments) {
  return arguments.size() == 2 && arguments[1] == "--help" && command.run != import_people &&
         command.run != mail_tools && command.run != audit;
}

int run_command(const Command& command, const Arguments& arguments, std::ostream& out, std::ostream& err) {
  if (!asks_for_help(command, arguments))
    return command.run({arguments.begin() + 1, arguments.end()}, out, err);
  out << "Usage: tenantctl " << spelling(command) << "\n  " << command.summary
      << "\nSettings come from the environment.\n";
  return 0;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (name == "--help" || name == "help") return help(out), 0;
  if (name == "--version") return out << "tenantctl " << kVersion << '\n', 0;
  if (name.empty()) return help(err), EX_USAGE;
  try {
    for (const auto& command : kCommands)
      if (name == command.name) return run_command(command, arguments, out, err);
    throw UsageError("unknown command \"" + name + "\"");
  } catch (const UsageError& e) {
    err << "tenantctl: " << e.what() << "; see tenantctl --help\n";
    return EX_USAGE;
  } catch (const ConfigError& e) {
    err << "tenantctl: " << e.what() << '\n';
    return EX_CONFIG;
  } catch (const ApiError& e) {
    const auto& text = e.code() == ErrorCode::unavailable ? e.log_detail() : e.public_text();
    err << "tenantctl: " << (text.empty() ? std::string{error_title(e.code())} : text) << '\n';
    return e.code() == ErrorCode::unavailable ? EX_TEMPFAIL : 1;
  } catch (const std::exception& e) {
    err << "tenantctl: " << e.what() << '\n';
    return 1;
  }
}

}  // namespace tenantd::ctl
