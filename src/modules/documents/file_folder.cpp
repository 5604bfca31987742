#include "tenantd/modules/documents/file_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kKeyBytes = 32;

[[noreturn]] void fail(const std::string& path) {
  throw ApiError(ErrorCode::unavailable).detail(path + ": " + std::generic_category().message(errno));
}

void flush_folder(const std::string& path) {
  const auto folder = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder || ::fsync(folder.get()) != 0) fail(path);
}

// Open to the group, which nginx is in, whatever the process's mask says.
void make_folder(const std::string& path, const std::string& parent) {
  if (::mkdir(path.c_str(), 0770) != 0) {
    if (errno != EEXIST) fail(path);
    return;
  }
  if (::chmod(path.c_str(), 0770) != 0) fail(path);
  flush_folder(parent);
}

// The time of the last change of any kind: that of the content is the client's to choose (Date).
bool is_older(const std::string& path, TimePoint before) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         found.st_ctim.tv_sec < unix_seconds(before);
}

// Regular files right below `path`; none if it is not there.
template <class Found>
void each_file(const std::string& path, Found&& found) {
  std::error_code ignored;
  for (fs::directory_iterator at{path, ignored}, end; at != end; at.increment(ignored)) {
    found(*at);
    if (ignored) return;
  }
}

}  // namespace

std::string new_storage_key() { return to_hex(crypto::random_bytes(kKeyBytes)); }

std::string FileFolder::relative_path_of(std::string_view key) {
  const std::string name{key};
  return '/' + name.substr(0, 2) + '/' + name.substr(2, 2) + '/' + name;
}

bool FileFolder::take(std::string_view key) const {
  const auto outer = dir_ + '/' + std::string{key.substr(0, 2)};
  const auto inner = outer + '/' + std::string{key.substr(2, 2)};
  make_folder(outer, dir_);
  make_folder(inner, outer);
  const auto path = path_of(key);
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0640);
  if (!file && errno == EEXIST) return false;
  if (!file) fail(path);
  return true;
}

std::optional<std::int64_t> FileFolder::size_of(std::string_view key) const {
  struct stat found {};
  const auto path = path_of(key);
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(path);
  }
  if (!S_ISREG(found.st_mode)) return std::nullopt;
  return found.st_size;
}

std::optional<std::string> FileFolder::hash_of(std::string_view key) const {
  const auto path = path_of(key);
  const auto file = open_file(path, O_RDONLY | O_NOFOLLOW);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) fail(path);
  // It is read once, and what it pushes out of the cache is not.
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  // nginx has renamed what the kernel may still have to write: it is said to be stored only when it is.
  if (::fsync(file.get()) != 0) fail(path);
  flush_folder(fs::path{path}.parent_path());
  crypto::Sha256 hash;
  std::string piece(kPiece, '\0');
  for (;;) {
    const auto count = ::read(file.get(), piece.data(), piece.size());
    if (count == 0) return hash.digest();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path);
    hash.add({piece.data(), static_cast<std::size_t>(count)});
  }
}

bool FileFolder::copy_to(std::string_view key, const std::string& path) const {
  return size_of(key) && fs::copy_file(path_of(key), path);
}

bool FileFolder::remove(std::string_view key) const {
  return ::unlink(path_of(key).c_str()) == 0 || errno == ENOENT;
}

void FileFolder::each_old(int slice, TimePoint before,
                          const std::function<void(const std::string& key)>& found) const {
  const std::string digits{static_cast<char>(slice)};
  each_file(dir_ + '/' + to_hex(digits), [&](const fs::directory_entry& inner) {
    each_file(inner.path(), [&](const fs::directory_entry& file) {
      if (is_older(file.path(), before)) found(file.path().filename());
    });
  });
}

std::int64_t FileFolder::remove_unfinished(TimePoint before) const {
  std::int64_t removed = 0;
  each_file(dir_ + "/incoming", [&](const fs::directory_entry& file) {
    if (is_older(file.path(), before) && ::unlink(file.path().c_str()) == 0) ++removed;
  });
  return removed;
}

}  // namespace tenantd::service
