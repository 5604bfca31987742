// Clients: who registers them, what is refused, and their secrets.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/oauth.hpp"
#include "support/roles.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

// A member who registers clients and reads projects.
Account developer_of(const Account& owner) {
  expect(make_role(owner, "developer", R"(["oauth_clients:manage","projects:read"])"), 201);
  return invite_and_accept(owner, "developer");
}

}  // namespace

Test(oauth_clients, a_client_is_registered_shown_changed_and_ended) {
  const auto owner = sign_up();
  const auto made = expect(owner.client().post("/api/v1/oauth/clients", client_body()), 201).text("/id");
  const auto path = "/api/v1/oauth/clients/" + made;
  const auto shown = owner.client().get(path);
  expect(shown, 200);
  cr_assert_not(shown.has("/client_secret"));
  cr_assert_eq(shown.text("/token_endpoint_auth_method"), "client_secret_basic");
  cr_assert_eq(shown.text("/id_token_signed_response_alg"), "RS256");
  expect(owner.client().put(path, client_body({{"name", R"("Sales")"}})), 200);
  cr_assert_eq(owner.client().get(path).text("/name"), "Sales");
  expect(owner.client().del(path, ""), 204);
  expect_problem(owner.client().get(path), 404, "not_found");
}

Test(oauth_clients, a_secret_is_shown_once_and_only_its_hash_is_kept) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  cr_assert(client.secret.starts_with("tcs_"));
  cr_assert_eq(number_of("SELECT COUNT(*) FROM oauth_client WHERE id = " + binary(client.id) +
                         " AND secret = UNHEX(SHA2(" + literal(client.secret) + ", 256))"),
               1);
}

Test(oauth_clients, a_rotated_secret_and_the_one_of_before_are_good_for_a_day) {
  const MovedClock clock;
  const auto owner = sign_up();
  auto client = register_client(owner);
  const auto first = client;
  const auto rotated = owner.client().post("/api/v1/oauth/clients/" + client.id + "/rotate-secret");
  client.secret = expect(rotated, 200).text("/client_secret");
  expect(introspect(first, "x"), 200);
  expect(introspect(client, "x"), 200);
  clock.set(86401);
  expect_oauth_error(introspect(first, "x"), 401, "invalid_client");
  expect(introspect(client, "x"), 200);
}

Test(oauth_clients, an_address_that_could_lead_astray_is_not_registered) {
  const auto owner = sign_up();
  for (const std::string uri : {"http://client.example.com/callback",
                                "https://client.example.com/#x",
                                "https://user@client.example.com/",
                                "https://Client.example.com/",
                                "https://client.example.com:0/",
                                "https://client.example.com:99999/",
                                "https://*.example.com/",
                                "javascript:alert(1)",
                                "data:text/html,x",
                                "https:///callback",
                                "https://",
                                "//client.example.com/",
                                "client.example.com",
                                "https://client.example.com/a b",
                                "https://a,b/",
                                "myapp://callback",
                                "http://127.0.0.1.example.com/",
                                "http://localhost.example.com/",
                                "https://client.example.com\\@evil.example/",
                                "https://.example.com/",
                                "file:///etc/passwd",
                                ""})
    expect_problem(owner.client().post("/api/v1/oauth/clients",
                                       client_body({{"redirect_uris", '[' + Field{uri}.json() + ']'}})),
                   422, "validation_failed");
}

