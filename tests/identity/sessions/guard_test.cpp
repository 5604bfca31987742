// GET /auth/verify, and nginx's auth_request on it in front of another application, as guard.conf.example has
// it.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/own_nginx.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

const char* const kVerify = "/auth/verify";

// Guards an application that answers with the headers it was given.
class GuardedApplication : public OwnNginx {
 public:
  explicit GuardedApplication(const std::string& tenantd = setting("FAST_SOCKET"))
      : OwnNginx(sites, tenantd) {}

 private:
  static std::string guarded(const Place& at, const std::string& location, const std::string& rule) {
    return "location " + location + " { " + rule +
           " include tenantd/snippets/guard.conf; proxy_pass http://unix:" + at.dir + "/app.sock; }\n";
  }
  static std::string sites(const Place& at) {
    return "server { listen unix:" + at.dir + R"(/app.sock; location / {
        default_type text/plain;
        return 200 "user=$http_x_user_id org=$http_x_org_id role=$http_x_role may=[$http_x_permissions] other=[$http_x_actor_id$http_x_user_email$http_x_org_slug$http_authorization$http_x_api_key]";
      } }
      server { listen 127.0.0.1:)" +
           std::to_string(at.port) + "; include tenantd/snippets/guard-server.conf;\n" +
           guarded(at, "/", "") + guarded(at, "/billing/", "auth_request /_tenantd_verify/tenant:billing;") +
           guarded(at, "/nonsense/", "auth_request /_tenantd_verify/users:fly;") +
           guarded(at, "/misspelt/", "auth_request /_tenantd_verify/Tenant:Billing;") +
           guarded(at, "/misspelt/too/", "auth_request /_tenantd_verify/;") +
           guarded(at, "/open/", "auth_request off;") + "}\n";
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

Test(guard, verify_says_who_calls) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto reply = viewer.client().get(kVerify);
  expect(reply, 204);
  require_equal(reply.header("x-user-id"), viewer.user_id);
  require_equal(reply.header("x-org-id"), owner.org_id);
  require_equal(reply.header("x-role"), "viewer");
  require(contains(reply.header("x-permissions"), "projects:read documents:read"),
          reply.header("x-permissions"));
  require_equal(reply.header("x-user-email"), "");
  require_equal(reply.header("cache-control"), "no-store");
}

Test(guard, verify_says_of_a_key_what_it_may_and_no_role) {
  const auto owner = sign_up();
  auto client = make_api_key(owner, R"(["stats:read","users:read"])").client();
  const auto reply = client.get(kVerify);
  expect(reply, 204);
  require_equal(reply.header("x-user-id"), owner.user_id);
  require_equal(reply.header("x-org-id"), owner.org_id);
  require_equal(reply.header("x-role"), "");
  require_equal(reply.header("x-permissions"), "users:read stats:read");
  expect(client.get("/auth/verify?permission=stats:read"), 204);
  expect_problem(client.get("/auth/verify?permission=users:delete"), 403, "forbidden");
}

Test(guard, verify_looks_into_the_organization_that_is_named) {
  const auto owner = sign_up();
  const auto host = sign_up();
  join(host, owner, "viewer");
  const auto reply = owner.client().header("X-Tenant-Id", host.org_id).get(kVerify);
  expect(reply, 204);
  require_equal(reply.header("x-org-id"), host.org_id);
  require_equal(reply.header("x-role"), "viewer");
  expect_problem(owner.client().header("X-Tenant-Id", fresh_id()).get(kVerify), 404, "not_found");
  expect_problem(
      owner.client().header("X-Tenant-Id", host.org_id).get("/auth/verify?permission=users:delete"), 403,
      "forbidden");
}

Test(guard, verify_of_somebody_without_an_organization_names_none) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  expect(owner.client().del("/delete", object({{"user_id", member.user_id}})), 204);
  const auto reply = member.client().get(kVerify);
  expect(reply, 204);
  require_equal(reply.header("x-user-id"), member.user_id);
  require_equal(reply.header("x-org-id") + reply.header("x-role") + reply.header("x-permissions"), "");
  expect_problem(member.client().get("/auth/verify?permission=users:read"), 403, "forbidden");
}

Test(guard, verify_refuses_who_is_nobody_and_what_is_no_permission) {
  const auto nobody = Client{}.get(kVerify);
  expect_problem(nobody, 401, "unauthenticated");
  require(nobody.header("www-authenticate").starts_with("Bearer"), nobody.header("www-authenticate"));
  expect_problem(Client{}.bearer("garbage").get(kVerify), 401, "invalid_token");
  auto client = sign_up().client();
  for (const char* query : {"?permission=users:fly", "?permission=", "?permission=owner", "?other=1"})
    expect_problem(client.get(kVerify + std::string{query}), 422, "validation_failed");
}

