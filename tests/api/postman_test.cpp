#include "tenantd/api/postman.hpp"

#include <criterion/criterion.h>
#include <rapidjson/document.h>

#include <map>
#include <string>
#include <vector>

#include "support/check.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

rapidjson::Document parsed(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json);
  require(!document.HasParseError() && document.IsObject(), "JSON");
  return document;
}

const rapidjson::Document& collection() {
  static const auto made = parsed(api::postman_collection());
  return made;
}

// The requests in the order in which they run.
std::vector<const rapidjson::Value*> requests() {
  std::vector<const rapidjson::Value*> all;
  for (const auto& folder : collection()["item"].GetArray())
    for (const auto& item : folder["item"].GetArray()) all.push_back(&item);
  return all;
}

std::string name_of(const rapidjson::Value& item) { return item["name"].GetString(); }

std::string script_of(const rapidjson::Value& item, const char* when) {
  std::string text;
  for (const auto& event : item["event"].GetArray())
    if (event["listen"] == when)
      for (const auto& line : event["script"]["exec"].GetArray())
        text += std::string{line.GetString()} + '\n';
  return text;
}

}  // namespace

Test(postman, every_row_is_one_request_in_a_folder_of_its_section) {
  std::map<std::string, std::string> folders;
  for (const auto& folder : collection()["item"].GetArray())
    for (const auto& item : folder["item"].GetArray())
      require(folders.emplace(name_of(item), folder["name"].GetString()).second, name_of(item));
  require_equal(folders.size(), api::routes().size());
  for (const auto& route : api::routes()) {
    const auto found =
        folders.find(std::string{http::method_name(route.method)} + ' ' + std::string{route.path});
    require(found != folders.end(), std::string{route.path});
    require(found->second.starts_with(route.section), found->second);
  }
}

Test(postman, signing_up_is_first_and_the_end_of_sessions_and_organization_last) {
  const auto all = requests();
  require_equal(name_of(*all.front()), "POST /signup");
  require_equal(name_of(*all.back()), "DELETE /api/v1/organizations/{org_id}");
  bool late = false;
  for (const auto* item : all) {
    const bool deletion = name_of(*item).starts_with("DELETE ");
    late = late || deletion;
    require(!late || deletion || name_of(*item).ends_with("/logout"), name_of(*item));
  }
}

Test(postman, each_request_asserts_a_status_and_a_content_type_and_says_why_it_is_refused) {
  for (const auto* item : requests()) {
    const auto script = script_of(*item, "test");
    require(script.find("pm.test(") != std::string::npos, name_of(*item));
    require(script.find("pm.response.to.have.status(") != std::string::npos, name_of(*item));
    const std::string description = (*item)["request"]["description"].GetString();
    const bool refused = script.find("refuses with") != std::string::npos;
    require_equal(description.find("Expects 4") != std::string::npos, refused, name_of(*item));
  }
}

Test(postman, the_environment_holds_every_variable_that_the_collection_uses) {
  const auto environment = parsed(api::postman_environment("https://accounts.example.com"));
  std::map<std::string, std::string> values;
  for (const auto& value : environment["values"].GetArray())
    require(values.emplace(value["key"].GetString(), value["value"].GetString()).second, "once");
  require_equal(values.at("base_url"), "https://accounts.example.com");
  for (const char* name : {"email", "password", "new_password"}) require(!values.at(name).empty(), name);
  for (const char* name : {"access_token", "refresh_token", "org_id", "user_id"})
    require(values.at(name).empty(), name);
  const auto text = api::postman_collection();
  for (auto at = text.find("{{"); at != std::string::npos; at = text.find("{{", at + 2)) {
    const auto name = text.substr(at + 2, text.find("}}", at) - at - 2);
    require(name.starts_with('$') || values.contains(name), name);
  }
}

Test(postman, who_may_call_without_a_token_sends_none) {
  for (const auto& route : api::routes())
    for (const auto* item : requests()) {
      if (name_of(*item) != std::string{http::method_name(route.method)} + ' ' + std::string{route.path})
        continue;
      require_equal((*item)["request"].HasMember("auth"), route.handler.access == api::Access::anyone,
                    name_of(*item));
      require_equal((*item)["request"].HasMember("body"), !route.body.empty(), name_of(*item));
    }
}

// The plan beside the generator names rows; one that is gone would never be noticed.
Test(postman, the_plan_names_rows_that_exist) {
  const auto stale = api::postman_stale_steps();
  require_equal(stale, "");
}
