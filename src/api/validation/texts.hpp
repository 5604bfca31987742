// Texts for people, by the schema's `format`: "name" must show something, where it is not empty, and is kept
// in NFC; "text" is kept in NFC; "profile" is free-form: all its texts are kept in NFC, and its names show
// something. What is kept in one form is also looked for in it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tenantd/api/json.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {

class Texts {
 public:
  // Of a schema whose references are expanded and whose formats have moved to kFormatMember.
  explicit Texts(const JsonValue& schema);

  // Changes `value`, which the schema has passed, and adds a fault for each text that cannot stay.
  void tidy(JsonValue& value, Json::AllocatorType& memory, const std::string& pointer, ApiError& error) const;

 private:
  enum class Kind { none, text, name, profile };
  void tidy_text(JsonValue& value, Json::AllocatorType& memory, const std::string& pointer,
                 ApiError& error) const;

  Kind kind_ = Kind::none;
  std::optional<std::int64_t> max_length_;
  std::map<std::string, Texts, std::less<>> properties_;
  std::unique_ptr<Texts> items_;
  bool has_any_ = false;  // here or below
};

}  // namespace tenantd::api
