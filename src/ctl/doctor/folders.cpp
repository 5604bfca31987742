// Folders: there, for who uses them, and with room. Keys fit the database.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "checks.hpp"
#include "tenantd/crypto/breached.hpp"
#include "tenantd/ctl/backup.hpp"
#include "tenantd/domain/schedule.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/hosts/shared_folder.hpp"

namespace tenantd::ctl {
namespace {

namespace fs = std::filesystem;

constexpr Subject kKeys{
    "keys", "With other keys nobody's session, second factor or pending mail can be opened.",
    "restore KEYS_DIR from the backup that belongs to this database; on a new one: tenantctl "
    "keys create"};
constexpr Subject kFiles{
    "files", "Documents' files are lost from sight, or land where nobody looks.",
    "set FILES_DIR to the folder that belongs to this database; sudo systemd-tmpfiles --create"};
constexpr Subject kFolder{"folder", "What is written there fails.", "sudo systemd-tmpfiles --create"};
constexpr Subject kDisk{"disk", "On a full disk nothing is written: no request, no mail, no log.",
                        "free or add space; `du -xh / | sort -h | tail` shows what takes it"};
constexpr Subject kBackup{
    "backup", "What is lost since the last backup is lost for good.",
    "sudo systemctl start tenantd-backup; sudo journalctl -u tenantd-backup says why it failed"};

constexpr Subject kBreached{"breached_passwords",
                            "Who chooses or uses a leaked password is not told, and a restart fails.",
                            "sudo tenantctl breached import LIST && sudo systemctl reload tenantd"};

constexpr std::int64_t kScarcePercent = 10;
constexpr std::int64_t kPlentyBytes = std::int64_t{10} << 30;  // of however large a disk
constexpr std::int64_t kBackupSeconds = 26 * 3600;             // the timer runs once a day
constexpr std::int64_t kAheadSeconds = 3600;                   // of clocks that differ

std::string name_of(uid_t user) {
  const auto* entry = ::getpwuid(user);
  return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

// Whose services these are: the keys are theirs.
uid_t service_user(const Settings& settings) {
  struct stat found {};
  return ::stat(settings.keys_dir.c_str(), &found) == 0 ? found.st_uid : ::geteuid();
}

// As that user: root asks in a process of that user's, since its own rights are boundless.
bool may_use(const std::string& path, uid_t user, int rights) {
  if (user == ::geteuid()) return ::access(path.c_str(), rights) == 0;
  if (::geteuid() != 0)
    throw Unchecked("only root and " + name_of(user) + " can say whether it is " + name_of(user) + "'s");
  const auto* entry = ::getpwuid(user);
  const std::string name = entry == nullptr ? "" : entry->pw_name;
  const gid_t group = entry == nullptr ? user : entry->pw_gid;
  const pid_t child = ::fork();
  if (child < 0) throw Unchecked(std::string{"fork: "} + std::strerror(errno));
  if (child == 0) {
    const bool became = (name.empty() || ::initgroups(name.c_str(), group) == 0) && ::setgid(group) == 0 &&
                        ::setuid(user) == 0;
    ::_exit(became && ::access(path.c_str(), rights) == 0 ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string judge_folder(const Settings& settings, const char* key, const std::string& path, int rights) {
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) throw Fault(std::string{key} + ": there is no folder " + path);
  const auto user = service_user(settings);
  if (!may_use(path, user, rights))
    throw Fault(std::string{key} + ": " + name_of(user) + " may not " +
                    ((rights & W_OK) != 0 ? "write in " : "read ") + path,
                "sudo chown -R " + name_of(user) + ' ' + path + " && sudo chmod u+rwX " + path);
  return path + " is " + name_of(user) + "'s to " + ((rights & W_OK) != 0 ? "write in" : "read");
}

// The courier makes it with the first mail.
std::string judge_mail_folder(const Settings& settings) {
  fs::path path{settings.mail_dir};
  std::error_code unknown;
  while (!fs::exists(path, unknown) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return judge_folder(settings, "MAIL_DIR", path.string(), R_OK | W_OK | X_OK);
}

// nginx renames an upload from incoming/ to its place, which no two file systems allow.
std::string judge_incoming(const Settings& settings) {
  struct stat files {
  }, incoming{};
  const auto path = settings.files_dir + "/incoming";
  if (::stat(path.c_str(), &incoming) != 0)
    throw Fault("FILES_DIR: there is no folder " + path + " for uploads");
  if (::stat(settings.files_dir.c_str(), &files) == 0 && files.st_dev != incoming.st_dev)
    throw Fault(path + " is on another file system than " + settings.files_dir,
                "move it beside the files, and name it in nginx/files-dir.conf");
  return path + " takes uploads";
}

std::string judge_keys(const Examination& of) {
  const auto ring =
      hosts::checked_keys(of.settings, of.accounts.any_of({"app", "courier", "reporter", "sweeper"}));
  return std::to_string(ring.signing().size()) + " signing key(s) in " + of.settings.keys_dir +
         ", as the database knows them";
}

std::string judge_files(const Examination& of) {
  auto& db = of.accounts.any_of({"app"});
  const auto deployment = hosts::read_deployment(db);
  if (const auto fault = hosts::fault_of_files(of.settings, deployment.id, hosts::list_hosts(db)))
    throw Fault(*fault);
  if (of.settings.file_store != "local") return "in S3";
  return (of.settings.files_shared ? "shared, in " : "in ") + of.settings.files_dir;
}

std::string size_text(std::int64_t bytes) {
  if (bytes >= std::int64_t{1} << 30) return std::to_string(bytes >> 30) + " GiB";
  return std::to_string(bytes >> 20) + " MiB";
}

std::string judge_disk(const std::string& path) {
  struct statvfs system {};
  if (::statvfs(path.c_str(), &system) != 0 || system.f_blocks == 0)
    throw Unchecked(path + " cannot be asked", "run it as root: sudo tenantctl doctor");
  const auto free = static_cast<std::int64_t>(system.f_bavail) * static_cast<std::int64_t>(system.f_frsize);
  const auto percent = static_cast<std::int64_t>(system.f_bavail * 100 / system.f_blocks);
  const auto said = size_text(free) + " (" + std::to_string(percent) + " %) free for " + path;
  if (percent < kScarcePercent && free < kPlentyBytes) throw Fault("only " + said);
  return said;
}

std::string data_folder(Accounts& accounts) {
  auto rows = accounts.any_of({"app", "administrator"}).run_query("SELECT @@GLOBAL.datadir");
  return rows.next() ? rows.text(0) : "";
}

std::string judge_breached(const Settings& settings) {
  const auto& path = settings.breached_passwords;
  try {
    const crypto::BreachedPasswords list{path};
    const auto user = service_user(settings);
    if (!may_use(path, user, R_OK))
      throw Fault(name_of(user) + " may not read " + path, "sudo chmod a+r " + path);
    return std::to_string(list.count()) + " leaked passwords in " + path;
  } catch (const Fault&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw Fault(e.what());
  }
}

void examine_disks(const Examination& of) {
  const auto& s = of.settings;
  std::map<dev_t, std::string> disks;  // one line for each file system
  const auto note = [&](const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0) disks.emplace(found.st_dev, path);
  };
  if (s.file_store == "local") note(s.files_dir);
  note(s.keys_dir);
  if (s.mail_transport == "file") note(s.mail_dir);
  note("/var/log");
  for (const auto& [device, path] : disks)
    of.report.check(kDisk, [&path = path] { return judge_disk(path); });
  if (!s.db_host.empty()) return;
  of.report.check(kDisk, [&] { return judge_disk(data_folder(of.accounts)); });
}

std::string judge_backup(const Settings& settings) {
  if (settings.backup_dir.empty())
    throw Unchecked(
        "BACKUP_DIR names no folder: whether there is a backup, tenantd does not know",
        "set BACKUP_DIR and BACKUP_PASSPHRASE_FILE; sudo systemctl enable --now tenantd-backup.timer");
  const auto newest = newest_backup(settings.backup_dir);
  if (!newest) throw Fault("there is no whole backup in " + settings.backup_dir);
  const auto age = (now() - newest->made_at).count();
  const auto said = newest->path + " is " +
                    (age < kDay.count() ? std::to_string(age / 3600) + " h"
                                        : std::to_string(age / kDay.count()) + " days") +
                    " old";
  if (age < -kAheadSeconds)
    throw Fault("the newest backup, " + newest->path + ", is of the future: move it away");
  if (age > kBackupSeconds) throw Fault("the newest backup, " + said);
  return said;
}

}  // namespace

void examine_folders(const Examination& of) {
  const auto& s = of.settings;
  of.report.check(kKeys, [&] { return judge_keys(of); });
  of.report.check(kFolder, [&] { return judge_folder(s, "KEYS_DIR", s.keys_dir, R_OK | X_OK); });
  if (s.mail_transport == "file") of.report.check(kFolder, [&] { return judge_mail_folder(s); });
  of.report.check(kFiles, [&] { return judge_files(of); });
  if (s.file_store == "local") {
    of.report.check(kFolder, [&] { return judge_folder(s, "FILES_DIR", s.files_dir, R_OK | W_OK | X_OK); });
    of.report.check(kFolder, [&] { return judge_incoming(s); });
  }
  if (!s.breached_passwords.empty()) of.report.check(kBreached, [&] { return judge_breached(s); });
  examine_disks(of);
}

void examine_backups(const Examination& of) {
  of.report.check(kBackup, [&] { return judge_backup(of.settings); });
}

}  // namespace tenantd::ctl
