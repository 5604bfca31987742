// What a client is told of its own mistake names it: the permission that is missing, the credential that was
// shown, the type that was sent. And what a reply shows can be sent again.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/super_admin.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

Test(plain_words, a_permission_that_is_missing_is_named) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "viewer");
  const auto refused = member.client().post("/api/v1/roles", R"({"name":"x","permissions":[]})");
  const auto detail = expect_problem(refused, 403, "forbidden").text("/detail");
  require_equal(detail, "The caller lacks the permission roles:create");
  const auto above = owner.client().get("/api/v1/admin/dashboard");
  require_equal(expect_problem(above, 403, "forbidden").text("/detail"), "Only super-admins may");
}

Test(plain_words, a_key_that_is_not_known_is_no_token) {
  const auto refused = Client{}.header("X-Api-Key", "tnd_" + std::string(43, 'A')).get("/api/v1/users");
  require_equal(expect_problem(refused, 401, "invalid_token").text("/detail"),
                "The API key is not known, or has ended");
}

Test(plain_words, a_type_that_is_not_taken_has_no_title_that_asks_for_another) {
  const auto owner = sign_up();
  const auto reply =
      owner.client().send({"POST", "/api/v1/products/import", "a,b", "text/csv; charset=latin1", {}});
  require_equal(expect_problem(reply, 415, "unsupported_media_type").text("/title"),
                "The path takes no body of this type");
}

Test(plain_words, what_a_reply_has_as_null_is_taken_as_null) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto key =
      client.post("/api/v1/api-keys", R"({"name":"x","permissions":["users:read"],"expires_at":null})");
  expect(key, 201);
  require(key.at("/expires_at").IsNull(), key.body);
  const auto account =
      client.post("/api/v1/service-accounts", R"({"name":"x","permissions":["users:read"]})");
  const auto path = expect(account, 201).header("location");
  const auto more = client.post(path + "/keys", R"({"name":"x","expires_at":null})");
  expect(more, 201);
  const auto rotated = client.post(path + "/rotate-key", R"({"expires_at":null,"old_keys_end_at":null})");
  expect(rotated, 201);
  require(rotated.at("/expires_at").IsNull(), rotated.body);
}

Test(plain_words, a_slug_is_no_id_and_no_name_that_hosts_read_otherwise) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto other = sign_up();
  Unchanged database;
  for (const auto& slug : {other.org_id, fresh_id(), std::string{"xn--80ak6aa92e"}, std::string{"ab--c"}}) {
    const auto reply = root.client().put(tenant_path(owner.org_id), object({{"slug", slug}}));
    expect_pointer(expect_problem(reply, 422, "validation_failed"), "/slug");
    expect_pointer(expect_problem(root.client().post("/api/v1/tenants", tenant_body(fresh_email(), slug)),
                                  422, "validation_failed"),
                   "/slug");
  }
  database.check("slugs");
  expect(root.client().put(tenant_path(owner.org_id), object({{"slug", fresh_name("a-b--c")}})), 200);
}

Test(plain_words, an_organization_whose_name_is_an_id_gets_another_slug) {
  const auto made = Client{}.post("/signup", sign_up_body(fresh_email(), fresh_id()));
  const auto slug = expect(made, 201).text("/organization/slug");
  require(slug.starts_with("org-"), slug);
}
