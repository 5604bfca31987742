#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/db/migrate.hpp"

namespace tenantd::db {
namespace {

constexpr std::string_view kBaseline = "baseline_";
constexpr std::int64_t kFirstThatSays = 20;
constexpr std::string_view kServes = "\n-- Serves programs from ";

// "0011_name.sql": 11; nullopt for a file that is no migration.
std::optional<std::int64_t> number_of(const std::string& file) {
  if (file.size() < 10 || file[4] != '_' || !file.ends_with(".sql")) return std::nullopt;
  return parse_int(file.substr(0, 4));
}

template <class Take>
void each_file(const std::string& dir, Take&& take) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error))
    take(entry.path().filename().string(), entry.path().string());
  if (error) throw std::runtime_error(dir + " cannot be read: set SQL_DIR to the folder of the migrations");
}

}  // namespace

std::vector<Migration> find_migrations(const std::string& dir) {
  std::vector<Migration> found;
  each_file(dir, [&](const std::string& file, const std::string& path) {
    if (const auto number = number_of(file))
      found.push_back({*number, file.substr(5, file.size() - 9), path});
  });
  if (found.empty()) throw std::runtime_error(dir + " holds no migrations: set SQL_DIR to their folder");
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  const auto twice = std::adjacent_find(found.begin(), found.end(),
                                        [](const auto& a, const auto& b) { return a.version == b.version; });
  if (twice != found.end()) throw std::runtime_error("two migrations have the number of " + twice->path);
  return found;
}

std::optional<Migration> find_baseline(const std::string& dir) {
  std::optional<Migration> newest;
  each_file(dir, [&](const std::string& file, const std::string& path) {
    if (!file.starts_with(kBaseline) || !file.ends_with(".sql")) return;
    const auto number = parse_int(file.substr(kBaseline.size(), file.size() - kBaseline.size() - 4));
    if (number && (!newest || *number > newest->version)) newest = Migration{*number, "baseline", path};
  });
  return newest;
}

std::optional<std::int64_t> serves_from(const Migration& migration) {
  if (migration.version < kFirstThatSays) return 0;
  std::ifstream in{migration.path, std::ios::binary};
  if (!in) throw std::runtime_error(migration.path + " cannot be read");
  const std::string text = '\n' + std::string{std::istreambuf_iterator<char>{in}, {}};
  const auto at = text.find(kServes);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + kServes.size();
  return parse_int(text.substr(begin, text.find_first_not_of("0123456789", begin) - begin));
}

}  // namespace tenantd::db
