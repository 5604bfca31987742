// What Google Workspace's automatic provisioning and JumpCloud's identity management send, as their
// documentation describes it, from the first question to the last removal.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"

using namespace tenantd::test;

namespace {

// Google replaces the whole person at each change, whatever has changed.
std::string person_of_google(const std::string& name, const std::string& family, bool active) {
  return R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":")" +
         name + R"(","externalId":"107142283312345678901","active":)" + (active ? "true" : "false") +
         R"(,"displayName":"Ann )" + family + R"(","name":{"givenName":"Ann","familyName":")" + family +
         R"(","formatted":"Ann )" + family + R"("},"emails":[{"value":")" + name +
         R"(","type":"work","primary":true}],"phoneNumbers":[{"value":"+44 20 7946 0000","type":"work"}],
      "addresses":[{"type":"work","formatted":"2 Dock Road, Hull"}],"title":"Clerk","preferredLanguage":"en",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"7","department":"Sales",
      "organization":"Directory"}})";
}

// JumpCloud sends an id of its own in the changes of groups, and leaves `schemas` of resources out at times.
std::string person_of_jumpcloud(const std::string& name, const std::string& given, bool active) {
  return R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" + name +
         R"(","name":{"givenName":")" + given +
         R"(","familyName":"Lee"},"displayName":"ann.lee","emails":[{"value":")" + name +
         R"(","type":"work","primary":true}],"externalId":"5f0c2e1b8d1a2b3c4d5e6f70","locale":"en_US",
      "active":)" +
         (active ? "true" : "false") + R"(,"groups":[],"password":"Xk9#mQ2!vL7p"})";
}

std::int64_t found(const Directory& directory, const std::string& path, const std::string& filter,
                   const std::string& more = "") {
  return expect(directory.get(filtered(path, filter) + more), 200).number("/totalResults");
}

}  // namespace

Test(scim_more_providers, google_provisions_suspends_and_removes_a_person_from_end_to_end, .timeout = 240) {
  const Directory google;
  // "Test connection" reads what the service does, and a page of people.
  expect(google.get("/ServiceProviderConfig"), 200);
  expect(google.get("/Users?startIndex=1&count=1"), 200);
  const auto name = google.address("google");
  // It matches by the work address.
  require_equal(found(google, "/Users", "userName eq " + Field{name}.json(), "&startIndex=1&count=100"), 0);
  require_equal(found(google, "/Users", "emails.value eq " + Field{name}.json()), 0);
  const auto made = google.post("/Users", person_of_google(name, "Lee", true));
  const auto id = expect(made, 201).text("/id");
  const auto path = "/Users/" + id;
  require_equal(made.header("location").ends_with(kScim + path), true, made.header("location"));
  require_equal(found(google, "/Users", "userName eq " + Field{name}.json()), 1);
  // A change of the name; then suspension in Google, which arrives as active false; then the return.
  const auto renamed = google.put(path, person_of_google(name, "Ray", true));
  require_equal(expect(renamed, 200).text("/name/familyName"), "Ray");
  require_equal(renamed.text("/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/employeeNumber"),
                "7");
  require_equal(renamed.text("/externalId"), "107142283312345678901");
  require(expect(google.put(path, person_of_google(name, "Ray", false)), 200).at("/active").IsFalse(), "off");
  require_equal(found(google, "/Users", "active eq false"), 1);
  require(expect(google.put(path, person_of_google(name, "Ray", true)), 200).at("/active").IsTrue(), "on");
  // The address changes: the same person, by the id that Google has kept.
  const auto other = google.address("google-other");
  const auto moved = google.put(path, person_of_google(other, "Ray", true));
  require_equal(expect(moved, 200).text("/id"), id);
  require_equal(moved.text("/userName"), other);
  require_equal(found(google, "/Users", "userName eq " + Field{name}.json()), 0);
  // Off by PATCH, as newer connectors do; removal after the grace period, twice if the first reply is lost.
  require(expect(google.patch(path, R"([{"op":"replace","path":"active","value":false}])"), 200)
              .at("/active")
              .IsFalse(),
          "off");
  expect(google.del(path), 204);
  expect_scim(google.del(path), 404);
  expect_scim(google.put(path, person_of_google(other, "Ray", true)), 404);
  require_equal(found(google, "/Users", "userName eq " + Field{other}.json()), 0);
}

