// Request validation against the embedded JSON Schemas (schema/ beside the handlers), compiled once.
#pragma once

#include <memory>
#include <string_view>

#include "tenantd/api/json.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::api {

class Schemas {
 public:
  // Compiles every embedded schema. Throws std::runtime_error that names the one that is wrong.
  Schemas();
  ~Schemas();

  // Throws ApiError(validation_failed) with a JSON Pointer for each fault. Strings may hold no control
  // characters, except in passwords. Throws std::logic_error if there is no such schema.
  void check(std::string_view name, const JsonValue& document) const;

  // The same, and then brings the texts of `document` into the one form that is kept and looked for (NFC),
  // refusing names in which nothing can be seen.
  void take(std::string_view name, Json& document) const;

  // Returns the query as an object typed by the schema: integers and booleans where it says so. Throws
  // ApiError(validation_failed) with "?name" as the pointer for parameters it does not know or cannot read.
  Json check_query(std::string_view name, const http::Pairs& query) const;

  bool knows(std::string_view name) const;
  // The schema with its references expanded. Throws std::logic_error if there is none of this name.
  const JsonValue& document(std::string_view name) const;
  // True if a request may come without this body ("x-optional"), which then counts as {}.
  bool is_optional(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenantd::api
