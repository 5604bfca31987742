#include "tenantd/api/openapi.hpp"

#include <criterion/criterion.h>
#include <rapidjson/pointer.h>

#include <set>
#include <string>

#include "support/check.hpp"
#include "tenantd/api/refusals.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

const rapidjson::Document& document() {
  static const auto parsed = [] {
    rapidjson::Document made;
    made.Parse(api::openapi_json("https://accounts.example.com"));
    require(!made.HasParseError() && made.IsObject(), "the document is JSON");
    return made;
  }();
  return parsed;
}

const rapidjson::Value* find(const std::string& pointer) {
  return rapidjson::Pointer{pointer.c_str()}.Get(document());
}

std::string escaped(std::string_view path) {
  std::string out;
  for (const char c : path) out += c == '/' ? "~1" : std::string{c};
  return out;
}

const rapidjson::Value& operation(const api::Route& route) {
  const auto* found =
      find("/paths/" + escaped(route.path) + '/' + ascii_lower(http::method_name(route.method)));
  require(found != nullptr, std::string{route.path});
  return *found;
}

template <class Visit>
void each_value(const rapidjson::Value& value, const Visit& visit) {
  visit(value);
  if (value.IsArray())
    for (const auto& item : value.GetArray()) each_value(item, visit);
  if (value.IsObject())
    for (const auto& item : value.GetObject()) each_value(item.value, visit);
}

// The parameters of one kind, references followed.
std::set<std::string> parameters(const api::Route& route, const std::string& in) {
  std::set<std::string> names;
  for (const auto& item : operation(route)["parameters"].GetArray()) {
    const auto* parameter =
        item.HasMember("$ref") ? find(std::string{item["$ref"].GetString()}.substr(1)) : &item;
    if ((*parameter)["in"] == in.c_str()) names.insert((*parameter)["name"].GetString());
  }
  return names;
}

}  // namespace

Test(openapi, every_row_is_there_once_and_nothing_else) {
  std::size_t operations = 0;
  for (const auto& path : document()["paths"].GetObject()) operations += path.value.MemberCount();
  require_equal(operations, api::routes().size());
  for (const auto& route : api::routes()) {
    const auto& row = operation(route);
    require_equal(std::string{row["summary"].GetString()}, route.summary);
    require(row["tags"][0] == std::string{route.section}.c_str(), std::string{route.path});
    require(row["deprecated"].IsFalse(), std::string{route.path});
  }
}

Test(openapi, every_reference_leads_somewhere_and_every_component_is_used) {
  std::set<std::string> used;
  each_value(document(), [&](const rapidjson::Value& value) {
    // SCIM has an attribute of that name.
    if (!value.IsObject() || !value.HasMember("$ref") || !value["$ref"].IsString()) return;
    const std::string reference = value["$ref"].GetString();
    require(find(reference.substr(1)) != nullptr, reference);
    used.insert(reference);
  });
  for (const auto& kind : document()["components"].GetObject()) {
    if (kind.name == "securitySchemes") continue;
    for (const auto& component : kind.value.GetObject()) {
      const auto name =
          std::string{"#/components/"} + kind.name.GetString() + '/' + component.name.GetString();
      require(used.contains(name), name);
    }
  }
}

namespace {

// What SCIM's rows take has the schema of a reply, or one that stands among those.
void expect_scim_body(const api::Schemas& schemas, const api::Route& route) {
  for (const char* media : {"application/scim+json", "application/json"}) {
    const auto& content = operation(route)["requestBody"]["content"][media];
    const std::string reference = content["schema"]["$ref"].GetString();
    const auto name = "reply/" + reference.substr(reference.rfind('/') + 1);
    require(!content["examples"].ObjectEmpty(), std::string{route.path});
    for (const auto& example : content["examples"].GetObject()) schemas.check(name, example.value["value"]);
  }
}

}  // namespace

Test(openapi, every_body_has_examples_and_each_fits_its_schema) {
  const api::Schemas schemas;
  for (const auto& route : api::routes()) {
    const bool of_scim = api::takes_scim_body(route.also, route.method);
    require_equal(operation(route).HasMember("requestBody"), !route.body.empty() || of_scim,
                  std::string{route.path});
    if (of_scim) expect_scim_body(schemas, route);
    if (route.body.empty()) continue;
    const auto& content = operation(route)["requestBody"]["content"];
    require_equal(content.HasMember("application/x-www-form-urlencoded"),
                  route.also == api::AlsoTakes::form || route.also == api::AlsoTakes::oauth);
    require_equal(content.HasMember("text/plain"), route.also == api::AlsoTakes::text);
    require_equal(content.HasMember("text/csv"), route.also == api::AlsoTakes::csv);
    require(content["application/json"].HasMember("examples"),
            "schema/" + std::string{route.body} + ".json has no examples");
    for (const auto& example : content["application/json"]["examples"].GetObject())
      schemas.check(route.body, example.value["value"]);
  }
}

