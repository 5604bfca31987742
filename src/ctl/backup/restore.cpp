#include <filesystem>
#include <stdexcept>

#include "backup.hpp"
#include "ctl/options.hpp"
#include "ctl/usage.hpp"
#include "database_client.hpp"
#include "manifest.hpp"
#include "pipeline.hpp"
#include "places.hpp"
#include "sealed_file.hpp"
#include "tenantd/db/migrate.hpp"

namespace tenantd::ctl {

const char* const kRestorePage =
    "Usage: tenantctl restore DIR   put a backup, or the newest in DIR, back: the database into a server "
    "that\n"
    "                               holds no tenantd, the keys into KEYS_DIR and files into FILES_DIR, "
    "which\n"
    "                               are empty. It opens all of it first, and brings the schema up to this\n"
    "                               release last, with accounts and their rights\n"
    "Stop tenantd and its courier before, and start them after. It signs in as DB_ADMIN_USER and wants\n"
    "BACKUP_PASSPHRASE. Exit status: 0 done; 1 not done; 64 wrong usage; 75 database away; 78 wrong "
    "settings.\n";

namespace {

namespace restore_fs = std::filesystem;

// What the dump's views, triggers and routines belong to: without it loading stops at the first of them.
// (What else is needed, migrate makes.)
constexpr const char* kBeforeLoading[] = {
    "CREATE DATABASE tenantd CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "CREATE DATABASE IF NOT EXISTS tenantd_app CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "CREATE USER IF NOT EXISTS tenantd_owner@localhost ACCOUNT LOCK",
    "GRANT ALL ON tenantd.* TO tenantd_owner@localhost",
    "GRANT ALL ON tenantd_app.* TO tenantd_owner@localhost",
};
// Who ran when the backup was made, and what they told one another. Where a binary log goes on from there, it
// changes these rows: they stay, and a tenantd that runs takes them away.
constexpr const char* kWhoRan[] = {"DELETE FROM tenantd.invalidation_ack", "DELETE FROM tenantd.invalidation",
                                   "DELETE FROM tenantd.host"};

// True unless something lies there that a restore would mix with.
bool is_empty_place(const std::string& dir) {
  if (!restore_fs::exists(dir)) return true;
  for (const auto& entry : restore_fs::directory_iterator{dir})
    if (entry.path().filename() != "incoming") return false;
  return true;
}

void require_empty(const Settings& settings, const Manifest& manifest, db::Connection& db) {
  auto rows = db.run_query("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'tenantd'");
  rows.next();
  if (rows.integer(0) > 0)
    throw std::runtime_error(
        "the server holds a database of tenantd already, which nothing here overwrites: name an empty "
        "server, or drop "
        "the schemas tenantd and tenantd_app yourself");
  if (!is_empty_place(settings.keys_dir))
    throw std::runtime_error(settings.keys_dir + " (KEYS_DIR) is not empty");
  if (manifest.find("files") != nullptr && !is_empty_place(settings.files_dir))
    throw std::runtime_error(settings.files_dir + " (FILES_DIR) is not empty");
}

void feed(const OpenBackup& backup, const Part& part, std::vector<std::vector<std::string>> commands) {
  Pipeline pipeline{std::move(commands), Pipeline::Direction::write};
  read_sealed(backup.path_of(part), backup.key, backup.place_of(part),
              [&](std::string_view piece) { pipeline.write(piece); });
  pipeline.finish();
}

void load_database(const Settings& settings, const OpenBackup& backup, const Part& part, db::Connection& db) {
  for (const char* statement : kBeforeLoading) db.run(statement);
  std::string dir = restore_fs::temp_directory_path() / "tenantctl-XXXXXX";
  if (::mkdtemp(dir.data()) == nullptr)
    throw std::runtime_error("no folder for a moment can be made in /tmp");
  try {
    const DatabaseClient client{settings, db, dir};
    feed(backup, part, {{"gzip", "--decompress"}, client.load("tenantd")});
  } catch (...) {
    restore_fs::remove_all(dir);
    throw;
  }
  restore_fs::remove_all(dir);
  if (backup.manifest.position.empty())
    for (const char* statement : kWhoRan) db.run(statement);
}

void unpack(const OpenBackup& backup, const Part& part, const std::string& dir) {
  restore_fs::create_directories(dir);
  feed(backup, part, {{"tar", "--extract", "--gzip", "--preserve-permissions", "--directory=" + dir}});
}

const Part& part_of(const OpenBackup& backup, const std::string& name) {
  if (const auto* part = backup.manifest.find(name)) return *part;
  throw std::runtime_error(backup.dir + " has no part " + name);
}

}  // namespace

int restore(const Arguments& arguments, std::ostream& out, std::ostream&) {
  const auto words = read_options(arguments, {}, 1);
  if (words.size() != 1) throw UsageError("restore takes DIR");
  const auto settings = load_settings();
  if (settings.backup_passphrase.empty())
    throw ConfigError("BACKUP_PASSPHRASE is not set, which the backup is sealed with");
  const auto backup = open_backup(place_of_backup(words[0]), settings.backup_passphrase);
  if (backup.manifest.schema > db::kSchemaVersion)
    throw std::runtime_error("the backup has schema version " + std::to_string(backup.manifest.schema) +
                             ", newer than this program knows: install its release first");
  auto account = administrator_account(settings);
  account.schema.clear();
  account.timeout_seconds = 3600;
  db::Connection db{account};
  require_empty(settings, backup.manifest, db);
  for (const auto& part : backup.manifest.parts) verify_part(backup, part);
  out << backup.dir << " is whole" << std::endl;
  load_database(settings, backup, part_of(backup, "database"), db);
  out << "loaded the database" << std::endl;
  unpack(backup, part_of(backup, "keys"), settings.keys_dir);
  if (const auto* files = backup.manifest.find("files")) unpack(backup, *files, settings.files_dir);
  out << "unpacked keys and files" << std::endl;
  db::migrate(settings, {false, [&](const std::string& line) { out << line << std::endl; }});
  if (!backup.manifest.position.empty())
    out << "what came later is in the old server's binary log, from: " << backup.manifest.position << '\n';
  out << "restored " << backup.dir << "; start tenantd and its courier\n";
  return 0;
}

}  // namespace tenantd::ctl
