#include "import.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <numeric>

#include "import_report.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/ctl/import_reader.hpp"
#include "tenantd/db/access_denied.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/hosts/outsider.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

const char* const kImportPage =
    "Usage: tenantctl import [--organization SLUG|ID] [--format FORMAT] [--hash-config FILE] [--dry-run]\n"
    "                        [--report FILE] [--batch N] FILE\n\n"
    "Columns of the header row, or members of each line's object: email, password_hash (as other systems "
    "make\n"
    "them, or empty), organization (slug or id), role (member unless given), first_name, last_name, name,\n"
    "email_verified.\n\n"
    "Formats: csv and jsonl, which the file's name may say; and what others export: auth0 (NDJSON), "
    "supabase\n"
    "(CSV of auth.users), laravel (CSV of users), firebase (JSON of auth:export; --hash-config names a file\n"
    "with the project's hash parameters), keycloak (JSON of a realm).\n\n"
    "An account that exists gets the membership and keeps its password. One that has not proven its address "
    "may be\n"
    "anybody's: its mailbox gets an invitation instead. Ended anywhere and run again, an import goes on\n"
    "where it stopped. Exit status: 0 all in, 65 some rows refused, 66 no such file, 75 database away: run "
    "again, 130 interrupted: run again.\n";

namespace {

using service::ImportOutcome;
using store::ImportProgress;
using store::ImportScope;

constexpr std::int64_t kMostRefusedShown = 20;

std::atomic<int> g_interrupted{0};

// The batch under way is finished first; whoever cannot wait for that asks twice.
void notice_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int number) { g_interrupted = number; };
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
}

struct Options {
  std::string file;
  std::string organization;
  std::string format_name;
  ImportFormat format = ImportFormat::csv;
  std::string hash_config;
  std::string report;
  std::int64_t batch = 0;
  bool dry_run = false;
};

Options parse(const Arguments& arguments) {
  Options options;
  std::string batch = "500";
  const auto words = read_options(arguments,
                                  {{"--organization", options.organization},
                                   {"--format", options.format_name},
                                   {"--hash-config", options.hash_config},
                                   {"--report", options.report},
                                   {"--batch", batch},
                                   {"--dry-run", options.dry_run}},
                                  1);
  if (!words.empty()) options.file = words[0];
  options.batch = parse_int(batch).value_or(0);
  if (options.file.empty()) throw UsageError("import takes a file");
  if (options.batch < 1 || options.batch > 10000) throw UsageError("--batch is a number from 1 to 10000");
  if (options.format_name.empty() && options.file.ends_with(".csv")) options.format_name = "csv";
  if (options.format_name.empty() && options.file.ends_with(".jsonl")) options.format_name = "jsonl";
  const auto format = parse_import_format(options.format_name);
  if (!format)
    throw UsageError(
        "say by --format csv, jsonl, auth0, supabase, laravel, firebase or keycloak what the file is");
  options.format = *format;
  return options;
}

// What stands for this file and where it goes. Leaves the stream at its begin.
std::string run_id(std::istream& file, const std::string& target) {
  crypto::Sha256 hash;
  std::array<char, 65536> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0)
    hash.add({piece.data(), static_cast<std::size_t>(file.gcount())});
  hash.add('\n' + target);
  file.clear();
  file.seekg(0);
  return hash.digest();
}

std::int64_t size_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) ? found.st_size : -1;
}

std::string hash_parameters(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream config{path};
  if (!config) throw ImportFileError("the hash config " + path + " cannot be opened");
  return firebase_parameters(config);
}

class Import {
 public:
  Import(const Options& options, const Settings& settings, db::Pool& pool, std::istream& file,
         std::optional<OrgId> organization, std::ostream& out, std::ostream& err)
      : options_(options),
        settings_(settings),
        keys_(hosts::checked_keys(settings, *pool.acquire())),
        pool_(pool),
        out_(out),
        err_(err),
        id_(run_id(file, organization ? organization->str() : "")),
        reader_(file, options.format, hash_parameters(options.hash_config)),
        importing_(service::Importing::unsafe_for_tenantctl(organization, options.dry_run)),
        report_(options.report),
        size_(size_of(options.file)),
        progress_(err) {}

  int run() {
    if (!options_.dry_run) read_over();
    report_.open(resume_line_);
    begun_at_ = reader_.bytes();
    progress_.start();
    while (g_interrupted == 0 && fill_batch()) {
      const auto results = put_batch();
      tell(results);
    }
    progress_.end();
    sum_up();
    if (g_interrupted != 0) return interrupted();
    return done_.rows_refused > 0 ? EX_DATAERR : 0;
  }

 private:
  using Results = std::vector<service::ImportResult>;

  service::Context context() const {
    return {settings_, keys_, now(), "", "tenantctl", "", nullptr, {}, {}, {}, {}};
  }

  int interrupted() {
    err_ << "tenantctl: interrupted"
         << (options_.dry_run ? "" : ": what is in is in; run the same command again to go on") << '\n';
    return 128 + g_interrupted;
  }

  void read_over() {
    db::Txn txn{pool_};
    done_ = store::find_import(txn, ImportScope::unsafe_for_import(), id_);
    ImportRecord record;
    for (std::int64_t i = 0; i < done_.rows_done; ++i)
      if (!reader_.next(record)) throw ImportFileError("the file is shorter than what was imported of it");
    if (done_.rows_done > 0) {
      resume_line_ = record.line + 1;
      err_ << "tenantctl: " << done_.rows_done << " rows were imported before; going on at line "
           << resume_line_ << '\n';
    }
  }

