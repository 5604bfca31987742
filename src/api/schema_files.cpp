#include "api/schema_files.hpp"

#include <stdexcept>

namespace tenantd::api {

std::string_view schema_name(const embedded::File& file) { return file.name.substr(0, file.name.rfind('.')); }

std::string schema_of_reply(std::string_view name) { return "reply/" + std::string{name}; }

Json schema_document(std::string_view name) {
  for (const auto& file : embedded::schemas()) {
    if (schema_name(file) != name) continue;
    auto document = json::read(file.text);
    if (!document) throw std::runtime_error("schema " + std::string{name} + " is not valid JSON");
    return *std::move(document);
  }
  throw std::runtime_error("there is no schema " + std::string{name});
}

}  // namespace tenantd::api
