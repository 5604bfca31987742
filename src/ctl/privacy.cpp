#include "privacy.hpp"

#include <filesystem>

#include "administrator.hpp"
#include "options.hpp"
#include "personal_files.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/erasures.hpp"
#include "tenantd/identity/personal_data.hpp"

namespace tenantd::ctl {

const char* const kPrivacyPage =
    "Usage: tenantctl privacy export ADDRESS   print all that is kept of the person, as JSON\n"
    "           --to DIR                       make a folder of it instead, with the files that the person\n"
    "                                          added to documents\n"
    "       tenantctl privacy erase ADDRESS    erase the account, and its traces in every organization's\n"
    "                                          history; it cannot be undone\n"
    "       tenantctl privacy finish           look for the traces of every account that was erased, now\n"
    "                                          and not when the sweeper comes\n\n"
    "erase ends memberships, sessions and keys. The sweeper, or finish, comes two minutes later, when no\n"
    "request is under way that may write of the person still: it takes address, name, networks and agents\n"
    "out of events and audit rows, which are signed anew: audit verify finds the chains whole. A run that "
    "was\n"
    "cut short goes on by finish, or by the sweeper. It signs in as DB_ADMIN_USER and needs the keys.\n"
    "Exit status: 0 done; 1 the address has no account, the account is a super-admin's, an organization "
    "would\n"
    "have no owner, the folder is there already, or a file is missing; 64 wrong usage; 75 database away;\n"
    "78 wrong settings.\n";

namespace {

constexpr std::int64_t kEveryRow = 1'000'000'000;

Email person_of(const Arguments& words) {
  if (words.size() != 2) throw UsageError("privacy " + words[0] + " takes one address");
  auto typed = Email::read(words[1]);
  if (!typed.email) throw UsageError("the address \"" + words[1] + "\" " + typed.problem);
  return *std::move(typed.email);
}

int refuse_person(std::ostream& err, const std::string& why) {
  return err << "tenantctl: " << why << '\n', 1;
}

int write_folder(Administrator& as, const service::PersonalData& data, const std::string& dir,
                 std::ostream& out, std::ostream& err) {
  const int missing = write_personal_data(as.settings, data, dir, as.context.now, err);
  out << dir << ": personal-data.json, " << data.files.size() << " files\n";
  return missing == 0 ? 0 : 1;
}

int export_person(Administrator& as, const Email& email, const std::string& dir, std::ostream& out,
                  std::ostream& err) {
  // Before anything is written down of it.
  if (!dir.empty() && std::filesystem::exists(std::filesystem::symlink_status(dir)))
    return refuse_person(err, dir + " is there already");

  const auto data = db::run_transaction(as.pool, &as.hosts, [&](db::Txn& txn) {
    return service::personal_data_for_operator(txn, as.context, email, kEveryRow);
  });
  if (!data) return refuse_person(err, email.str() + " has no account");
  if (!dir.empty()) return write_folder(as, *data, dir, out, err);
  out << json::indented(data->document) << '\n';
  flush(out);
  return 0;
}

int finish_erasures(Administrator& as, std::ostream& out) {
  const auto scope = store::ErasureScope::unsafe_for_tenantctl();
  std::int64_t rows = 0;
  service::ErasedStep step{0, true};
  while (step.more) {
    step = db::run_transaction(as.pool, nullptr,
                               [&](db::Txn& txn) { return service::erase_next(txn, as.context, scope); });
    rows += step.rows;
  }
  out << rows << (rows == 1 ? " row" : " rows") << " with traces changed or removed\n";
  if (step.waits_until)
    out << "traces of accounts that were erased last are looked for from "
        << service::format_utc(*step.waits_until + Seconds{59})
        << " on, when no request is under way\nthat began before: by the sweeper, or by privacy finish\n";
  return 0;
}

int erase_person(Administrator& as, const Email& email, std::ostream& out, std::ostream& err) {
  try {
    const bool found = db::run_transaction(as.pool, &as.hosts, [&](db::Txn& txn) {
      return service::erase_account_by_operator(txn, as.context, email);
    });
    if (!found) return refuse_person(err, email.str() + " has no account");
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::last_owner && e.code() != ErrorCode::conflict) throw;
    return refuse_person(err, e.public_text());
  }
  out << "erased\n";
  return finish_erasures(as, out);
}

}  // namespace

int privacy(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  std::string dir;
  const auto words = read_options(arguments, {{"--to", dir}}, 2);
  if (words.empty()) throw UsageError("privacy takes export, erase or finish");
  const auto settings = load_settings();
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  if (!dir.empty() && words[0] != "export") throw UsageError("--to belongs to privacy export");
  if (words[0] == "finish" && words.size() == 1) {
    Administrator as{settings};
    return finish_erasures(as, out);
  }
  if (words[0] != "export" && words[0] != "erase") throw UsageError("privacy takes export, erase or finish");
  const auto email = person_of(words);
  Administrator as{settings};
  return words[0] == "export" ? export_person(as, email, dir, out, err) : erase_person(as, email, out, err);
}

}  // namespace tenantd::ctl