Test(scim_more_providers, jumpcloud_provisions_a_person_and_a_group_from_end_to_end, .timeout = 240) {
  const Directory jumpcloud;
  expect(jumpcloud.set_roles({{"JumpCloud Leads", "manager"}}), 200);
  // "Activate" makes a person to test with, changes it, switches it off and reads it again.
  const auto probe = jumpcloud.address("jumpcloud-probe");
  const auto tested = jumpcloud.made(probe, R"(,"active":true,"name":{"givenName":"T","familyName":"U"})");
  expect(jumpcloud.put("/Users/" + tested, person_of_jumpcloud(probe, "Test", false)), 200);
  require(expect(jumpcloud.get("/Users/" + tested), 200).at("/active").IsFalse(), "off");
  // The person: asked for by name in a page of one, made, and replaced.
  const auto name = jumpcloud.address("jumpcloud");
  require_equal(found(jumpcloud, "/Users", "userName eq " + Field{name}.json(), "&count=1&startIndex=1"), 0);
  const auto made = jumpcloud.post("/Users", person_of_jumpcloud(name, "Ann", true));
  const auto id = expect(made, 201).text("/id");
  const auto path = "/Users/" + id;
  require(!made.has("/password"), made.body);
  // Somebody who is there already is found, not made again.
  expect_scim(jumpcloud.post("/Users", person_of_jumpcloud(name, "Ann", true)), 409, "uniqueness");
  const auto put = jumpcloud.put(path, person_of_jumpcloud(name, "Anna", true));
  require_equal(expect(put, 200).text("/name/givenName"), "Anna");
  require_equal(put.text("/externalId"), "5f0c2e1b8d1a2b3c4d5e6f70");
  // The group: asked for by name, made empty, filled by PATCH without a change of its own.
  require_equal(found(jumpcloud, "/Groups", R"(displayName eq "JumpCloud Leads")"), 0);
  const auto group = jumpcloud.post("/Groups", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
      "displayName":"JumpCloud Leads","members":[]})");
  const auto group_path = "/Groups/" + expect(group, 201).text("/id");
  const auto patched = [&](const std::string& operations) { return jumpcloud.patch(group_path, operations); };
  const auto member = R"([{"value":")" + id + R"("}])";
  expect(patched(R"([{"op":"add","path":"members","value":)" + member + "}]"), 204);
  require_equal(jumpcloud.role_of(id), "manager");
  // Sent again after a lost reply: nobody is in it twice.
  expect(patched(R"([{"op":"add","path":"members","value":)" + member + "}]"), 204);
  require_equal(expect(jumpcloud.get(group_path), 200).size("/members"), 1U);
  // The whole group, by a new name that gives no role; then out of it, by a filter and by a list.
  const auto whole = jumpcloud.put(group_path, R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
      "displayName":"JumpCloud Others","members":)" +
                                                   member + "}");
  require_equal(expect(whole, 200).text("/displayName"), "JumpCloud Others");
  require_equal(jumpcloud.role_of(id), "member");
  expect(patched(R"([{"op":"remove","path":"members[value eq \")" + id + R"(\"]"}])"), 204);
  expect(patched(R"([{"op":"remove","path":"members","value":)" + member + "}]"), 204);
  require(!expect(jumpcloud.get(group_path), 200).has("/members/0"), "nobody is in it");
  // Unbound from the application: off, never removed; bound again: on, under the same id.
  require(expect(jumpcloud.put(path, person_of_jumpcloud(name, "Anna", false)), 200).at("/active").IsFalse(),
          "off");
  require_equal(found(jumpcloud, "/Users", "userName eq " + Field{name}.json()), 1);
  require(expect(jumpcloud.put(path, person_of_jumpcloud(name, "Anna", true)), 200).at("/active").IsTrue(),
          "on");
  expect(jumpcloud.del(group_path), 204);
  expect(jumpcloud.get(path), 200);
}
