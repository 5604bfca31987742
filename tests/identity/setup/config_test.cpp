// What a page has to know before anybody signs in, and who may make an account.
#include <criterion/criterion.h>

#include "support/browser.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

Response config(const std::string& query = "") { return Client{}.get("/api/v1/config" + query); }

std::string slug_of(const Account& account) {
  return text_of("SELECT slug FROM organization WHERE id = " + binary(account.org_id));
}

constexpr const char* kRootPassword = "velvet anchor northbound";

std::vector<std::string> with_root(const std::string& setting) {
  return {setting, "SUPER_ADMIN_EMAIL=root@example.com",
          std::string{"SUPER_ADMIN_PASSWORD="} + kRootPassword};
}

Account root() {
  return account_of(expect(sign_in("root@example.com", kRootPassword), 200), "root@example.com");
}

}  // namespace

Test(config, anybody_may_ask_and_keep_the_answer_for_a_minute) {
  const auto reply = config();
  expect(reply, 200);
  require_equal(reply.header("cache-control"), "public, max-age=60");
  require_equal(
      reply.body,
      R"({"service_name":"tenantd","logo_url":null,"app_url":null,"signup":"open",)"
      R"("password":{"min_length":8,"max_bytes":256},"passkeys":false,"mail_code":false,"setup_open":false,"social":[],"organization":null})");
  expect_problem(config("?organization="), 422, "validation_failed");
  expect_problem(config("?slug=acme"), 422, "validation_failed");
}

Test(config, an_organization_that_nobody_has_answers_as_one_without_providers) {
  const auto owner = sign_up(fresh_name("Acme"));
  const auto slug = slug_of(owner);
  const auto without = [](const std::string& name) {
    return R"("organization":{"slug":")" + name +
           R"(","sign_in":{"password":true,"providers":[],"ways":[]}}})";
  };
  const auto require_without = [&](const std::string& asked, const std::string& name) {
    const auto reply = config("?organization=" + asked);
    require(expect(reply, 200).body.ends_with(without(name)), reply.describe());
  };
  require_without(slug, slug);
  require_without("no-such-one", "no-such-one");
  require_without("not%20a%20slug", "not a slug");
  const auto provider = object({{"client_id", "4711.apps.googleusercontent.com"},
                                {"client_secret", "GOCSPX-not-a-real-one"},
                                {"default_role_name", "member"},
                                {"allowed_domains", Field::raw("[]")},
                                {"auto_provision_users", Field::raw("false")}});
  expect(owner.client().post("/api/v1/tenants/" + owner.org_id + "/identity-providers/google", provider),
         201);
  const auto reply = config("?organization=" + slug);
  require_equal(expect(reply, 200).text("/organization/sign_in/providers/0"), "google");
  require_equal(reply.size("/organization/sign_in/providers"), 1u);
  // Nor is one that is switched off told from one that there is not.
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(owner.org_id));
  require_without(slug, slug);
}

Test(config, settings_are_told) {
  const PrivateStack stack{{"SIGNUP=invite", "LOGO_URL=https://id.example.com/logo.svg",
                            "APP_URL=https://app.example.com/",
                            "MAIL_FROM=Northwind <no-reply@example.com>"}};
  stack.take_the_suites_place();
  const auto reply = config();
  expect(reply, 200);
  require_equal(reply.text("/service_name"), "Northwind");
  require_equal(reply.text("/logo_url"), "https://id.example.com/logo.svg");
  require_equal(reply.text("/app_url"), "https://app.example.com");
  require_equal(reply.text("/signup"), "invite");

  Unchanged database;
  for (const char* path : {"/signup", "/users/register"}) {
    const auto body = path == std::string{"/signup"}
                          ? sign_up_body("eve@example.com", "Acme")
                          : object({{"email", "eve@example.com"}, {"password", kPassword}});
    expect_problem(Client{}.post(path, body), 403, "signup_closed");
    // A taken address is not told from a free one.
    const auto taken = path == std::string{"/signup"}
                           ? sign_up_body("root@example.com", "Acme")
                           : object({{"email", "root@example.com"}, {"password", kPassword}});
    expect_problem(Client{}.post(path, taken), 403, "signup_closed");
  }
  database.check("sign-ups that are closed");
}

Test(config, by_invitation_people_get_in_and_found_organizations, .timeout = 240) {
  const PrivateStack stack{with_root("SIGNUP=invite")};
  stack.take_the_suites_place();
  const auto admin = root();
  const auto bob = invite_and_accept(admin);
  expect(bob.client().post("/organization/register", object({{"name", "Bob & Co"}})), 201);
}

Test(config, where_sign_ups_are_closed_super_admins_alone_make_organizations) {
  const PrivateStack stack{with_root("SIGNUP=closed")};
  stack.take_the_suites_place();
  const auto admin = root();
  const auto bob = invite_and_accept(admin);
  {
    Unchanged database;
    expect_problem(Client{}.post("/signup", sign_up_body("eve@example.com", "Acme")), 403, "signup_closed");
    for (const char* path : {"/organization/register", "/api/v1/organizations"})
      expect_problem(bob.client().post(path, object({{"name", "Bob & Co"}})), 403, "signup_closed");
    database.check("organizations that are refused");
  }
  expect(admin.client().post("/organization/register", object({{"name", "Root & Co"}})), 201);
  const auto tenant = object({{"name", "Northwind"},
                              {"slug", "northwind"},
                              {"admin_email", "nora@example.com"},
                              {"admin_first_name", "Nora"},
                              {"admin_last_name", "Wind"}});
  expect(admin.client().post("/api/v1/tenants", tenant), 201);
}
