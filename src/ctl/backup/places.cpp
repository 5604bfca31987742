#include "places.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "pipeline.hpp"
#include "sealed_file.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

namespace tenantd::ctl {
namespace {

namespace place_fs = std::filesystem;

constexpr const char* kNamePattern = "tenantd-%Y%m%dT%H%M%SZ";

// nullopt for what is no backup's name.
std::optional<TimePoint> time_of_name(const std::string& name) {
  std::tm parts{};
  const char* end = ::strptime(name.c_str(), kNamePattern, &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return from_unix(::timegm(&parts));
}

std::string sha256_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error(path + " cannot be read");
  crypto::Sha256 sum;
  std::string piece(kPieceBytes, '\0');
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    sum.add(std::string_view{piece}.substr(0, static_cast<std::size_t>(file.gcount())));
  }
  return to_hex(sum.digest());
}

}  // namespace

std::string backup_name(TimePoint time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> name{};
  std::strftime(name.data(), name.size(), kNamePattern, &parts);
  return name.data();
}

std::vector<BackupPlace> list_backups(const std::string& dir) {
  std::vector<BackupPlace> all;
  std::error_code unreadable;
  for (const auto& entry : place_fs::directory_iterator{dir, unreadable})
    if (const auto time = time_of_name(entry.path().filename().string());
        time && place_fs::exists(entry.path() / "manifest", unreadable))
      all.push_back({entry.path().string(), *time});
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.made_at > b.made_at; });
  return all;
}

std::optional<BackupPlace> newest_backup(const std::string& dir) {
  const auto all = list_backups(dir);
  return all.empty() ? std::nullopt : std::optional{all.front()};
}

std::string place_of_backup(const std::string& dir) {
  if (place_fs::exists(dir + "/manifest")) return dir;
  if (const auto newest = newest_backup(dir)) return newest->path;
  throw std::runtime_error("there is no whole backup in " + dir);
}

void remove_partial(const std::string& dir) {
  std::vector<std::string> found;
  for (const auto& entry : place_fs::directory_iterator{dir})
    if (const auto name = entry.path().filename().string();
        name.starts_with("tenantd-") && name.ends_with(kPartial))
      found.push_back(entry.path().string());
  for (const auto& path : found) place_fs::remove_all(path);
}

void verify_part(const OpenBackup& backup, const Part& part) {
  const auto path = backup.path_of(part);
  if (sha256_of_file(path) != part.sha256)
    throw std::runtime_error(path + " is damaged: its checksum is another");
  Pipeline unpacked{{{"gzip", "--test"}}, Pipeline::Direction::write};
  read_sealed(path, backup.key, backup.place_of(part),
              [&](std::string_view piece) { unpacked.write(piece); });
  unpacked.finish();
}

}  // namespace tenantd::ctl
