#include "backup.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "ctl/options.hpp"
#include "ctl/usage.hpp"
#include "database_client.hpp"
#include "manifest.hpp"
#include "pipeline.hpp"
#include "places.hpp"
#include "sealed_file.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/base/version.hpp"
#include "tenantd/crypto/passphrase.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::ctl {

const char* const kBackupPage =
    "Usage: tenantctl backup DIR [--keep N]   make a backup in a folder of its own in DIR: the database as "
    "of\n"
    "                                         one moment, KEYS_DIR, and the files of documents in "
    "FILES_DIR,\n"
    "                                         sealed under BACKUP_PASSPHRASE; --keep N: then remove all "
    "whole\n"
    "                                         ones but the newest N\n"
    "       tenantctl backup verify DIR       open every part of one, or of the newest in DIR, to its end\n"
    "It signs in as DB_ADMIN_USER. One that is cut short has another name, and is removed by the next.\n"
    "Exit status: 0 done; 1 not done, or the backup is damaged; 64 wrong usage; 75 database away; 78 wrong\n"
    "settings.\n";

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSaltBytes = 16;

const Secret& passphrase_of(const Settings& settings) {
  if (settings.backup_passphrase.empty())
    throw ConfigError(
        "BACKUP_PASSPHRASE is not set: a backup holds the keys, so it is sealed. Name a file of it by "
        "BACKUP_PASSPHRASE_FILE, and keep a copy elsewhere");
  return settings.backup_passphrase;
}

void flush_folder(const std::string& dir) {
  const auto folder = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (!folder || ::fsync(folder.get()) != 0)
    throw std::runtime_error(dir + " cannot be flushed: " + std::strerror(errno));
}

// One at a time in a folder; released with the process.
Descriptor lock_folder(const std::string& dir) {
  fs::create_directories(dir);
  auto folder = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (!folder) throw std::runtime_error(dir + " cannot be opened: " + std::strerror(errno));
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0)
    throw std::runtime_error("another backup into " + dir + " is under way");
  return folder;
}

