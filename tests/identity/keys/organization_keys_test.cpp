// API keys that belong to the organization: they stay when their maker goes, and hold no right over people.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"

using namespace tenantd::test;

namespace {

std::string wanted(const std::string& permissions, const std::string& owner = "organization") {
  return R"({"name":"scanner","owner":")" + owner + R"(","permissions":)" + permissions + '}';
}

Client with(const Response& key) {
  Client client;
  client.header("X-Api-Key", expect(key, 201).text("/key"));
  return client;
}

void remove_member(const Account& owner, const Account& member) {
  expect(owner.client().del("/delete", object({{"user_id", member.user_id}})), 204);
}

}  // namespace

Test(organization_keys, it_stays_when_its_maker_goes_and_a_members_key_does_not) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto own =
      admin.client().post("/api/v1/api-keys", wanted(R"(["products:read","products:create"])", "member"));
  const auto of_all =
      admin.client().post("/api/v1/api-keys", wanted(R"(["products:read","products:create"])"));
  require_equal(expect(of_all, 201).text("/owner"), "organization");
  require_equal(of_all.text("/created_by"), admin.user_id);
  for (const auto* key : {&own, &of_all}) expect(with(*key).get("/api/v1/products"), 200);
  remove_member(owner, admin);
  expect_problem(with(own).get("/api/v1/products"), 401, "invalid_token");
  expect(with(of_all).get("/api/v1/products"), 200);
  const auto made =
      with(of_all).post("/api/v1/products", object({{"sku", fresh_name("sku")}, {"name", "Bolt"}}));
  expect(made, 201);
  // Who did it, and with what, is written down.
  const auto row = newest_audit(owner, "product.created");
  require_equal(row.text("/items/0/api_key_id"), of_all.text("/id"));
  const auto verified = with(of_all).get("/auth/verify");
  require_equal(expect(verified, 204).header("x-user-id"), "");
  require_equal(verified.header("x-org-id"), owner.org_id);
  const auto list = owner.client().get("/api/v1/api-keys");
  require_equal(expect(list, 200).size("/items"), 1U);
  require_equal(list.text("/items/0/owner"), "organization");
  expect(owner.client().del("/api/v1/api-keys/" + of_all.text("/id"), ""), 204);
  expect_problem(with(of_all).get("/api/v1/products"), 401, "invalid_token");
}

Test(organization_keys, its_permissions_are_its_own_whatever_becomes_of_its_makers_role) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto key = admin.client().post("/api/v1/api-keys", wanted(R"(["products:create"])"));
  expect(key, 201);
  expect(owner.client().post("/update_member_role",
                             object({{"user_id", admin.user_id}, {"new_role_name", "viewer"}})),
         200);
  expect(with(key).post("/api/v1/products", object({{"sku", fresh_name("sku")}, {"name", "Bolt"}})), 201);
  expect_problem(with(key).get("/api/v1/products"), 403, "forbidden");
}

Test(organization_keys, it_holds_nothing_that_gives_rights_to_people_and_nothing_that_its_maker_lacks) {
  const auto owner = sign_up();
  const auto manager = invite_and_accept(owner, "manager");
  auto boss = owner.client();
  Unchanged database;
  for (const char* permission :
       {"users:create", "users:update", "users:delete", "users:invite", "roles:create", "roles:update",
        "roles:assign", "tenant:manage", "tenant:billing", "api_keys:manage", "webhooks:manage",
        "identity_providers:manage", "products:delete"}) {
    const auto reply =
        boss.post("/api/v1/api-keys", wanted(R"(["products:read",")" + std::string{permission} + "\"]"));
    expect_pointer(expect_problem(reply, 422, "validation_failed"), "/permissions");
  }
  expect_problem(manager.client().post("/api/v1/api-keys", wanted(R"(["products:read"])")), 403, "forbidden");
  expect_problem(boss.post("/api/v1/api-keys", wanted(R"(["products:read"])", "nobody")), 422,
                 "validation_failed");
  database.check("refused keys");
}

Test(organization_keys, a_role_with_an_end_makes_none) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  expect(owner.client().put("/api/v1/members/" + admin.user_id + "/role",
                            object({{"new_role_name", "admin"},
                                    {"expires_at", number_of("SELECT UNIX_TIMESTAMP() + 3600")}})),
         200);
  {
    Unchanged database;
    expect_problem(admin.client().post("/api/v1/api-keys", wanted(R"(["products:read"])")), 403,
                   "temporary_right");
    database.check("a right with an end");
  }
  expect(admin.client().post("/api/v1/api-keys", wanted(R"(["products:read"])", "member")), 201);
}

Test(organization_keys, it_ends_with_its_time_and_with_the_organization) {
  const auto owner = sign_up();
  const auto key = owner.client().post("/api/v1/api-keys", wanted(R"(["products:read"])"));
  expect(with(key).get("/api/v1/products"), 200);
  database().run("UPDATE api_key SET expires_at = UNIX_TIMESTAMP() - 1 WHERE id = " +
                 binary(key.text("/id")));
  const auto other = owner.client().post("/api/v1/api-keys", wanted(R"(["users:read"])"));
  expect(with(other).get("/api/v1/users"), 200);
  expect_problem(sign_up().client().del("/api/v1/api-keys/" + other.text("/id"), ""), 404, "not_found");
  expect(owner.client().del("/api/v1/organizations/" + owner.org_id, object({{"name", name_of(owner)}})),
         204);
  expect_problem(with(other).get("/api/v1/users"), 401, "invalid_token");
}
