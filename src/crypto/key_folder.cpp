#include "key_folder.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "signing_key.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::crypto {
namespace {

constexpr std::size_t kMaxFileBytes = 65536;

std::string parent_of(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  return parent.empty() ? "." : parent.string();
}

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

[[noreturn]] void throw_unreadable(const std::string& path) {
  if (errno == ENOENT) throw std::runtime_error(path + " is missing: run `tenantctl keys create`");
  throw_errno(path + " cannot be read");
}

std::string group_name(gid_t id) {
  std::array<char, 4096> memory{};
  group entry{};
  group* found = nullptr;
  const bool named = ::getgrgid_r(id, &entry, memory.data(), memory.size(), &found) == 0 && found != nullptr;
  return named ? found->gr_name : std::to_string(id);
}

// nginx is in the group that may reach the sockets: a group is not nobody.
void refuse_others(const std::string& path, const struct stat& status) {
  const auto refuse = [&](const std::string& whom, const char* mode) {
    throw std::runtime_error(path + " is open to " + whom + ": run `chmod " + mode + ' ' + path +
                             "` and make new keys if others may have read them");
  };
  if ((status.st_mode & S_IRWXO) != 0) refuse("every user of this host", "go-rwx");
  if ((status.st_mode & S_IRWXG) != 0) refuse("the group \"" + group_name(status.st_gid) + '"', "g-rwx");
}

void check_directory(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_unreadable(path);
  if (!S_ISDIR(status.st_mode))
    throw std::runtime_error(path + " is not a folder: run `tenantctl keys create`");
  refuse_others(path, status);
}

void sync_directory(const std::string& path) {
  const auto fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!fd || ::fsync(fd.get()) != 0) throw_errno(path + " cannot be synchronized");
}

// What root makes belongs to the owner of the folder it is made in, so that the service can read it.
void give_to_owner_of(const std::string& directory, const std::string& path) {
  if (::geteuid() != 0) return;
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || ::lchown(path.c_str(), status.st_uid, status.st_gid) != 0)
    throw_errno(path + " cannot be given to the owner of its folder");
}

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0)
    give_to_owner_of(parent_of(path), path);
  else if (errno != EEXIST)
    throw_errno(path + " cannot be made");
}

}  // namespace

KeyFolder::KeyFolder(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

void KeyFolder::make() const {
  std::filesystem::create_directories(parent_of(path_));
  make_directory(path_);
  make_directory(at("signing"));
}

void KeyFolder::check() const {
  check_directory(path_);
  check_directory(at("signing"));
}

bool KeyFolder::has(const std::string& name) const {
  struct stat status {};
  if (::stat(at(name).c_str(), &status) == 0) return true;
  if (errno != ENOENT) throw_errno(at(name) + " cannot be read");
  return false;
}

Secret KeyFolder::read(const std::string& name) const {
  const std::string path = at(name);
  const auto fd = open_file(path, O_RDONLY);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) throw_unreadable(path);
  refuse_others(path, status);
  std::string content(kMaxFileBytes + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const ssize_t count = ::read(fd.get(), content.data() + length, content.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  const Secret whole{std::move(content)};
  if (length > kMaxFileBytes) throw std::runtime_error(path + " is no key: it exceeds 64 KiB");
  return Secret{whole.reveal().substr(0, length)};
}

void KeyFolder::write(const std::string& name, const Secret& content) const {
  const std::string path = at(name);
  const std::string directory = parent_of(path);
  const std::string temporary = directory + "/.new-" + to_hex(random_bytes(8));
  const auto fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!fd) throw_errno(temporary + " cannot be made");
  try {
    if (!write_all(fd, content.reveal())) throw_errno(temporary + " cannot be written");
    give_to_owner_of(directory, temporary);
    if (::fsync(fd.get()) != 0) throw_errno(temporary + " cannot be synchronized");
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno(path + " cannot be replaced");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_directory(directory);
}

void KeyFolder::remove(const std::string& name) const {
  if (::unlink(at(name).c_str()) != 0) throw_errno(at(name) + " cannot be removed");
  sync_directory(parent_of(at(name)));
}

std::vector<std::string> KeyFolder::kids(std::string_view ending) const {
  std::vector<std::string> kids;
  for (const auto& entry : std::filesystem::directory_iterator{at("signing")}) {
    const std::string name = entry.path().filename();
    if (name.starts_with('.') || !name.ends_with(ending)) continue;
    kids.push_back(name.substr(0, name.size() - ending.size()));
    if (!is_kid(kids.back()))
      throw std::runtime_error(entry.path().string() + " has a name that no key can have");
  }
  std::ranges::sort(kids);
  return kids;
}

KeyFolderLock::KeyFolderLock(const std::string& path) : folder_(open_file(path, O_RDONLY)) {
  if (!folder_) throw_unreadable(path);
  while (::flock(folder_.get(), LOCK_EX) != 0)
    if (errno != EINTR) throw_errno(path + " cannot be locked");
}

}  // namespace tenantd::crypto
