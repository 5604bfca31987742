#include <criterion/criterion.h>

#include <string>
#include <vector>

#include "api/schema_files.hpp"
#include "support/check.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/domain/error.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

// Compiled once for a test's process.
const api::Schemas& schemas() {
  static const api::Schemas compiled;
  return compiled;
}

// The pointers of a refusal, each followed by a blank; "" if the document fits.
template <class Check>
std::string pointers_of(Check check) {
  try {
    check();
  } catch (const ApiError& e) {
    require(e.code() == ErrorCode::validation_failed, e.what());
    require(!e.fields().empty(), "a refusal names a place");
    std::string pointers;
    for (const auto& field : e.fields()) {
      require(!field.detail.empty(), "each place has a reason");
      pointers += field.pointer + ' ';
    }
    return pointers;
  }
  return {};
}

std::string faults(std::string_view schema, const std::string& body) {
  const auto document = api::parse_json(body);
  return pointers_of([&] { schemas().check(schema, document); });
}

std::string query_faults(std::string_view schema, const http::Pairs& query) {
  return pointers_of([&] { schemas().check_query(schema, query); });
}

std::string sign_up_with(const std::string& extra) {
  return R"({"email":"a@example.com","password":"x","organization_name":"Acme",)" + extra + '}';
}

bool names(const std::string& pointers, const std::string& wanted) {
  return (' ' + pointers).find(' ' + wanted + ' ') != std::string::npos;
}

}  // namespace

Test(schemas, every_schema_that_a_route_names_exists) {
  for (const auto& route : api::routes()) {
    if (!route.body.empty()) require(schemas().knows(route.body), std::string{route.body});
    if (!route.query.empty()) require(schemas().knows(route.query), std::string{route.query});
  }
  require(schemas().knows("no_query"), "for the others");
  require(!schemas().knows("") && !schemas().knows("signup.json"), "a name is a whole name");
}

// JSON readers differ about a member that stands twice; those of the documents refuse it.
Test(schemas, no_schema_names_a_member_twice) {
  for (const auto& file : api::schema_files()) {
    try {
      api::parse_json(std::string{file.text});
    } catch (const ApiError& e) {
      require(false, std::string{file.name} + ": " + e.what());
    }
  }
}

Test(schemas, an_unknown_schema_is_a_fault_of_the_program) {
  const api::JsonValue none;
  try {
    schemas().check("no_such", none);
    require(false, "accepted");
  } catch (const std::logic_error&) {
  }
}

// Mass assignment ends here: what a schema does not name cannot get in.
// What others' standards define takes members that nobody knows, and ignores them (RFC 6749 section 3.1, RFC
// 7644 section 3.4.2).
bool is_open(std::string_view place) {
  if (place.ends_with("/clientExtensionResults")) return true;
  return place == "authorization_query.json" || place == "logout_query.json" ||
         place == "client_metadata.json" || place == "scim_attributes_query.json" ||
         place == "scim_list_query.json";
}

Test(schemas, every_object_of_a_request_is_closed_but_the_free_form_profile) {
  const auto check = [](const auto& self, const rapidjson::Value& schema, const std::string& place) -> void {
    if (!schema.IsObject()) return;
    if (schema.HasMember("properties")) {
      const bool closed =
          schema.HasMember("additionalProperties") && schema["additionalProperties"].IsFalse();
      require(closed || is_open(place), place);
      for (const auto& property : schema["properties"].GetObject())
        self(self, property.value, place + '/' + property.name.GetString());
    } else if (schema.HasMember("type") && schema["type"] == "object") {
      require(place.ends_with("/profile") || place.ends_with("/settings") || is_open(place),
              place + " is open");
    }
    if (schema.HasMember("items")) self(self, schema["items"], place + "/items");
  };
  for (const auto& file : api::schema_files()) {
    if (file.name.starts_with("reply/")) continue;
    rapidjson::Document document;
    document.Parse(file.text.data(), file.text.size());
    require(document.IsObject(), std::string{file.name});
    check(check, document, std::string{file.name});
  }
}

