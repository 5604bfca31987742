#include "api/reference/postman_plan.hpp"

#include <stdexcept>

#include "tenantd/api/json.hpp"
#include "tenantd/base/embedded.hpp"

namespace tenantd::api {
namespace {

std::string_view file(std::string_view name) {
  for (const auto& known : embedded::postman())
    if (known.name == name) return known.text;
  throw std::logic_error("no file " + std::string{name} + " in src/api/reference/postman");
}

// Without the file's last line end: Postman shows a script line by line.
std::string script(const JsonValue& step, std::string_view when) {
  const auto name = json::text_of(step, when);
  if (name.empty()) return "";
  const auto text = file(name + ".js");
  return std::string{text.substr(0, text.size() - 1)};
}

Phase phase_of(const JsonValue& step) {
  const auto name = json::text_of(step, "phase");
  if (name == "opening") return Phase::opening;
  if (name == "closing") return Phase::closing;
  if (name.empty()) return Phase::middle;
  throw std::logic_error("steps.json knows no phase " + name);
}

std::optional<ErrorCode> refusal_of(const JsonValue& step) {
  const auto name = json::text_of(step, "refusal");
  if (name.empty()) return std::nullopt;
  if (const auto code = find_error(name)) return code;
  throw std::logic_error("steps.json names a refusal that there is not: " + name);
}

Step read_step(std::string_view row, const JsonValue& said) {
  const auto blank = row.find(' ');
  Step step{.method = http::parse_method(row.substr(0, blank)), .path = std::string{row.substr(blank + 1)}};
  step.phase = phase_of(said);
  step.refusal = refusal_of(said);
  step.why = json::text_of(said, "why");
  if (const auto* values = json::member(said, "values"))
    for (const auto& value : values->GetObject())
      step.values.emplace_back(json::view(value.name), json::view(value.value));
  const auto* kept = json::member(said, "kept");
  step.kept = kept == nullptr || kept->GetBool();
  step.before = script(said, "before");
  step.after = script(said, "after");
  return step;
}

}  // namespace

const std::vector<Step>& steps() {
  static const std::vector<Step> kSteps = [] {
    std::vector<Step> read;
    const auto document = json::read_object(file("steps.json"));
    for (const auto& row : document.value().GetObject())
      read.push_back(read_step(json::view(row.name), row.value));
    return read;
  }();
  return kSteps;
}

Step step_of(const Route& route) {
  Step step{.method = route.method, .path = std::string{route.path}};
  for (const auto& known : steps())
    if (known.method == route.method && known.path == route.path) step = known;
  if (route.method == Method::DELETE_ && step.phase == Phase::middle) step.phase = Phase::deletion;
  if (route.handler.access == Access::super && !step.refusal) {
    step.refusal = ErrorCode::forbidden;
    step.why = "The account that signed up is no super-admin.";
  }
  return step;
}

}  // namespace tenantd::api
