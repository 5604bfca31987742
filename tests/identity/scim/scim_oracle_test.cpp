// The same outcome as others' software, on random filters and changes (tests/node/scim_oracle.mjs,
// scimmy_oracle.mjs).
#include <criterion/criterion.h>

#include <sstream>

#include "identity/scim/patch.hpp"
#include "support/check.hpp"
#include "support/processes.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

json::Document after_operations(const json::Value& line) {
  json::Document resource;
  resource.CopyFrom(line["resource"], resource.GetAllocator());
  json::Document body{rapidjson::kObjectType};
  body.AddMember("Operations", json::Value{line["operations"], body.GetAllocator()}, body.GetAllocator());
  scim::apply_patch(resource, scim::read_patch(body, scim::kUser), scim::kUser);
  return resource;
}

void judge(const std::string& text) {
  const auto line = json::read(text);
  require(line.has_value(), "no JSON: " + text);
  if (const auto* filter = json::find(*line, "filter")) {
    const auto read = scim::read_filter(json::view(*filter), scim::kUser);
    require(scim::fits(*read, (*line)["resource"], scim::kUser) == (*line)["fits"].IsTrue(), text);
    return;
  }
  std::string outcome = "null";
  try {
    const auto after = after_operations(*line);
    if (after == (*line)["after"]) return;
    outcome = json::compact(after);
  } catch (const scim::Refusal& refusal) {
    if ((*line)["after"].IsNull()) return;
    outcome = std::string{refusal.type()};
  }
  throw std::runtime_error(text + "\n  here: " + outcome);
}

// Judges all that the script says; returns how many lines of filters and of changes there were.
std::pair<std::size_t, std::size_t> judge_all(const std::string& script, const std::string& count) {
  const auto said = run_program({"node", setting("TENANTD_TOP") + "/tests/node/" + script, count}, {},
                                std::chrono::seconds{100});
  require_equal(said.status, 0, said.output);
  std::istringstream lines{said.output};
  std::size_t filters = 0, changes = 0;
  for (std::string line; std::getline(lines, line);) {
    judge(line);
    ++(line.find("\"filter\":") == std::string::npos ? changes : filters);
  }
  return {filters, changes};
}

}  // namespace

Test(scim_oracle, ten_thousand_filters_and_changes_do_as_elsewhere, .timeout = 120) {
  const auto [filters, changes] = judge_all("scim_oracle.mjs", "10000");
  require_equal(filters, 10000U, "filters");
  require(changes > 5000, std::to_string(changes) + " changes");
}

// And as the RFC says where scimmy departs from it.
Test(scim_oracle, ten_thousand_filters_and_changes_do_as_with_scimmy, .timeout = 120) {
  const auto [filters, changes] = judge_all("scimmy_oracle.mjs", "10000");
  require(filters > 10000 && changes > 10000, std::to_string(filters) + ", " + std::to_string(changes));
}
