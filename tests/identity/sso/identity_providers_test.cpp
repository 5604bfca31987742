// Which identity providers an organization trusts: who says so, what is kept secret, what is refused.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

std::string path(const std::string& org_id, const std::string& rest = "") {
  return "/api/v1/tenants/" + org_id + "/identity-providers" + rest;
}

}  // namespace

Test(identity_providers, are_made_listed_changed_and_removed_and_their_secret_is_told_to_nobody) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto google = make_provider(owner, "google");
  const auto microsoft = make_provider(owner, "microsoft", false, "[]", "viewer");
  require_equal(microsoft.text("/azure_tenant_id"), kDirectory);
  require_equal(google.text("/allowed_domains/0"), "example.com");
  const auto one = path(owner.org_id, '/' + google.text("/id"));
  require_equal(google.header("location"), one);
  require_equal(client.get(one).header("etag"), google.header("etag"));
  require_equal(client.get(path(owner.org_id)).size("/items"), 2U);

  const auto changed = client.put(
      one, R"({"client_id":"other","allowed_domains":["M\u00fcller.example","EXAMPLE.com","example.com"],)"
           R"("default_role_name":"viewer"})");
  expect(changed, 200);
  require_equal(changed.text("/allowed_domains/0") + ' ' + changed.text("/allowed_domains/1"),
                "xn--mller-kva.example example.com");
  require_equal(changed.size("/allowed_domains"), 2U);
  {
    Unchanged database;
    Call stale{"PUT", one, R"({"client_id":"x","default_role_name":"viewer"})", "application/json", {}};
    stale.headers.emplace_back("If-Match", google.header("etag"));
    expect_problem(client.send(stale), 412, "precondition_failed");
    database.check("a stale If-Match");
  }
  // Whoever looks: replies, what is stored, what is told, what is logged.
  for (const auto& reply :
       {client.get(one).body, client.get(path(owner.org_id)).body, google.body, changed.body})
    require(reply.find("secret") == std::string::npos, reply);
  const auto in_org = " WHERE org_id = " + binary(owner.org_id);
  for (const char* text :
       {"SELECT GROUP_CONCAT(COALESCE(old_values, ''), COALESCE(new_values, '')) FROM audit_log",
        "SELECT GROUP_CONCAT(data) FROM event",
        "SELECT GROUP_CONCAT(client_secret_sealed) FROM identity_provider"})
    require(text_of(text + in_org).find("not to be told") == std::string::npos, text);
  require_equal(log_with(run_dir(), "not to be told"), "", "the secret stands in a log");
  const auto created = text_of("SELECT new_values FROM audit_log" + in_org +
                               " AND action = 'identity_provider.created' ORDER BY seq LIMIT 1");
  require(created.find(R"("client_secret":"***")") != std::string::npos, created);
  expect(client.del(one, ""), 204);
  expect_problem(client.get(one), 404, "not_found");
  require_equal(number_of("SELECT COUNT(*) FROM event" + in_org + " AND type LIKE 'identity\\_provider.%'"),
                4);
}

Test(identity_providers, what_cannot_be_meant_is_refused) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto at = [&](const std::string& provider, const std::string& body) {
    return client.post(path(owner.org_id, '/' + provider), body);
  };
  Unchanged database;
  const auto refused = [&](const Response& reply, const std::string& pointer) {
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  // Whoever has an account at the provider would become a member.
  refused(at("google", provider_body("google", true, "[]", "member")), "/allowed_domains");
  for (const char* domain :
       {"example", "exa mple.com", "*.example.com", "@example.com", "example.com,evil.com", "."})
    refused(at("google", provider_body("google", true, '[' + quoted(domain) + ']', "member")),
            "/allowed_domains/0");
  refused(at("google", provider_body("google", true, R"(["example.com"])", "owner")), "/default_role_name");
  expect_problem(at("google", provider_body("google", true, R"(["example.com"])", "nobody")), 422,
                 "validation_failed");
  for (const char* tenant :
       {"common", "organizations", "consumers", "example.com", "00000000-0000-0000-0000-000000000000"})
    expect_problem(at("microsoft", R"({"client_id":"x","client_secret":"y","default_role_name":"member",)"
                                   R"("azure_tenant_id":")" +
                                       std::string{tenant} + "\"}"),
                   422, "validation_failed");
  expect_problem(at("microsoft", R"({"client_id":"x","client_secret":"y","default_role_name":"member"})"),
                 422, "validation_failed");
  expect_problem(at("google", R"({"client_id":"x","default_role_name":"member"})"), 422, "validation_failed");
  expect_problem(at("other", provider_body("google", false, "[]", "member")), 405, "method_not_allowed");
  database.check("refused providers");
}

