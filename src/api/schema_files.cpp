#include "api/schema_files.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <vector>

#include "tenantd/api/described.hpp"
#include "tenantd/api/schema_texts.hpp"

namespace tenantd::api {
namespace {

std::vector<embedded::File> every_file() {
  // The files are views: their names stay for as long as the program runs.
  static std::deque<std::string> names;
  static const auto kOfScim = scim_schema_texts();
  const auto embedded = embedded::schemas();
  std::vector<embedded::File> files{embedded.begin(), embedded.end()};
  for (const auto* resource : described_resources())
    for (const auto& schema : resource->schemas)
      files.push_back({names.emplace_back(schema.name + ".json"), schema.text});
  for (const auto& schema : kOfScim)
    files.push_back({names.emplace_back(schema.name + ".json"), schema.text});
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

}  // namespace

std::span<const embedded::File> schema_files() {
  static const auto kFiles = every_file();
  return kFiles;
}

std::string_view schema_name(const embedded::File& file) { return file.name.substr(0, file.name.rfind('.')); }

std::string schema_of_reply(std::string_view name) { return "reply/" + std::string{name}; }

Json schema_document(std::string_view name) {
  for (const auto& file : schema_files()) {
    if (schema_name(file) != name) continue;
    auto document = json::read(file.text);
    if (!document) throw std::runtime_error("schema " + std::string{name} + " is not valid JSON");
    return *std::move(document);
  }
  throw std::runtime_error("there is no schema " + std::string{name});
}

}  // namespace tenantd::api
