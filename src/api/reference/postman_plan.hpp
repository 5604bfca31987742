// What the Postman collection must know of single rows (src/api/reference/postman/: steps.json, and the
// scripts that it names). A row that does not stand there is sent in its place in the table, with the first
// example of its schema, and is expected to succeed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenantd/api/route.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api {

// When a row is sent. Deletions come late by themselves.
enum class Phase { opening, middle, deletion, closing };

struct Step {
  Method method;
  std::string path;
  Phase phase = Phase::middle;
  // The refusal that is expected instead of success, and why.
  std::optional<ErrorCode> refusal = {};
  std::string why = {};
  // Members of the body, and parts of the path by their names, that are not those of the example.
  std::vector<std::pair<std::string, std::string>> values = {};
  // False: what the reply names is somebody else's, and no variable takes it.
  bool kept = true;
  // JavaScript before the request, and after its success.
  std::string before = {};
  std::string after = {};
};

const std::vector<Step>& steps();

// The row's step, or one that asks for nothing.
Step step_of(const Route& route);

}  // namespace tenantd::api
