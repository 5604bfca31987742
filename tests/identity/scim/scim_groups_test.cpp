// Groups of the directory through nginx, and the roles that they give.
#include <criterion/criterion.h>

#include "scim_fixture.hpp"

using namespace tenantd::test;

Test(scim, groups_give_roles_by_the_table_and_no_more_than_its_setter_holds, .timeout = 240) {
  const Directory directory;
  const auto ann = directory.made(directory.address()), bob = directory.made(directory.address("bob"));
  const auto admin = invite_and_accept(directory.owner, "admin");
  const auto manager = invite_and_accept(directory.owner, "manager");
  expect_problem(directory.set_roles(manager, {{"Leads", "viewer"}}), 403, "forbidden");
  expect_problem(directory.set_roles(admin, {{"Leads", "owner"}}), 403, "role_outranks");
  expect_problem(directory.set_roles({{"Leads", "owner"}}), 422, "validation_failed");
  expect_problem(directory.set_roles({{"Leads", "viewer"}, {"LEADS", "manager"}}), 422, "validation_failed");
  expect(directory.set_roles({{"Leads", "manager"}, {"Readers", "viewer"}}), 200);
  const auto leads = expect(directory.make_group("leads", {ann}), 201).text("/id");
  const auto readers = expect(directory.make_group("Readers", {ann, bob}), 201).text("/id");
  require_equal(directory.role_of(ann), "manager");
  require_equal(directory.role_of(bob), "viewer");
  require_equal(newest_audit(directory.owner, "member.role_changed").text("/items/0/resource_id"), bob);
  // Out of the first group: the second one counts; out of both: what newcomers get.
  const auto leave = [&](const std::string& group, const std::string& who) {
    expect(directory.patch("/Groups/" + group,
                           R"([{"op":"Remove","path":"members[value eq \")" + who + R"(\"]"}])"),
           204);
  };
  leave(leads, ann);
  require_equal(directory.role_of(ann), "viewer");
  leave(readers, ann);
  require_equal(directory.role_of(ann), "member");
  // A group that is in no table gives nothing, until it is renamed to one that is.
  const auto others = expect(directory.make_group("Others", {ann}), 201).text("/id");
  require_equal(directory.role_of(ann), "member");
  expect(directory.del("/Groups/" + leads), 204);
  expect(
      directory.patch("/Groups/" + others, R"([{"op":"replace","value":{"id":"x","displayName":"Leads"}}])"),
      204);
  require_equal(directory.role_of(ann), "manager");
  require_equal(expect(directory.get("/Users/" + ann), 200).text("/groups/0/display"), "Leads");
  // An owner's role neither comes nor goes by a group.
  expect(directory.patch("/Groups/" + readers, R"([{"op":"add","path":"members","value":[{"value":")" +
                                                   directory.owner.user_id + "\"}]}]"),
         204);
  require_equal(directory.role_of(directory.owner.user_id), "owner");
  // A table of somebody who may not give the role any more gives it not.
  expect(directory.set_roles(admin, {{"Leads", "admin"}}), 200);
  require_equal(directory.role_of(ann), "admin");
  expect(directory.owner.client().put("/api/v1/members/" + admin.user_id + "/role",
                                      R"({"new_role_name":"viewer"})"),
         200);
  expect(directory.patch("/Groups/" + others,
                         R"([{"op":"add","path":"members","value":[{"value":")" + bob + "\"}]}]"),
         204);
  require_equal(directory.role_of(bob), "member");
  expect_problem(directory.owner.client().del("/api/v1/roles/" + fresh_id(), ""), 404, "not_found");
}

Test(scim, groups_are_filled_emptied_and_found, .timeout = 180) {
  const Directory directory;
  const auto ann = directory.made(directory.address()), bob = directory.made(directory.address("bob"));
  const auto member = invite_and_accept(directory.owner);
  const auto group = directory.make_group("Staff", {ann, member.user_id});
  expect(group, 201);
  const auto path = "/Groups/" + group.text("/id");
  require_equal(group.size("/members"), 2U);
  expect_scim(directory.make_group("STAFF"), 409, "uniqueness");
  const auto found =
      directory.get(filtered("/Groups", R"(displayName eq "staff")") + "&excludedAttributes=members");
  require(expect(found, 200).number("/totalResults") == 1 && !found.has("/Resources/0/members"), found.body);
  require_equal(expect(directory.get(filtered("/Groups", "members.value eq \"" + ann + '"')), 200)
                    .number("/totalResults"),
                1);
  // Entra takes members out by a list, Okta by a filter; the same once more changes nothing.
  for (int i = 0; i < 2; ++i)
    expect(directory.patch(path, R"([{"op":"Remove","path":"members","value":[{"value":")" + ann + "\"}]}]"),
           204);
  require_equal(expect(directory.get(path), 200).size("/members"), 1U);
  const auto tag = directory.get(path).header("etag");
  expect(directory.patch(path, R"([{"op":"replace","path":"members","value":[{"value":")" + bob + "\"}]}]",
                         {{"If-Match", tag}}),
         204);
  expect_scim(directory.patch(path, R"([{"op":"remove","path":"members"}])", {{"If-Match", tag}}), 412);
  require_equal(expect(directory.get(path), 200).text("/members/0/value"), bob);
  const auto replaced = directory.put(path, R"({"displayName":"Crew","externalId":"G-1","members":[]})");
  require(!expect(replaced, 200).has("/members") && replaced.text("/displayName") == "Crew", replaced.body);
  // Who leaves the organization leaves its groups.
  expect(directory.patch(path, R"([{"op":"add","path":"members","value":{"value":")" + bob + "\"}}]"), 204);
  expect(directory.del("/Users/" + bob), 204);
  require(!expect(directory.get(path), 200).has("/members"), "a member that has gone");
  expect_scim(directory.patch(path, R"([{"op":"remove","path":"displayName"}])"), 400, "mutability");
  expect(directory.del(path), 204);
  expect_scim(directory.get(path), 404);
}