Test(schemas, a_body_that_fits_is_taken) {
  require_equal(faults("signup", R"({"email":"a@example.com","password":"x","organization_name":"Acme"})"),
                "");
  require_equal(faults("signup", sign_up_with(R"("organization":{"slug":"acme"},"profile":{"name":"Ada"})")),
                "");
}

Test(schemas, an_unknown_member_is_refused) {
  for (const char* extra : {R"("status":0)", R"("Email":"x")", R"("":1)", R"("is_super":true)",
                            R"("__proto__":{})", R"("email\u0000":"x")"})
    require(!faults("signup", sign_up_with(extra)).empty(), extra);
  require(!faults("signup", sign_up_with(R"("organization":{"status":0})")).empty(), "inside another");
}

Test(schemas, an_unknown_member_is_named_by_its_own_pointer) {
  require_equal(faults("signup", sign_up_with(R"("status":0)")), "/status ");
  require(names(faults("signup", sign_up_with(R"("organization":{"status":0})")), "/organization/status"),
          "nested");
}

Test(schemas, each_fault_is_named_by_its_pointer) {
  const auto pointers = faults("signup", R"({"email":1,"password":"","organization_name":["x"]})");
  for (const char* pointer : {"/email", "/password", "/organization_name"})
    require(names(pointers, pointer), pointers);
  require(names(faults("signup", sign_up_with(R"("organization":{"slug":7})")), "/organization/slug"),
          "nested");
}

// Not a second time as a fault of the whole.
Test(schemas, a_fault_is_told_once) {
  require_equal(faults("signup", R"({"email":1,"password":"x","organization_name":"x"})"), "/email ");
  require_equal(query_faults("members_query", {{"limit", "0"}}), "?limit ");
  require_equal(query_faults("members_query", {{"status", "deleted"}}), "?status ");
}

Test(schemas, a_missing_member_is_refused) {
  for (const char* body : {"{}", "[]", "null", "1", "\"x\"", R"({"email":"a@example.com"})",
                           R"({"email":null,"password":"x","organization_name":"x"})"})
    require(!faults("signup", body).empty(), body);
}

Test(schemas, lengths_count_characters_at_their_bounds) {
  const auto body = [](const std::string& name) {
    return R"({"email":"a@example.com","password":"x","organization_name":")" + name + "\"}";
  };
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\u00E4";
  require_equal(faults("signup", body(std::string(200, 'a'))), "");
  require_equal(faults("signup", body(umlauts)), "");
  require(names(faults("signup", body(std::string(201, 'a'))), "/organization_name"), "201");
  require(names(faults("signup", body(umlauts + "a")), "/organization_name"), "201 characters");
  require(names(faults("signup", body("")), "/organization_name"), "none");
}

Test(schemas, control_characters_are_refused_wherever_they_stand) {
  for (const char* escape :
       {R"(\u0000)", R"(\u0001)", R"(\t)", R"(\n)", R"(\r\n)", R"(\u001b)", R"(\u007f)"}) {
    const auto name =
        R"({"email":"a@example.com","password":"x","organization_name":"a)" + std::string{escape} + "b\"}";
    require_equal(faults("signup", name), "/organization_name ", escape);
    const auto deep = R"("profile":{"list":["x",{"note":"a)" + std::string{escape} + R"("}]})";
    require_equal(faults("signup", sign_up_with(deep)), "/profile/list/1/note ", escape);
  }
}

Test(schemas, a_password_may_hold_control_characters) {
  require_equal(
      faults("signup", R"({"email":"a@example.com","password":"a\tb\u0001","organization_name":"x"})"), "");
  require_equal(faults("change_password", R"({"current_password":"a\u0001","new_password":"b\n"})"), "");
}

// The exemption is for passwords, not for whatever hides under their name.
Test(schemas, free_form_data_is_no_password_whatever_its_name) {
  require(!faults("signup", sign_up_with(R"("profile":{"password":"a\u0000b"})")).empty(), "a text");
  require(!faults("signup", sign_up_with(R"("profile":{"password":{"name":"a\r\nb"}})")).empty(),
          "an object");
}

