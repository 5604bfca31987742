// Which organization a request acts in: by its token, by X-Tenant-Id, or by the name of the host.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

Response me(Client client, const std::string& host, const std::string& tenant = "") {
  if (!tenant.empty()) client.header("X-Tenant-Id", tenant);
  return client.header("Host", host).get("/users/me");
}

}  // namespace

Test(tenant_context, the_header_names_it_by_id_or_slug) {
  const auto owner = sign_up();
  const auto host = sign_up();
  join(host, owner, "viewer");
  const auto slug = text_of("SELECT slug FROM organization WHERE id = " + binary(host.org_id));
  std::string upper = slug;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const auto seen = [&](const std::string& tenant) {
    return owner.client().header("X-Tenant-Id", tenant).get("/users/me");
  };
  require_equal(owner.client().get("/users/me").text("/organization/id"), owner.org_id);
  for (const auto& tenant : {host.org_id, slug, upper}) {
    require_equal(seen(tenant).text("/organization/id"), host.org_id);
    require_equal(seen(tenant).text("/organization/role"), "viewer");
  }
  const auto stranger = sign_up();
  Unchanged database;
  for (const auto& tenant : {stranger.org_id, fresh_id(), std::string{"no-such-slug"}, std::string{"a.b"}})
    expect_problem(seen(tenant), 404, "not_found");
  expect_problem(
      owner.client().header("X-Tenant-Id", owner.org_id).header("X-Tenant-Id", host.org_id).get("/users/me"),
      400, "duplicate_header");
  database.check("organizations that are named");
}

Test(tenant_context, the_host_names_it_below_the_base_domain) {
  const PrivateStack stack{{"BASE_DOMAIN=example.test"}};
  const auto founded = [&](const char* slug) {
    const auto email = fresh_email();
    const auto reply = stack.client().post(
        "/signup", object({{"email", email},
                           {"password", kPassword},
                           {"organization_name", "Acme"},
                           {"organization", Field::raw(std::string{"{\"slug\":\""} + slug + "\"}")}}));
    expect(reply, 201);
    return account_of(reply, email);
  };
  const auto acme = founded("acme");
  const auto other = founded("other");
  const auto as = [&](const Account& account) {
    Client client = stack.client();
    client.bearer(account.access_token);
    return client;
  };
  const auto second =
      as(acme).post("/api/v1/organizations", object({{"name", "Second"}, {"slug", "second"}}));
  expect(second, 201);
  const auto second_id = second.text("/id");
  for (const char* host : {"second.example.test", "SECOND.example.test:8080"})
    require_equal(me(as(acme), host).text("/organization/id"), second_id, host);
  // The base domain itself, and names that are none of its tenants', leave it to the token.
  for (const char* host : {"example.test", "localhost", "example.org", "a.b.example.test"})
    require_equal(me(as(acme), host).text("/organization/id"), acme.org_id, host);
  for (const char* host : {"other.example.test", "nobody.example.test"})
    expect_problem(me(as(acme), host), 404, "not_found");
  expect_problem(me(as(other), "acme.example.test"), 404, "not_found");
  // Named twice: alike it is one name, otherwise none.
  require_equal(me(as(acme), "second.example.test", "second").text("/organization/id"), second_id);
  require_equal(me(as(acme), "second.example.test", second_id).text("/organization/id"), second_id);
  expect_problem(me(as(acme), "second.example.test", "acme"), 400, "tenant_ambiguous");
  expect_problem(me(as(acme), "second.example.test", acme.org_id), 400, "tenant_ambiguous");
}