Test(guard, verify_refuses_where_the_organization_asks_for_a_second_factor) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:read"])");
  database().run("UPDATE organization SET require_mfa = TRUE WHERE id = " + binary(owner.org_id));
  const auto signed_in = sign_in(owner.email, owner.password);
  expect_problem(Client{}.bearer(signed_in.text("/access_token")).get(kVerify), 403,
                 "mfa_enrollment_required");
  expect(key.client().get(kVerify), 204);
}

Test(guard, a_role_name_of_any_letters_is_a_plain_header) {
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/roles", R"({"name":"Büro 100%","permissions":["users:read"]})"), 201);
  const auto email = fresh_email();
  expect(invite(owner, email, "Büro 100%"), 201);
  const auto member = account_of(
      expect(
          Client{}.post("/accept_invite", object({{"token", invite_token(email)}, {"password", kPassword}})),
          200),
      email);
  const auto reply = member.client().get(kVerify);
  expect(reply, 204);
  require_equal(reply.header("x-role"), "B%C3%BCro%20100%25");
}

Test(guard, an_application_behind_nginx_sees_only_whom_tenantd_knows) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const GuardedApplication application;
  const auto at = [&](const Account& who) { return application.client(who); };

  const auto nobody = application.client().get("/reports");
  expect_problem(nobody, 401, "unauthenticated");
  require_equal(nobody.count_headers("www-authenticate"), 1U);
  require(nobody.header("www-authenticate").starts_with("Bearer"), nobody.header("www-authenticate"));

  const auto seen = at(viewer).get("/reports?x=1");
  expect(seen, 200);
  require(seen.body.starts_with("user=" + viewer.user_id + " org=" + owner.org_id +
                                " role=viewer may=[projects:"),
          seen.body);
  require(seen.body.ends_with("other=[]"), seen.body);

  expect_problem(at(viewer).get("/billing/"), 403, "forbidden");
  expect(at(owner).get("/billing/"), 200);
  for (const char* path : {"/nonsense/", "/misspelt/", "/misspelt/too/"})
    expect_problem(at(owner).get(path), 403, "forbidden");
  expect_problem(at(owner).header("X-Tenant-Id", fresh_id()).get("/reports"), 403, "forbidden");
  expect_problem(at(owner).header("X-Api-Key", "tnd_x").get("/reports"), 403, "forbidden");
  expect(at(owner).post("/reports", R"({"large":")" + std::string(10000, 'x') + "\"}"), 200);
  for (const char* inner : {"/_tenantd_verify", "/_tenantd_verify/users:read"})
    expect_problem(at(owner).get(inner), 403, "forbidden");
}

Test(guard, forged_identity_headers_never_reach_the_application) {
  const auto owner = sign_up();
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto key = make_api_key(owner, R"(["users:read"])");
  const GuardedApplication application;
  auto by_key = application.client();
  by_key.header("X-Api-Key", key.key);
  const std::vector<Header> forged = {{"X-User-Id", owner.user_id}, {"X-Org-Id", fresh_id()},
                                      {"X-Role", "owner"},          {"X-Permissions", "tenant:billing"},
                                      {"X-User-Email", "a@b.c"},    {"X-Org-Slug", "x"},
                                      {"X-Actor-Id", fresh_id()},   {"X_User_Id", owner.user_id}};
  const auto send = [&](Client client, const std::string& path) {
    const auto reply = client.send({"GET", path, std::nullopt, "", forged});
    expect(reply, 200);
    return reply.body;
  };
  const auto body = send(application.client(viewer), "/reports");
  require(body.starts_with("user=" + viewer.user_id + " org=" + owner.org_id + " role=viewer may=[projects:"),
          body);
  require(!contains(body, "tenant:billing") && body.ends_with("other=[]"), body);
  require_equal(send(std::move(by_key), "/reports"),
                "user=" + owner.user_id + " org=" + owner.org_id + " role= may=[users:read] other=[]");
  require_equal(send(application.client(), "/open/"), "user= org= role= may=[] other=[]");
}

Test(guard, a_token_that_was_logged_out_is_refused_at_once) {
  const auto owner = sign_up();
  const GuardedApplication application;
  auto client = application.client(owner);
  expect(client.get("/reports"), 200);
  expect(owner.client().post("/logout"), 204);
  const auto reply = client.get("/reports");
  expect_problem(reply, 401, "unauthenticated");
  require(reply.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""),
          reply.header("www-authenticate"));
}

Test(guard, while_tenantd_is_away_nobody_comes_in) {
  const auto owner = sign_up();
  const GuardedApplication application{"/nonexistent/fast.sock"};
  expect_problem(application.client(owner).get("/reports"), 503, "unavailable");
}