// A backup that is being made; removed unless it was completed.
class Draft {
 public:
  Draft(const std::string& dir, TimePoint now) : dir_(dir), name_(dir + '/' + backup_name(now)) {
    fs::create_directory(path());
    fs::permissions(path(), fs::perms::owner_all);
  }
  ~Draft() {
    std::error_code ignored;
    if (!complete_) fs::remove_all(path(), ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  std::string path() const { return name_ + std::string{kPartial}; }
  // From here on it is one. Returns where.
  std::string complete() {
    flush_folder(path());
    fs::rename(path(), name_);
    flush_folder(dir_);
    complete_ = true;
    return name_;
  }

 private:
  std::string dir_, name_;
  bool complete_ = false;
};

class Maker {
 public:
  Maker(const Settings& settings, const std::string& dir, std::ostream& out)
      : settings_(settings), db_(administrator_account(settings)), draft_(dir, now()), out_(out) {
    manifest_.id = to_hex(crypto::random_bytes(16));
    const auto salt = crypto::random_bytes(kSaltBytes);
    manifest_.salt = to_hex(salt);
    key_ = crypto::key_of_passphrase(passphrase_of(settings), salt);
    manifest_.made_at = now();
    manifest_.program = kVersion;
    manifest_.server = db_.server().describe();
    manifest_.schema = number("SELECT COALESCE(MAX(version), 0) FROM tenantd.version");
  }

  std::string make() {
    {
      const DatabaseClient client{settings_, db_, draft_.path()};
      const bool logs = number("SELECT @@GLOBAL.log_bin") != 0;
      std::vector<std::vector<std::string>> commands;
      commands.push_back(client.dump("tenantd", logs));
      if (logs) commands.push_back(note_position());
      commands.push_back({"gzip", "-1"});
      put("database", std::move(commands));
      if (logs) manifest_.position = take_position();
    }
    put_folder("keys", settings_.keys_dir);
    if (settings_.file_store == "local") put_folder("files", settings_.files_dir);
    write_manifest(draft_.path(), manifest_, key_);
    return draft_.complete();
  }

 private:
  std::int64_t number(const std::string& query) {
    auto rows = db_.run_query(query);
    rows.next();
    return rows.integer(0);
  }

  // Where the binary log stood is a comment among the dump's first lines, which pass by here.
  std::vector<std::string> note_position() const {
    return {"env", "LC_ALL=C", "sed", "-e", "1,60{/^-- CHANGE .*LOG_FILE/w " + position_path(), "-e", "}"};
  }
  std::string take_position() const {
    std::ifstream file{position_path()};
    std::string line;
    std::getline(file, line);
    fs::remove(position_path());
    return line.starts_with("-- ") ? line.substr(3) : line;
  }
  std::string position_path() const { return draft_.path() + "/position"; }

  // Marks of hosts that run now, and uploads on their way, mean nothing later.
  void put_folder(const std::string& name, const std::string& dir) {
    put(name, {{"tar", "--create", "--directory=" + dir, "--exclude=./hosts", "--exclude=./incoming",
                "--warning=no-file-changed", "."},
               {"gzip", "-1"}});
  }

  void put(const std::string& name, std::vector<std::vector<std::string>> commands) {
    const auto started = monotonic_microseconds();
    Pipeline source{std::move(commands), Pipeline::Direction::read};
    SealedWriter file{draft_.path() + '/' + name + ".sealed", key_, manifest_.id + '/' + name};
    std::string piece(kPieceBytes, '\0');
    for (bool last = false; !last;) {
      const auto size = source.read(piece.data(), piece.size());
      last = size < piece.size();
      file.put(std::string_view{piece}.substr(0, size), last);
    }
    source.finish();
    file.finish();
    manifest_.parts.push_back({name, file.bytes(), to_hex(file.sha256())});
    out_ << name << ": " << file.bytes() << " bytes in " << (monotonic_microseconds() - started) / 1000
         << " ms" << std::endl;
  }

  const Settings& settings_;
  db::Connection db_;
  Draft draft_;
  std::ostream& out_;
  Manifest manifest_;
  Secret key_;
};

int make(const Settings& settings, const std::string& dir, std::int64_t keep, std::ostream& out) {
  passphrase_of(settings);
  const auto lock = lock_folder(dir);
  remove_partial(dir);
  const auto made = Maker{settings, dir, out}.make();
  out << "made " << made << '\n';
  if (keep == 0) return 0;
  auto all = list_backups(dir);
  for (std::size_t i = static_cast<std::size_t>(keep); i < all.size(); ++i) {
    fs::remove_all(all[i].path);
    out << "removed " << all[i].path << '\n';
  }
  return 0;
}

int verify(const Settings& settings, const std::string& dir, std::ostream& out) {
  const auto backup = open_backup(place_of_backup(dir), passphrase_of(settings));
  for (const auto& part : backup.manifest.parts) {
    verify_part(backup, part);
    out << "ok    " << part.name << ": " << part.bytes << " bytes\n";
  }
  out << backup.dir << " is whole: schema version " << backup.manifest.schema << ", of "
      << backup.manifest.server << '\n';
  return 0;
}

}  // namespace

int backup(const Arguments& arguments, std::ostream& out, std::ostream&) {
  std::string keep;
  const auto words = read_options(arguments, {{"--keep", keep}}, 2);
  const auto count = parse_int(keep.empty() ? "0" : keep).value_or(-1);
  const bool verifies = words.size() == 2 && words[0] == "verify" && keep.empty();
  if (!verifies && (words.size() != 1 || count < 0 || (!keep.empty() && count == 0)))
    throw UsageError("backup takes DIR [--keep N], or verify DIR");
  const auto settings = load_settings();
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  return verifies ? verify(settings, words[1], out) : make(settings, words[0], count, out);
}

}  // namespace tenantd::ctl