  bool fill_batch() {
    batch_.clear();
    ImportRecord record;
    while (static_cast<std::int64_t>(batch_.size()) < options_.batch && reader_.next(record))
      batch_.push_back(record);
    return !batch_.empty();
  }

  Results put_batch() {
    if (options_.dry_run) {
      db::Txn txn{pool_};
      auto results = put_rows(txn);
      count(results, done_);
      report(results);
      return results;
    }
    ImportProgress after;
    auto results = db::run_transaction(pool_, &hosts_, [&](db::Txn& txn) {
      const auto scope = ImportScope::unsafe_for_import();
      if (store::lock_import(txn, scope, id_, now()) != done_)
        throw ApiError(ErrorCode::unavailable).detail("another import of this file is running");
      auto made = put_rows(txn);
      after = done_;
      count(made, after);
      store::set_import(txn, scope, id_, after, now());
      // Before the commit: a run that goes on drops what is told of rows that did not get in.
      report(made);
      return made;
    });
    done_ = after;
    return results;
  }

  Results put_rows(db::Txn& txn) {
    Results results;
    for (const auto& record : batch_)
      results.push_back(record.problem.empty()
                            ? importing_.put(txn, context(), record.row)
                            : service::ImportResult{ImportOutcome::refused, "row " + record.problem});
    return results;
  }

  static void count(const Results& results, ImportProgress& progress) {
    for (const auto& result : results)
      if (result.outcome == ImportOutcome::refused) ++progress.rows_refused;
    progress.rows_done += static_cast<std::int64_t>(results.size());
  }

  void report(const Results& results) {
    for (std::size_t i = 0; i < results.size(); ++i)
      if (!results[i].reason.empty()) report_.add(batch_[i].line, batch_[i].row.email, results[i].reason);
    report_.flush();
  }

  void tell(const Results& results) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      ++outcomes_[static_cast<std::size_t>(results[i].outcome)];
      const bool shown = options_.report.empty() && told_of() <= kMostRefusedShown;
      if (!results[i].reason.empty() && shown)
        err_ << "tenantctl: line " << batch_[i].line << ": " << results[i].reason << '\n';
    }
    progress_.say(rows(), share());
  }

  // Rows that did not get in as they are: refused, or invited instead.
  std::int64_t told_of() const { return outcomes_[3] + outcomes_[4]; }
  std::int64_t rows() const { return std::accumulate(outcomes_.begin(), outcomes_.end(), std::int64_t{0}); }

  // What came before was only read over.
  double share() const {
    const auto whole = std::max<std::int64_t>(1, size_ - begun_at_);
    return static_cast<double>(reader_.bytes() - begun_at_) / static_cast<double>(whole);
  }

  void sum_up() {
    if (options_.report.empty() && told_of() > kMostRefusedShown)
      err_ << "tenantctl: and " << told_of() - kMostRefusedShown << " more; --report FILE names all\n";
    const auto rows = this->rows();
    out_ << (options_.dry_run ? "would be: " : "") << outcomes_[0] << " created, " << outcomes_[1]
         << " joined, " << outcomes_[2] << " skipped, " << outcomes_[3] << " refused";
    if (outcomes_[4] > 0) out_ << ", " << outcomes_[4] << " invited";
    if (done_.rows_done > rows)
      out_ << "; with the runs before: " << done_.rows_done << " rows, " << done_.rows_refused << " refused";
    out_ << " (" << static_cast<std::int64_t>(static_cast<double>(rows) / std::max(progress_.seconds(), 1e-3))
         << " rows/s)\n";
  }

  const Options& options_;
  const Settings& settings_;
  crypto::KeyRing keys_;
  db::Pool& pool_;
  hosts::Outsider hosts_{hosts::Outsider::Wait::never};  // an import takes no right away
  std::ostream& out_;
  std::ostream& err_;
  std::string id_;
  ImportReader reader_;
  service::Importing importing_;
  ImportReport report_;
  std::int64_t size_;
  std::int64_t begun_at_ = 0;
  Progress progress_;
  std::vector<ImportRecord> batch_;
  ImportProgress done_;
  std::int64_t resume_line_ = 0;
  std::array<std::int64_t, 5> outcomes_{};
};

std::optional<OrgId> target(db::Pool& pool, const std::string& organization) {
  if (organization.empty()) return std::nullopt;
  db::Txn txn{pool};
  const auto found = store::find_any_organization(txn, ImportScope::unsafe_for_import(), organization);
  if (!found) throw ImportFileError("there is no organization \"" + organization + '"');
  return found;
}

}  // namespace

int import_people(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  const auto options = parse(arguments);
  std::ifstream file{options.file, std::ios::binary};
  if (!file || size_of(options.file) < 0) {
    err << "tenantctl: " << options.file << " cannot be opened, or is no ordinary file\n";
    return EX_NOINPUT;
  }
  const Settings settings = load_settings();
  db::Pool pool{application_account(settings), 1};
  notice_interrupts();
  try {
    return Import{options, settings, pool, file, target(pool, options.organization), out, err}.run();
  } catch (const ImportFileError& e) {
    err << "tenantctl: " << e.what() << '\n';
    return EX_DATAERR;
  } catch (const db::AccessDenied&) {
    throw;
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::unavailable) throw;
    err << "tenantctl: " << e.log_detail() << ": what is in is in; run the same command again to go on\n";
    return EX_TEMPFAIL;
  }
}

}  // namespace tenantd::ctl
