// Where the ids of a name are listed, as the route table has it.
#include <algorithm>
#include <array>

#include "tenantd/api/json.hpp"
#include "tenantd/api/route.hpp"

namespace tenantd::api {
namespace {

// Names of one thing's ids that differ from its part of a path; "": ids that another system gives out.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOtherNames{
    {{"actor", "user_id"},
     {"azure_tenant_id", ""},
     {"owner_id", "user_id"},
     {"requested_by", "user_id"},
     {"to_warehouse_id", "warehouse_id"},
     {"user_ids", "user_id"}}};

std::string_view part_named(std::string_view name) {
  const auto* other = std::find_if(kOtherNames.begin(), kOtherNames.end(),
                                   [&](const auto& pair) { return pair.first == name; });
  return other == kOtherNames.end() ? name : other->second;
}

// "/api/v1/roles" for role_id: the path of a list whose rows have a path of their own. Empty if there is
// none.
std::string_view list_of(std::string_view name) {
  const auto part = part_named(name);
  if (part.empty()) return {};
  const std::string ending = "/{" + std::string{part} + '}';
  for (const auto& row : routes()) {
    if (row.method != Method::GET || !row.path.ends_with(ending)) continue;
    const auto list = row.path.substr(0, row.path.size() - ending.size());
    const auto is_list = [&](const Route& other) {
      return other.method == Method::GET && other.path == list;
    };
    if (std::any_of(routes().begin(), routes().end(), is_list)) return list;
  }
  return {};
}

}  // namespace

std::string id_words(std::string_view name) {
  const auto list = list_of(name);
  if (list.empty()) return "must be a UUID";
  return "must be a UUID: an id that GET " + std::string{list} + " lists";
}

}  // namespace tenantd::api