Test(openapi, security_says_who_may_call) {
  for (const auto& route : api::routes()) {
    const auto& security = operation(route)["security"];
    require_equal(security.Empty(), route.handler.access == api::Access::anyone, std::string{route.path});
    const bool takes_session = route.handler.user_ != nullptr || route.handler.super_ != nullptr ||
                               route.handler.tenant_with_session_ != nullptr;
    if (!security.Empty()) require_equal(security.Size(), takes_session ? 1U : 2U, std::string{route.path});
    require_equal(operation(route).HasMember("x-permission"), route.permission.has_value());
    if (route.permission)
      require_equal(std::string{operation(route)["x-permission"].GetString()},
                    permission_name(*route.permission));
  }
}

Test(openapi, parameters_are_those_of_the_path_the_query_and_the_headers) {
  for (const auto& route : api::routes()) {
    std::set<std::string> parts;
    for (const auto part : split(route.path, '/'))
      if (part.starts_with('{')) parts.insert(std::string{part.substr(1, part.size() - 2)});
    require(parameters(route, "path") == parts, std::string{route.path});
    require_equal(parameters(route, "query").empty(), route.query.empty(), std::string{route.path});
    const auto headers = parameters(route, "header");
    require_equal(headers.contains("Idempotency-Key"), route.method == api::Method::POST);
    require_equal(headers.contains("X-Tenant-Id"), api::needs_permission(route.handler.access));
    require_equal(headers.contains("If-Match"), api::takes_if_match(route));
  }
}

Test(openapi, every_row_says_its_success_and_its_refusals) {
  for (const auto& route : api::routes()) {
    const auto& responses = operation(route)["responses"];
    const auto has = [&](int status) { return responses.HasMember(std::to_string(status).c_str()); };
    require(has(route.reply.status) && (route.reply.other == 0 || has(route.reply.other)), "success");
    const auto refusals = api::refusals_of(route);
    for (const auto code : refusals.codes) require(has(http_status(code)), std::string{error_name(code)});
    require_equal(responses.HasMember("4XX"), !refusals.complete, std::string{route.path});
    require(has(422) && has(503) && !has(500), std::string{route.path});
    // A change that takes no body refuses one that is none of JSON as well.
    require_equal(has(415), !route.body.empty() || route.method != api::Method::GET, std::string{route.path});
    if (route.handler.access != api::Access::anyone) require(has(401), std::string{route.path});
  }
}

Test(openapi, an_example_of_a_refusal_is_a_whole_problem_document) {
  const api::Schemas schemas;
  for (const auto& example : document()["components"]["examples"].GetObject()) {
    const auto code = find_error(example.name.GetString());
    require(code.has_value(), example.name.GetString());
    schemas.check("reply/problem", example.value["value"]);
    require_equal(example.value["value"]["status"].GetInt(), http_status(*code));
  }
}

Test(openapi, a_second_spelling_names_the_first) {
  std::size_t aliases = 0;
  for (const auto& route : api::routes()) {
    const auto& canonical = api::canonical_row(route);
    require(api::same_handler(route, canonical), "one handler");
    require(&api::canonical_row(canonical) == &canonical, "the first is its own");
    const std::string description = operation(route)["description"].GetString();
    const bool alias = &canonical != &route;
    require_equal(description.find("Same as `") != std::string::npos, alias, std::string{route.path});
    if (alias) require(description.find(canonical.path) != std::string::npos, description);
    aliases += alias ? 1 : 0;
  }
  require(aliases > 5, "there are some");
}

Test(openapi, it_says_where_the_service_is_and_its_sections_in_order) {
  require(document()["openapi"] == "3.1.0", "version");
  require(document()["servers"][0]["url"] == "https://accounts.example.com", "server");
  require(document()["info"]["license"]["name"] == "Apache-2.0", "licence");
  std::string last;
  rapidjson::SizeType count = 0;
  for (const auto& route : api::routes()) {
    if (route.section == last) continue;
    last = route.section;
    require(document()["tags"][count++]["name"] == last.c_str(), last);
  }
  require_equal(document()["tags"].Size(), count);
}

Test(openapi, indented_is_the_same_document) {
  const auto compact = api::openapi_json("https://x.example");
  rapidjson::Document a;
  rapidjson::Document b;
  a.Parse(compact);
  b.Parse(json::indented(compact));
  require(a == b && json::indented(compact).find('\n') != std::string::npos, "indented");
}

Test(openapi, a_file_is_documented_as_nginx_sends_it) {
  const std::string responses =
      "/paths/" + escaped("/api/v1/projects/documents/{document_id}/download") + "/get/responses/";
  for (const char* status : {"200", "206", "304", "307", "412", "416"})
    require(find(responses + status) != nullptr, status);
  require(find(responses + "206/headers/Content-Range") != nullptr, "Content-Range");
}

Test(openapi, a_limit_that_refuses_is_documented_with_its_fields) {
  const auto* limited = find("/paths/~1signup/post/responses/429/$ref");
  require(limited != nullptr, "signup is limited");
  const std::string component = std::string{limited->GetString()}.substr(1) + "/headers/";
  for (const char* name : {"Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"})
    require(find(component + name) != nullptr, component + name);
}
