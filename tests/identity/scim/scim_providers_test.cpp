// What the provisioning services of Entra ID and Okta send, as their documentation describes it, from the
// first question to the last removal.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"

using namespace tenantd::test;

Test(scim_providers, entra_provisions_a_person_and_a_group_from_end_to_end, .timeout = 240) {
  const Directory entra;
  expect(entra.set_roles({{"App-Leads", "manager"}}), 200);
  // "Test connection" asks for somebody who does not exist.
  const auto nobody = entra.get(filtered("/Users", "userName eq \"" + fresh_id() + '"'));
  require_equal(expect(nobody, 200).number("/totalResults"), 0);
  const auto name = entra.address("entra");
  require_equal(
      expect(entra.get(filtered("/Users", "userName eq " + Field{name}.json())), 200).size("/Resources"), 0U);
  const auto made = entra.post("/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
      "userName":")" + name + R"(","active":true,"emails":[{"primary":true,"type":"work","value":")" +
                                             name +
                                             R"("}],"meta":{"resourceType":"User"},
      "name":{"formatted":"Ann Lee","familyName":"Lee","givenName":"Ann"},"roles":[]})");
  const auto path = "/Users/" + expect(made, 201).text("/id");
  // Changes: op in capitals, paths with a filter to a list that is not there, the extension, flags as texts.
  const auto changed = entra.patch(path, R"([
      {"op":"Replace","path":"displayName","value":"Ann R. Lee"},
      {"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"+44 20 7946 0000"},
      {"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Sales"},
      {"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"7"},
      {"op":"Replace","path":"name.familyName","value":"Ray"}])");
  require_equal(expect(changed, 200).text("/phoneNumbers/0/type"), "work");
  require_equal(changed.text("/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager/value"),
                "7");
  require_equal(changed.text("/name/familyName"), "Ray");
  // Without a path.
  expect(entra.patch(path, R"([{"op":"Replace","value":{"displayName":"Ann Ray","name.givenName":"Anna",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter":"4130"}}])"),
         200);
  const auto read = entra.get(path);
  require_equal(expect(read, 200).text("/name/givenName"), "Anna");
  require_equal(read.text("/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/costCenter"), "4130");
  require_equal(read.text("/externalId"), "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef");
  // The group: asked for, made empty, filled, asked whether somebody is in it, emptied.
  require_equal(
      expect(entra.get(filtered("/Groups", R"(displayName eq "App-Leads")") + "&excludedAttributes=members"),
             200)
          .number("/totalResults"),
      0);
  const auto group = entra.post("/Groups", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group",
      "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
      "displayName":"App-Leads","meta":{"resourceType":"Group"}})");
  const auto group_path = "/Groups/" + expect(group, 201).text("/id");
  const auto id = made.text("/id");
  expect(entra.patch(group_path,
                     R"([{"op":"Add","path":"members","value":[{"$ref":null,"value":")" + id + "\"}]}]"),
         204);
  require_equal(entra.role_of(id), "manager");
  require_equal(expect(entra.get(filtered("/Groups", "id eq \"" + group.text("/id") + "\" and members eq \"" +
                                                         id + '"') +
                                 "&attributes=id"),
                       200)
                    .number("/totalResults"),
                1);
  expect(entra.patch(group_path,
                     R"([{"op":"Remove","path":"members","value":[{"$ref":null,"value":")" + id + "\"}]}]"),
         204);
  require_equal(entra.role_of(id), "member");
  // Off by a text, back, off, and removed.
  require(expect(entra.patch(path, R"([{"op":"Replace","path":"active","value":"False"}])"), 200)
              .at("/active")
              .IsFalse(),
          "off");
  require(expect(entra.patch(path, R"([{"op":"Replace","path":"active","value":"True"}])"), 200)
              .at("/active")
              .IsTrue(),
          "on");
  expect(entra.patch(path, R"([{"op":"Replace","path":"active","value":"False"}])"), 200);
  expect(entra.del(path), 204);
  expect(entra.del(group_path), 204);
  expect_scim(entra.get(path), 404);
}

Test(scim_providers, okta_provisions_a_person_and_a_group_from_end_to_end, .timeout = 240) {
  const Directory okta;
  expect(okta.set_roles({{"Okta Readers", "viewer"}}), 200);
  require_equal(expect(okta.get("/Users?startIndex=1&count=2"), 200).number("/startIndex"), 1);
  const auto name = okta.address("okta");
  require_equal(
      expect(okta.get(filtered("/Users", "userName eq " + Field{name}.json()) + "&startIndex=1&count=100"),
             200)
          .number("/totalResults"),
      0);
  const auto made = okta.post(
      "/Users", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":")" + name +
                    R"(","name":{"givenName":"Ann","familyName":"Lee"},"emails":[{"primary":true,"value":")" +
                    name + R"(","type":"work"}],"displayName":"Ann Lee","locale":"en-US",
      "externalId":"00ujl29u0le5T6Aj10h7","groups":[],"password":"1mz050nq","active":true})");
  const auto id = expect(made, 201).text("/id");
  const auto path = "/Users/" + id;
  require(!made.has("/password"), made.body);
  // Changes: the whole resource with what is read-only.
  const auto put = okta.put(
      path, R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"somebody else","userName":")" +
                name +
                R"(","name":{"givenName":"Another","middleName":"Excited","familyName":"User"},
      "emails":[{"primary":true,"value":")" +
                name + R"(","type":"work","display":"x"}],"active":true,
      "groups":[{"value":"x"}],"meta":{"resourceType":"Group","location":"x"}})");
  require_equal(expect(put, 200).text("/id"), id);
  require_equal(put.text("/name/middleName"), "Excited");
  require(!put.has("/groups") && !put.has("/externalId"), put.body);
  // Groups: made with members, renamed by an object with its id, members by filters, deactivation without a
  // path.
  const auto group = okta.post(
      "/Groups", R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Okta Readers",
      "members":[{"value":")" +
                     id + R"(","display":")" + name + "\"}]}");
  const auto group_path = "/Groups/" + expect(group, 201).text("/id");
  require_equal(okta.role_of(id), "viewer");
  expect(okta.patch(group_path, R"([{"op":"remove","path":"members[value eq \")" + id + R"(\"]"},
      {"op":"add","path":"members","value":[{"value":")" +
                                    id + R"(","display":"x"}]}])"),
         204);
  expect(okta.patch(group_path, R"([{"op":"replace","value":{"id":")" + group.text("/id") +
                                    R"(","displayName":"Okta Old"}}])"),
         204);
  require_equal(okta.role_of(id), "member");
  require_equal(expect(okta.get("/Groups?startIndex=1&count=100"), 200).text("/Resources/0/displayName"),
                "Okta Old");
  const auto off = okta.patch(path, R"([{"op":"replace","value":{"active":false}}])");
  require(expect(off, 200).at("/active").IsFalse(), off.body);
  expect(okta.patch(path, R"([{"op":"replace","value":{"active":true}}])"), 200);
  expect(okta.del(group_path), 204);
  require_equal(expect(okta.get("/Groups"), 200).number("/totalResults"), 0);
}
