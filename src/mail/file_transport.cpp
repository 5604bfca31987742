#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/mail/transports.hpp"

namespace tenantd::mail {
namespace {

constexpr std::size_t kFlushers = 8;  // beside the courier's other threads well below its TasksMax

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Descriptor opened(const std::string& path, int flags) {
  auto file = open_file(path, flags, 0600);
  if (!file) fail("cannot open " + path);
  return file;
}

// "20261121T033140Z-<message id>.eml": sorts by time, and holds nothing that a path could trip over.
std::string file_name(const Message& message) {
  const auto day = std::chrono::floor<std::chrono::days>(message.date);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{message.date - day};
  std::array<char, 64> time{};
  std::snprintf(time.data(), time.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string name = std::string{time.data()} + '-' + message.message_id;
  for (char& c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!plain && c != '-' && c != '.' && c != '@') c = '_';
  }
  return name + ".eml";
}

void make_folder(const std::string& dir) {
  if (std::filesystem::is_directory(dir)) return;
  const auto parent = std::filesystem::path{dir}.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent);
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) fail("cannot make the folder " + dir);
}

// Removes what a courier left behind that was killed before it gave its files their names: those mails are
// sent again. A batch takes moments, so that nobody works any more on what is an hour old.
void sweep(const std::string& dir) {
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours{1};
  std::error_code ignored;  // somebody else removes them, too
  for (const auto& entry : std::filesystem::directory_iterator{dir})
    if (entry.path().extension() == ".tmp" &&
        entry.path().stem().string().find(".eml.") != std::string::npos &&
        entry.last_write_time(ignored) < old)
      std::filesystem::remove(entry.path(), ignored);
}

class FileTransport final : public Transport {
 public:
  explicit FileTransport(std::string dir) : dir_(std::move(dir)) {
    while (dir_.size() > 1 && dir_.back() == '/') dir_.pop_back();
  }

  ~FileTransport() override { discard(); }
  FileTransport(const FileTransport&) = delete;
  FileTransport& operator=(const FileTransport&) = delete;

  Result send(const Message& message) override {
    try {
      make_folder(dir_);
      if (!std::exchange(is_swept_, true)) sweep(dir_);
      const std::string path = dir_ + '/' + file_name(message);
      write(path, message.data);
      return {Outcome::sent, path, false, "file", message.message_id};
    } catch (const std::system_error& problem) {
      return {Outcome::retry, problem.what(), true};
    }
  }

  std::optional<Result> settle() override {
    if (written_.empty()) return std::nullopt;
    try {
      flush();
      for (const auto& file : written_)
        if (::rename(file.temporary.c_str(), file.path.c_str()) != 0) fail("cannot rename " + file.temporary);
      // The names themselves must survive a power cut, since the outbox forgets the mails now.
      const auto folder = opened(dir_, O_RDONLY | O_DIRECTORY);
      if (::fsync(folder.get()) != 0) fail("cannot flush " + dir_);
      written_.clear();
      return std::nullopt;
    } catch (const std::system_error& problem) {
      discard();
      return Result{Outcome::retry, problem.what(), true};
    }
  }

 private:
  struct Written {
    Descriptor file;
    std::string temporary, path;
  };

  void write(const std::string& path, std::string_view bytes) {
    // The process id keeps two couriers apart, the number two tries at one mail.
    std::string temporary =
        path + '.' + std::to_string(::getpid()) + '-' + std::to_string(written_.size()) + ".tmp";
    auto file = opened(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!write_all(file, bytes)) {
      const std::string what = "cannot write " + temporary;
      const int error = errno;
      ::unlink(temporary.c_str());
      throw std::system_error(error, std::generic_category(), what);
    }
    written_.push_back({std::move(file), std::move(temporary), path});
  }

  // The disk gets all of them before the first is waited for: the file system then writes its journal once
  // and not once a file. After that each flush empties the disk's cache, and flushes that are asked for at
  // the same time share one. syncfs() would wait for what other programs have written, too.
  void flush() const {
    for (const auto& written : written_)
      ::sync_file_range(written.file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);  // a hint: fdatasync() counts
    std::atomic<std::size_t> next{0};
    std::atomic<int> error{0};
    const auto flush_some = [&] {
      for (auto i = next++; i < written_.size(); i = next++)
        if (::fdatasync(written_[i].file.get()) != 0) error = errno;
    };
    {
      std::vector<std::jthread> helpers;
      while (helpers.size() + 1 < std::min(kFlushers, written_.size())) helpers.emplace_back(flush_some);
      flush_some();
    }
    errno = error;
    if (error != 0) fail("cannot flush the mails in " + dir_);
  }

  void discard() noexcept {
    for (const auto& written : written_) ::unlink(written.temporary.c_str());
    written_.clear();
  }

  std::string dir_;
  bool is_swept_ = false;
  std::vector<Written> written_;
};

}  // namespace

std::unique_ptr<Transport> make_file_transport(std::string dir) {
  return std::make_unique<FileTransport>(std::move(dir));
}

}  // namespace tenantd::mail
