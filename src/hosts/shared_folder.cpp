#include "tenantd/hosts/shared_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tenantd/base/descriptor.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::hosts {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kStale{1};

[[noreturn]] void fail(const std::string& path) {
  throw std::runtime_error(path + ": " + std::generic_category().message(errno));
}

// Of two that write at once, one is first, and both read that one.
void write_once(const std::string& path, const std::string& text) {
  const auto file = open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0640);
  if (!file && errno == EEXIST) return;
  if (!file || !write_all(file, text)) fail(path);
}

void remove_stale(const std::string& dir, const std::vector<HostId>& alive) {
  std::error_code ignored;
  for (fs::directory_iterator at{dir, ignored}, end; at != end; at.increment(ignored)) {
    const auto id = HostId::parse(at->path().filename().string());
    const bool is_alive = id && std::ranges::find(alive, *id) != alive.end();
    const auto written = fs::last_write_time(at->path(), ignored);
    if (id && !is_alive && written < fs::file_time_type::clock::now() - kStale)
      fs::remove(at->path(), ignored);
    if (ignored) return;
  }
}

}  // namespace

std::string SharedFolder::deployment() const {
  std::ifstream file{dir_ + "/deployment"};
  std::string line;
  std::getline(file, line);
  return std::string{trim(line)};
}

void SharedFolder::mark(const std::string& deployment, const HostId& self,
                        const std::vector<HostId>& alive) const {
  write_once(dir_ + "/deployment", deployment + '\n');
  const auto hosts = dir_ + "/hosts";
  if (::mkdir(hosts.c_str(), 0750) != 0 && errno != EEXIST) fail(hosts);
  write_once(hosts + '/' + self.str(), "");
  remove_stale(hosts, alive);
}

void SharedFolder::unmark(const HostId& self) const noexcept {
  std::error_code ignored;
  fs::remove(dir_ + "/hosts/" + self.str(), ignored);
}

bool SharedFolder::is_marked_by(const HostId& host) const {
  std::error_code ignored;
  return fs::exists(dir_ + "/hosts/" + host.str(), ignored);
}

std::string files_of(const Settings& settings) {
  if (settings.file_store != "local") return "s3";
  return settings.files_shared ? "shared" : "local";
}

std::string deployment_of_files(const Settings& settings) {
  return settings.file_store == "local" ? SharedFolder{settings.files_dir}.deployment() : "";
}

namespace {

std::optional<std::string> fault_beside(const Settings& settings, const Host& other) {
  const bool is_local = settings.file_store == "local", other_is_local = other.files != "s3";
  if (is_local != other_is_local)
    return "FILE_STORE=" + settings.file_store + ", but " + other.name + " keeps documents' files in " +
           (other_is_local ? "its FILES_DIR" : "S3") + ": all hosts of a database keep them in one place";
  if (!is_local) return std::nullopt;
  if (!settings.files_shared)
    return other.name +
           " runs on this database too, and would not have the files that are uploaded here: set "
           "FILE_STORE=s3, or share FILES_DIR among the hosts and set FILES_SHARED=true on each";
  if (!SharedFolder{settings.files_dir}.is_marked_by(other.id))
    return "FILES_SHARED=true, but " + settings.files_dir + " is not the folder that " + other.name +
           " has: " + settings.files_dir + "/hosts/" + other.id.str() + " is not there";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> fault_of_files(const Settings& settings, const std::string& deployment,
                                          const std::vector<Host>& hosts) {
  if (const auto marked = deployment_of_files(settings); !marked.empty()) {
    if (!deployment.empty() && marked != deployment)
      return settings.files_dir + " holds the files of another database (" + marked + ", this one is " +
             deployment + "): set FILES_DIR, or remove " + settings.files_dir +
             "/deployment if the files are those of this database";
  }
  const auto own_name = host_name(settings);
  for (const auto& host : hosts) {
    if (!host.is_alive() || host.name == own_name || host.files.empty()) continue;
    if (auto fault = fault_beside(settings, host)) return fault;
  }
  return std::nullopt;
}

}  // namespace tenantd::hosts