Test(oauth_clients, what_does_not_go_together_is_refused) {
  const auto owner = sign_up();
  const auto refused = [&](const std::map<std::string, std::string>& more, const std::string& pointer) {
    const auto reply = owner.client().post("/api/v1/oauth/clients", client_body(more));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  refused({{"scopes", R"(["openid","everything"])"}}, "/scopes/1");
  refused({{"token_endpoint_auth_method", R"("private_key_jwt")"}}, "/jwks");
  refused({{"jwks", R"("{\"keys\":[]}")"}}, "/jwks");
  refused({{"token_endpoint_auth_method", R"("private_key_jwt")"}, {"jwks", R"("{\"keys\":[]}")"}}, "/jwks");
  refused({{"redirect_uris", "[]"}}, "/redirect_uris");
  refused({{"client_credentials", R"("allowed")"}, {"token_endpoint_auth_method", R"("none")"}},
          "/client_credentials");
  refused({{"client_credentials", R"("allowed")"}, {"scopes", R"(["roles:create"])"}}, "/scopes");
}

Test(oauth_clients, how_a_client_authenticates_stays) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  expect_problem(owner.client().put("/api/v1/oauth/clients/" + client.id,
                                    client_body({{"token_endpoint_auth_method", R"("none")"}})),
                 422, "validation_failed");
}

Test(oauth_clients, nobody_registers_a_scope_that_they_do_not_hold) {
  const auto owner = sign_up();
  const auto developer = developer_of(owner);
  expect(developer.client().post("/api/v1/oauth/clients", client_body()), 201);
  expect_problem(developer.client().post("/api/v1/oauth/clients",
                                         client_body({{"scopes", R"(["openid","users:delete"])"}})),
                 403, "role_outranks");
}

Test(oauth_clients, nobody_takes_over_a_client_that_may_do_more_than_they) {
  const auto owner = sign_up();
  const auto developer = developer_of(owner);
  const auto strong = register_client(
      owner, {{"client_credentials", R"("allowed")"}, {"scopes", R"(["audit:read","projects:read"])"}});
  const auto path = "/api/v1/oauth/clients/" + strong.id;
  {
    Unchanged database;
    expect_problem(developer.client().post(path + "/rotate-secret"), 403, "role_outranks");
    expect_problem(developer.client().put(path, client_body({{"scopes", R"(["projects:read"])"}})), 403,
                   "role_outranks");
    expect_problem(developer.client().del(path, ""), 403, "role_outranks");
    database.check("a client above the caller");
  }
  const auto weak = register_client(owner, {{"scopes", R"(["openid","projects:read"])"}});
  expect(developer.client().post("/api/v1/oauth/clients/" + weak.id + "/rotate-secret"), 200);
  expect(developer.client().del("/api/v1/oauth/clients/" + weak.id, ""), 204);
  expect(owner.client().post(path + "/rotate-secret"), 200);
  // One's own goes, whatever became of one's role.
  expect(
      owner.client().post("/api/v1/roles", R"({"name":"integrator","permissions":["oauth_clients:manage"]})"),
      201);
  const auto own = register_client(developer, {{"scopes", R"(["openid","projects:read"])"}});
  expect(give(owner, developer, "integrator"), 200);
  expect_problem(developer.client().post("/api/v1/oauth/clients/" + own.id + "/rotate-secret"), 403,
                 "role_outranks");
  expect(developer.client().del("/api/v1/oauth/clients/" + own.id, ""), 204);
}

Test(oauth_clients, an_organizations_clients_are_its_own) {
  const auto owner = sign_up();
  const auto stranger = sign_up("Beta");
  const auto client = register_client(owner);
  const auto path = "/api/v1/oauth/clients/" + client.id;
  expect_problem(stranger.client().get(path), 404, "not_found");
  expect_problem(stranger.client().put(path, client_body()), 404, "not_found");
  expect_problem(stranger.client().del(path, ""), 404, "not_found");
  expect_problem(stranger.client().post(path + "/rotate-secret"), 404, "not_found");
  expect_problem(super_admin().client().get("/api/v1/admin/oauth/clients/" + client.id), 404, "not_found");
}

Test(oauth_clients, the_services_own_are_registered_by_super_admins) {
  const auto client = register_own_client(super_admin());
  const auto path = "/api/v1/admin/oauth/clients/" + client.id;
  expect(super_admin().client().get(path), 200);
  const auto rotated = super_admin().client().post(path + "/rotate-secret");
  cr_assert_neq(expect(rotated, 200).text("/client_secret"), client.secret);
  expect(super_admin().client().put(path, client_body({{"name", R"("Ours")"}})), 200);
  const auto owner = sign_up();
  expect_problem(owner.client().post("/api/v1/admin/oauth/clients", client_body()), 403, "forbidden");
  expect_problem(owner.client().get("/api/v1/oauth/clients/" + client.id), 404, "not_found");
  expect(super_admin().client().del(path, ""), 204);
}

Test(oauth_clients, a_change_is_told_of_without_the_secret) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  cr_assert_eq(
      number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'oauth_client.created' AND resource_id = " +
                binary(client.id) + " AND new_values NOT LIKE '%tcs\\_%'"),
      1);
  cr_assert_eq(number_of("SELECT COUNT(*) FROM event WHERE type = 'oauth_client.created' AND subject_id = " +
                         binary(client.id)),
               1);
}
