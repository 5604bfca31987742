#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/mail/transports.hpp"

namespace tenantd::mail {
namespace {

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

class FileTransport final : public Transport {
 public:
  explicit FileTransport(std::string dir) : dir_(std::move(dir)) {
    while (dir_.size() > 1 && dir_.back() == '/') dir_.pop_back();
  }

  Result send(const Message& message) override {
    try {
      make_folder(dir_);
      const std::string path = dir_ + '/' + file_name(message);
      // The process id keeps two couriers apart.
      const std::string temporary = path + '.' + std::to_string(::getpid()) + ".tmp";
      store(message, path, temporary);
      return {Outcome::sent, path, false, "file", message.message_id};
    } catch (const std::system_error& problem) {
      return {Outcome::retry, problem.what(), true};
    }
  }

 private:
  void store(const Message& message, const std::string& path, const std::string& temporary) const {
    try {
      {
        const auto file = opened(temporary, O_WRONLY | O_CREAT | O_TRUNC);
        if (!write_all(file, message.data)) fail("cannot write " + temporary);
        if (::fsync(file.get()) != 0) fail("cannot flush " + temporary);
      }
      if (::rename(temporary.c_str(), path.c_str()) != 0) fail("cannot rename " + temporary);
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
    // The rename itself must survive a power cut, since the outbox forgets the mail now.
    const auto folder = opened(dir_, O_RDONLY | O_DIRECTORY);
    if (::fsync(folder.get()) != 0) fail("cannot flush " + dir_);
  }

  std::string dir_;
};

}  // namespace

std::unique_ptr<Transport> make_file_transport(std::string dir) {
  return std::make_unique<FileTransport>(std::move(dir));
}

}  // namespace tenantd::mail
