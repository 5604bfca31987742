// What an organization may ask for in a minute, and what new ones may have.
#include <criterion/criterion.h>

#include "identity/tenants/tenant_limits_fixture.hpp"

using namespace tenantd::test::limits;
using namespace tenantd::test;

Test(tenant_requests, requests_of_all_members_and_keys_are_one_share) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "manager");
  const auto key = make_api_key(owner, R"(["users:read"])");
  const auto stranger = sign_up();
  expect(owner.client().get("/api/v1/members"), 200);
  set_limits(root, owner.org_id, R"({"max_requests":30})");
  expect_minute(30, [&](int i) {
    auto client = i % 3 == 0 ? owner.client() : i % 3 == 1 ? member.client() : key.client();
    return client.get("/api/v1/members");
  });
  expect_problem(key.client().get("/api/v1/members"), 429, "rate_limited");
  expect_problem(owner.client().post("/api/v1/invites", object({{"email", fresh_email()}})), 429,
                 "rate_limited");
  // Others have their own share, and who is in two organizations that of the one that the request acts in.
  expect(stranger.client().get("/api/v1/members"), 200);
  // The super-admin's word counts at once, in every worker.
  set_limits(root, owner.org_id, R"({"max_requests":null})");
  const auto statuses = at_once(8, [&](std::size_t) { return owner.client().get("/api/v1/members").status; });
  for (const int status : statuses) require_equal(status, 200, "after the limit was lifted");
}

Test(tenant_requests, a_super_admin_is_not_shut_out_by_the_limit_of_the_own_organization) {
  const auto account = sign_up();
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(account.user_id));
  const auto root = account_of(sign_in(account.email, kPassword), account.email);
  set_limits(root, root.org_id, R"({"max_requests":1})");
  auto client = root.client();
  for (int i = 0; i < 5 && client.get("/api/v1/members").status == 200; ++i) {
  }
  expect_problem(client.get("/api/v1/members"), 429, "rate_limited");
  set_limits(root, root.org_id, R"({"max_requests":null})");
  expect(client.get("/api/v1/members"), 200);
}

Test(tenant_requests, new_organizations_get_what_the_settings_say) {
  const PrivateStack stack{
      {"TENANT_MAX_MEMBERS=3", "TENANT_MAX_PROJECTS=4", "TENANT_MAX_STORAGE_BYTES=5000000000"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto seen = owner.client().get("/api/v1/organizations/" + owner.org_id);
  require_equal(seen.number("/limits/max_members"), 3);
  require_equal(seen.number("/limits/max_projects"), 4);
  require_equal(seen.number("/limits/max_storage_bytes"), 5000000000);
  require(seen.at("/limits/max_requests").IsNull(), seen.describe());
  const auto second = owner.client().post("/api/v1/organizations", object({{"name", "Second"}}));
  require_equal(expect(second, 201).number("/limits/max_members"), 3);
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(owner.user_id));
  const auto made = owner.client().post(
      "/api/v1/tenants", tenant_body(fresh_email(), fresh_name("t"), R"(,"limits":{"max_members":null})"));
  require(expect(made, 201).at("/limits/max_members").IsNull(), made.describe());
  require_equal(made.number("/limits/max_projects"), 4);
  invite_and_accept(owner);
  invite_and_accept(owner);
  expect_problem(owner.client().post("/api/v1/users", new_user(fresh_email())), 409, "limit_reached");
}