Test(schemas, a_members_name_holds_no_control_characters) {
  require(!faults("signup", sign_up_with(R"("profile":{"a\r\nb":"x"})")).empty(), "a line end in a name");
}

// RFC 6901 section 3.
Test(schemas, pointers_escape_tilde_and_slash) {
  require_equal(faults("signup", sign_up_with(R"("profile":{"a/b":"\u0001"})")), "/profile/a~1b ");
  require_equal(faults("signup", sign_up_with(R"("profile":{"a~b":"\u0001"})")), "/profile/a~0b ");
  require_equal(faults("signup", sign_up_with(R"("profile":{"~1":{"":"\u0001"}})")), "/profile/~01/ ");
}

Test(schemas, a_reply_names_a_bounded_number_of_faults) {
  std::string people = R"({"users":[)";
  for (int i = 0; i < 100; ++i) people += (i == 0 ? "1" : ",1");
  const auto document = api::parse_json(people + "]}");
  try {
    schemas().check("add_users", document);
    require(false, "accepted");
  } catch (const ApiError& e) {
    require(!e.fields().empty() && e.fields().size() <= 20, std::to_string(e.fields().size()) + " faults");
  }
}

Test(schemas, a_query_is_typed_by_its_schema) {
  const auto query = schemas().check_query(
      "members_query",
      {{"limit", "200"}, {"include_total", "true"}, {"status", "0"}, {"role", "true"}, {"cursor", "12"}});
  require(query["limit"].IsInt64() && query["limit"].GetInt64() == 200, "an integer");
  require(query["include_total"].IsTrue(), "a boolean");
  require(query["status"] == "0" && query["role"] == "true" && query["cursor"] == "12", "texts stay texts");
  require(schemas().check_query("members_query", {}).IsObject(), "an empty query is an empty object");
  require(schemas().check_query("members_query", {{"include_total", "false"}})["include_total"].IsFalse(),
          "false");
}

Test(schemas, an_integer_of_a_query_is_a_whole_decimal_number_within_its_bounds) {
  for (const char* text :
       {"", "0", "-1", "201", "1.0", "1e2", "+1", " 1", "1 ", "0x10", "ten", "1,000", "1000000000",
        "9223372036854775807", "9223372036854775808", "99999999999999999999", "\u0661"})
    require(names(query_faults("members_query", {{"limit", text}}), "?limit"), text);
  for (const char* text : {"1", "200"})
    require_equal(query_faults("members_query", {{"limit", text}}), "", text);
}

Test(schemas, a_boolean_of_a_query_is_true_or_false) {
  for (const char* text : {"", "1", "0", "TRUE", "True", "yes", " true", "null"})
    require(names(query_faults("members_query", {{"include_total", text}}), "?include_total"), text);
}

Test(schemas, an_unknown_parameter_is_refused_by_name) {
  require_equal(query_faults("members_query", {{"limit", "5"}, {"org_id", "x"}}), "?org_id ");
  require_equal(query_faults("no_query", {{"a", ""}}), "?a ");
  require_equal(query_faults("no_query", {{"", ""}}), "? ");
  require_equal(query_faults("members_query", {{"Limit", "5"}}), "?Limit ");
  require_equal(query_faults("no_query", {}), "");
}

Test(schemas, a_parameter_of_a_list_takes_a_word_of_that_list) {
  require(names(query_faults("members_query", {{"status", "deleted"}}), "?status"), "status");
  require(names(query_faults("members_query", {{"sort", "created_at; DROP TABLE member"}}), "?sort"), "sort");
  require(names(query_faults("members_query", {{"role", "a\nb"}}), "?role"), "role");
}

Test(schemas, a_repeated_parameter_is_refused_before_it_is_typed) {
  for (const char* text : {"limit=5&limit=5", "limit=5&limit=6", "limit=5&%6cimit=5", "a&a", "=1&=2"}) {
    try {
      http::parse_query(text);
      require(false, text);
    } catch (const http::BadRequest& e) {
      require_equal(e.status, 400, text);
    }
  }
}
