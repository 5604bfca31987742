// The same outcome as others' software, on random filters and changes (tests/node/scim_oracle.mjs).
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

}  // namespace

Test(scim_oracle, ten_thousand_filters_and_changes_do_as_elsewhere, .timeout = 120) {
  const auto said = run_program({"node", setting("TENANTD_TOP") + "/tests/node/scim_oracle.mjs", "10000"}, {},
                                std::chrono::seconds{60});
  require_equal(said.status, 0, said.output);
  std::istringstream lines{said.output};
  std::size_t judged = 0;
  for (std::string line; std::getline(lines, line); ++judged) judge(line);
  require(judged > 15000, std::to_string(judged) + " lines");
}
