// Bodies whose members have another type than their schema says.
#include <criterion/criterion.h>

#include <set>

#include "api/schema_files.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd::test;

namespace {

rapidjson::Document schema_of(std::string_view name) {
  for (const auto& file : tenantd::api::schema_files())
    if (file.name == std::string{name} + ".json") {
      rapidjson::Document document;
      document.Parse(file.text.data(), file.text.size());
      return document;
    }
  throw std::runtime_error("no schema " + std::string{name});
}

// The types that a member may have: one, or an array of them.
std::set<std::string> types_of(const rapidjson::Value& schema) {
  const auto& type = schema["type"];
  if (type.IsString()) return {type.GetString()};
  std::set<std::string> types;
  for (const auto& each : type.GetArray()) types.insert(each.GetString());
  return types;
}

std::string with_id(std::string_view pattern, const std::string& org_id) {
  std::string path{pattern};
  if (const auto at = path.find("{org_id}"); at != std::string::npos) path.replace(at, 8, org_id);
  if (const auto at = path.find('{'); at != std::string::npos)
    path.replace(at, path.find('}') - at + 1, fresh_id());
  return path;
}

}  // namespace

Test(body_types, values_of_another_type_are_refused_with_their_place) {
  Unchanged database;
  Client client;
  struct Case {
    const char* body;
    const char* pointer;
  };
  for (const auto& [body, pointer] : {
           Case{R"({"email":1,"password":"x","organization_name":"x"})", "/email"},
           Case{R"({"email":null,"password":"x","organization_name":"x"})", "/email"},
           Case{R"({"email":["a@example.com"],"password":"x","organization_name":"x"})", "/email"},
           Case{R"({"email":"a@example.com","password":12345678,"organization_name":"x"})", "/password"},
           Case{R"({"email":"a@example.com","password":"x","organization_name":{}})", "/organization_name"},
           Case{R"({"email":"a@example.com","password":"x","organization_name":"x","profile":"{}"})",
                "/profile"},
           Case{R"({"email":"a@example.com","password":"x","organization_name":"x","profile":[]})",
                "/profile"},
           Case{R"({"email":"a@example.com","password":"x","organization_name":"x","organization":1})",
                "/organization"},
       }) {
    const auto reply = client.post("/signup", body);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  }
  for (const char* body : {"[]", "1", "\"x\"", "null", "true", "{}", "9223372036854775808", "1.5"})
    expect_problem(client.post("/signup", body), 422, "validation_failed");
  database.check("wrong types");
}

// Generated from the route table and the schemas, so that no member of any body is forgotten.
Test(body_types, every_member_of_every_body_refuses_every_other_type) {
  // Who may call every row.
  const auto owner = new_super_admin();
  Unchanged database;
  auto client = owner.client();
  std::size_t tried = 0;
  for (const auto& route : tenantd::api::routes()) {
    if (route.body.empty() || route.gate != nullptr) continue;  // a gate looks at no body
    const auto schema = schema_of(route.body);
    const std::string path = with_id(route.path, owner.org_id);
    for (const auto& property : schema["properties"].GetObject()) {
      const auto types = types_of(property.value);
      for (const auto& [name, value] :
           std::initializer_list<std::pair<std::string, const char*>>{{"string", "\"x\""},
                                                                      {"integer", "1"},
                                                                      {"number", "1.5"},
                                                                      {"integer", "9223372036854775808"},
                                                                      {"boolean", "true"},
                                                                      {"null", "null"},
                                                                      {"array", "[]"},
                                                                      {"array", "[\"x\"]"},
                                                                      {"array", "[[{}]]"},
                                                                      {"object", "{}"},
                                                                      {"object", "{\"x\":[1]}"}}) {
        if (types.contains(name)) continue;
        const auto body = std::string{"{\""} + property.name.GetString() + "\":" + value + '}';
        const auto reply = client.send(
            {std::string{tenantd::http::method_name(route.method)}, path, body, "application/json", {}});
        require(reply.status == 422, body + ": " + reply.describe());
        expect_problem(reply, 422, "validation_failed");
        require(reply.has("/errors/0/pointer"), "no errors in " + reply.describe());
        ++tried;
      }
    }
  }
  require(tried > 400, "only " + std::to_string(tried) + " cases");
  database.check("values of other types");
}
