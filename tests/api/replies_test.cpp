#include <criterion/criterion.h>

#include <set>
#include <string>

#include "api/schema_files.hpp"
#include "support/check.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;

namespace {

std::string_view text_of(const std::string& name) {
  for (const auto& file : api::schema_files())
    if (file.name == name + ".json") return file.text;
  throw std::runtime_error("there is no schema " + name);
}

void collect(const std::string& name, std::set<std::string>& names);

void collect_refs(const rapidjson::Value& value, std::set<std::string>& names) {
  if (value.IsArray())
    for (const auto& item : value.GetArray()) collect_refs(item, names);
  if (!value.IsObject()) return;
  for (const auto& item : value.GetObject()) {
    if (item.name == "$ref" && item.value.IsString()) {
      require(value.MemberCount() == 1,
              std::string{item.value.GetString()} + " replaces what stands beside it");
      collect(item.value.GetString(), names);
    }
    collect_refs(item.value, names);
  }
}

// The schema and all it is made of.
void collect(const std::string& name, std::set<std::string>& names) {
  if (name.empty() || !names.insert(name).second) return;
  const auto text = text_of(name);
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  require(document.IsObject(), name);
  collect_refs(document, names);
}

// What every row may use, whatever it names itself.
std::set<std::string> used_schemas() {
  std::set<std::string> names;
  collect("no_query", names);
  collect("no_body", names);
  for (const char* name : {"reply/problem", "reply/scim_error", "reply/scim_patch", "reply/scim_bulk"})
    collect(name, names);
  for (const auto& route : api::routes()) {
    collect(std::string{route.body}, names);
    collect(std::string{route.query}, names);
    if (!route.reply.schema.empty()) collect("reply/" + std::string{route.reply.schema}, names);
  }
  return names;
}

bool fits(const api::Schemas& schemas, const std::string& schema, const std::string& json) {
  try {
    schemas.check(schema, api::parse_json(json));
    return true;
  } catch (const ApiError&) {
    return false;
  }
}

}  // namespace

Test(replies, every_schema_is_used_and_every_schema_that_is_used_exists) {
  const auto used = used_schemas();
  for (const auto& file : api::schema_files()) {
    const std::string name{file.name.substr(0, file.name.rfind('.'))};
    require(used.contains(name), "no row and no schema names schema/" + name + ".json");
  }
}

Test(replies, a_row_that_answers_with_a_body_says_which) {
  for (const auto& route : api::routes()) {
    const bool text =
        route.path == "/metrics" || (route.reply.media != "text/plain" && route.also != api::AlsoTakes::scim);
    // One that only leads a browser elsewhere has no body of its own.
    if (route.reply.other == 303 && route.reply.schema.empty()) continue;
    const bool body = route.reply.status != 204 && !text;
    require(body != route.reply.schema.empty(), std::string{route.path});
  }
}

// Whoever reads a reply by its schema may rely on each constant member, and meets no other.
Test(replies, every_object_of_a_reply_is_closed_and_says_what_it_always_holds) {
  const auto check = [](const auto& self, const rapidjson::Value& schema, const std::string& place) -> void {
    if (schema.IsArray())
      for (const auto& item : schema.GetArray()) self(self, item, place);
    if (!schema.IsObject()) return;
    if (schema.HasMember("properties")) {
      require(schema.HasMember("additionalProperties") && schema["additionalProperties"].IsFalse(), place);
      require(schema.HasMember("required") && schema.HasMember("title"), place);
    }
    for (const auto& item : schema.GetObject()) self(self, item.value, place + '/' + item.name.GetString());
  };
  for (const auto& file : api::schema_files()) {
    if (!file.name.starts_with("reply/")) continue;
    rapidjson::Document document;
    document.Parse(file.text.data(), file.text.size());
    check(check, document, std::string{file.name});
  }
}

Test(replies, an_id_of_a_reply_is_a_uuid_in_lower_case) {
  const api::Schemas schemas;
  const auto membership = [](const std::string& id) {
    return R"({"org_id":")" + id +
           R"(","user_id":"0193a0de-2f2e-7c3b-9a51-54d0c43ad8a1","role":"owner","status":"active","created_at":1})";
  };
  require(fits(schemas, "reply/membership", membership("0193a0de-2f2e-7c3b-9a51-54d0c43ad8a1")), "an id");
  for (const char* id : {"", "x", "0193A0DE-2F2E-7C3B-9A51-54D0C43AD8A1", "0193a0de2f2e7c3b9a5154d0c43ad8a1"})
    require(!fits(schemas, "reply/membership", membership(id)), id);
}