Test(identity_providers, newcomers_get_no_more_than_who_lets_them_in_holds) {
  const auto owner = sign_up();
  expect(make_role(owner, "gatekeeper", R"(["identity_providers:manage"])"), 201);
  const auto keeper = invite_and_accept(owner, "gatekeeper");
  const auto admin = invite_and_accept(owner, "admin");
  auto body = [](const std::string& role) {
    return provider_body("google", true, R"(["example.com"])", role);
  };
  {
    Unchanged database;
    expect_problem(keeper.client().post(path(owner.org_id, "/google"), body("member")), 403, "role_outranks");
    expect_problem(admin.client().post(path(owner.org_id, "/google"), body("owner")), 403, "role_outranks");
    database.check("roles above one's own");
  }
  expect(keeper.client().post(path(owner.org_id, "/google"), body("gatekeeper")), 201);
  expect_problem(owner.client().post(path(owner.org_id, "/google"), body("member")), 409, "conflict");
  // A role that newcomers get stays.
  const auto role = text_of(
      "SELECT LOWER(INSERT(INSERT(INSERT(INSERT(HEX(id),9,0,'-'),14,0,'-'),19,0,'-'),24,0,'-')) "
      "FROM role WHERE name = 'gatekeeper' AND org_id = " +
      binary(owner.org_id));
  expect(give(owner, keeper, "viewer"), 200);
  expect_problem(owner.client().del("/api/v1/roles/" + role, ""), 409, "role_in_use");
}

Test(identity_providers,
     a_super_admin_configures_them_in_any_organization_and_nowhere_else_more_than_before) {
  const auto owner = sign_up();
  const auto root = super_admin();
  auto client = root.client();
  const auto made = client.post(path(owner.org_id, "/google"),
                                provider_body("google", true, R"(["example.com"])", "admin"));
  expect(made, 201);
  require_equal(client.get(path(owner.org_id)).size("/items"), 1U);
  require_equal(owner.client().get(path(owner.org_id)).size("/items"), 1U);
  require_equal(
      text_of("SELECT actor_email FROM audit_log WHERE action = 'identity_provider.created' AND org_id = " +
              binary(owner.org_id)),
      root.email);
  const auto never = fresh_id();
  expect_problem(client.get(path(never)), 404, "not_found");
  expect_problem(client.get(path(never, '/' + made.text("/id"))), 404, "not_found");
  expect_problem(client.post(path(never, "/google"), provider_body("google", false, "[]", "member")), 404,
                 "not_found");
  expect_problem(client.get("/api/v1/organizations/" + owner.org_id), 404, "not_found");
  expect_problem(Client{}.bearer(root.access_token).header("X-Tenant-Id", owner.org_id).get("/api/v1/roles"),
                 404, "not_found");
  // Neither a member without the permission, nor another organization's owner.
  const auto stranger = sign_up();
  expect_problem(stranger.client().get(path(owner.org_id)), 404, "not_found");
  expect_problem(stranger.client().get(path(stranger.org_id, '/' + made.text("/id"))), 404, "not_found");
}
