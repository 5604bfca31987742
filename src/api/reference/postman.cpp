#include "tenantd/api/postman.hpp"

#include <algorithm>
#include <set>

#include "api/reference/postman_plan.hpp"
#include "api/reference/postman_request.hpp"
#include "tenantd/base/version.hpp"

namespace tenantd::api {
namespace {

struct Folder {
  std::string name;
  std::vector<const Route*> rows;
};

// Sections in the table's order, but the one that signs up first.
std::vector<std::string_view> sections_in_order() {
  std::vector<std::string_view> sections;
  std::set<std::string_view> opening;
  for (const auto& route : routes()) {
    if (std::find(sections.begin(), sections.end(), route.section) == sections.end())
      sections.push_back(route.section);
    if (step_of(route).phase == Phase::opening) opening.insert(route.section);
  }
  std::stable_partition(sections.begin(), sections.end(),
                        [&](std::string_view section) { return opening.contains(section); });
  return sections;
}

void add_rows(Folder& folder, std::string_view section, Phase phase) {
  for (const auto& route : routes())
    if (route.section == section && step_of(route).phase == phase) folder.rows.push_back(&route);
}

// A folder a section; what ends things stands in folders of its own, after all the others.
std::vector<Folder> folders_in_order() {
  std::vector<Folder> folders;
  const auto sections = sections_in_order();
  for (const auto section : sections) {
    Folder folder{std::string{section}, {}};
    add_rows(folder, section, Phase::opening);
    add_rows(folder, section, Phase::middle);
    folders.push_back(std::move(folder));
  }
  for (const auto& [phase, word] : {std::pair{Phase::deletion, "deletions"}, {Phase::closing, "the end"}})
    for (const auto section : sections) {
      folders.push_back({std::string{section} + ": " + word, {}});
      add_rows(folders.back(), section, phase);
      // What was made last goes first: it may stand on the others.
      if (phase == Phase::deletion) std::reverse(folders.back().rows.begin(), folders.back().rows.end());
    }
  std::erase_if(folders, [](const Folder& folder) { return folder.rows.empty(); });
  return folders;
}

std::string join(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() > 1 ? ", " : "") + text;
  return out + ']';
}

// "/api/v1/users/" and "user_id", for the row "/api/v1/users/{user_id}".
struct Resource {
  std::string prefix;
  std::string variable;
};

std::vector<Resource> resources() {
  std::vector<Resource> found;
  std::set<std::string> seen;
  for (const auto& route : routes()) {
    const auto at = route.path.rfind('{');
    if (at == std::string_view::npos || route.path.back() != '}') continue;
    const std::string prefix{route.path.substr(0, at)};
    if (!seen.insert(prefix).second) continue;
    found.push_back({prefix, variable_of(route.path, route.path.substr(at + 1, route.path.size() - at - 2))});
  }
  return found;
}

// After every reply: its tokens and ids become the variables of the same names. A created resource is known
// by its Location; a list names one of its items where nothing was created.
std::string keeping_script() {
  std::vector<std::string> strangers;
  std::vector<std::string> variables;
  std::vector<std::string> lists;
  for (const auto& route : routes())
    if (!step_of(route).kept) strangers.push_back('\'' + request_name(route) + '\'');
  for (const auto& [prefix, variable] : resources()) {
    if (prefix.find('{') == std::string::npos) variables.push_back("['" + prefix + "', '" + variable + "']");
    lists.push_back("['GET " + prefix.substr(0, prefix.size() - 1) + "', '" + variable + "']");
  }
  return "const keep = (name, value) => { if (typeof value === 'string') pm.environment.set(name, value); "
         "};\n"
         "const kept = !" +
         join(strangers) +
         ".includes(pm.info.requestName);\n"
         "if (kept && pm.response.code < 300) {\n"
         "  const isJson = (pm.response.headers.get('Content-Type') || '').startsWith('application/json');\n"
         "  const reply = isJson ? pm.response.json() : {};\n"
         "  keep('access_token', reply.access_token);\n"
         "  keep('refresh_token', reply.refresh_token);\n"
         "  if (reply.access_token) {\n"
         "    keep('own_user_id', reply.user.id);\n"
         "    keep('org_id', reply.organization ? reply.organization.id : undefined);\n"
         "  }\n"
         "  const location = pm.response.headers.get('Location') || '';\n"
         "  for (const [prefix, name] of " +
         join(variables) +
         ") {\n"
         "    const id = location.startsWith(prefix) ? location.slice(prefix.length) : '';\n"
         "    if (/^[0-9a-f-]{36}$/.test(id)) keep(name, id);\n"
         "  }\n"
         "  for (const [list, name] of " +
         join(lists) +
         ") {\n"
         "    const known = pm.info.requestName !== list || pm.environment.get(name);\n"
         "    if (!known && reply.items && reply.items.length) keep(name, reply.items[reply.items.length - "
         "1].id);\n"
         "  }\n"
         "}";
}

// The names of {{variables}}, without Postman's own, which begin with a dollar sign.
std::set<std::string> variables_in(const std::string& text) {
  std::set<std::string> names;
  for (auto at = text.find("{{"); at != std::string::npos; at = text.find("{{", at + 2)) {
    const auto end = text.find("}}", at);
    if (end != std::string::npos && text[at + 2] != '$') names.insert(text.substr(at + 2, end - at - 2));
  }
  return names;
}

void put_variable(JsonOut& json, std::string_view name, std::string_view value) {
  const bool secret = name.ends_with("password") || name.ends_with("_token");
  json.begin_object()
      .field("key", name)
      .field("value", value)
      .field("type", secret ? "secret" : "default")
      .field("enabled", true)
      .end_object();
}

}  // namespace

std::string postman_collection() {
  JsonOut json;
  json.begin_object().key("info").begin_object();
  json.field("name", "tenantd").field("version", kVersion);
  json.field("description", "Every path, in an order in which all requests succeed one after another.");
  json.field("schema", "https://schema.getpostman.com/json/collection/v2.1.0/collection.json").end_object();
  json.key("auth").raw(
      R"({"type":"bearer","bearer":[{"key":"token","value":"{{access_token}}","type":"string"}]})");
  json.key("event").begin_array();
  put_script(json, "test", keeping_script());
  json.end_array().key("item").begin_array();
  for (const auto& folder : folders_in_order()) {
    json.begin_object().field("name", folder.name).key("item").begin_array();
    for (const auto* route : folder.rows) put_request_item(json, *route);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.text();
}

std::string postman_environment(const std::string& server) {
  auto names = variables_in(postman_collection());
  for (const char* given : {"base_url", "email", "password", "new_password"}) names.erase(given);
  JsonOut json;
  json.begin_object().field("name", "tenantd").key("values").begin_array();
  put_variable(json, "base_url", server);
  put_variable(json, "email", "ann@example.com");
  put_variable(json, "password", "plum orbit canyon 42");
  put_variable(json, "new_password", "seven lanterns over quiet water");
  for (const auto& name : names) put_variable(json, name, "");
  json.end_array().field("_postman_variable_scope", "environment").end_object();
  return json.text();
}

std::string postman_stale_steps() {
  std::string stale;
  for (const auto& step : steps()) {
    const auto is_row = [&](const Route& row) { return row.method == step.method && row.path == step.path; };
    if (std::none_of(routes().begin(), routes().end(), is_row))
      stale += std::string{http::method_name(step.method)} + ' ' + std::string{step.path} + '\n';
  }
  return stale;
}

}  // namespace tenantd::api
