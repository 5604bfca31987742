// People sign in by a real OpenID provider: see tests/node/oidc_sign_in.mjs.
#include <criterion/criterion.h>

#include <filesystem>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/loopback.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

void trust(const Account& owner, const std::string& provider, const std::string& client) {
  const std::string azure =
      provider == "microsoft" ? "\"azure_tenant_id\":\"" + std::string{kDirectory} + "\"," : "";
  expect(owner.client().post("/api/v1/tenants/" + owner.org_id + "/identity-providers/" + provider,
                             '{' + azure + "\"client_id\":\"" + client + R"(","client_secret":"secret of )" +
                                 client +
                                 R"(","auto_provision_users":true,"allowed_domains":["example.com"],)"
                                 R"("default_role_name":"member"})"),
         201);
}

// One of the organization's own choice, which knows its client by a key. Returns the key's public half.
std::string trust_own(const Account& owner, const std::string& issuer) {
  const auto made = owner.client().post(
      "/api/v1/tenants/" + owner.org_id + "/oidc-providers",
      R"({"slug":"own","name":"Our Provider","issuer":")" + issuer +
          R"(","client_id":"gamma","client_auth":"private_key_jwt","auto_provision_users":true,)"
          R"("allowed_domains":["example.com"],"default_role_name":"member","groups_claim":"groups",)"
          R"("group_roles":[{"group":"it","role_name":"viewer"}]})");
  expect(made, 201);
  const auto from = made.body.find("\"client_jwk\":") + 13;
  return made.body.substr(from, made.body.find('}', from) + 1 - from);
}

void sign_in_by_provider(const std::string& how) {
  const auto port = std::to_string(free_port());
  const auto url = "http://127.0.0.1:" + port;
  const PrivateStack stack{{"OAUTH_GOOGLE_URL=" + url, "OAUTH_MICROSOFT_URL=" + url,
                            "OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true", "LIMIT_OUTBOUND=0",
                            "GOOGLE_CLIENT_ID=alpha", "GOOGLE_CLIENT_SECRET=secret of alpha"}};
  stack.take_the_suites_place();
  const auto a = sign_up("Alpha");
  const auto b = sign_up("Beta");
  trust(a, "google", "alpha");
  trust(b, "google", "beta");
  trust(a, "microsoft", "alpha");
  const auto jwk = trust_own(a, url + "/own");
  const auto home = stack.dir() + "/browser";
  std::filesystem::create_directories(home);
  const auto finished = run_program({"node", setting("TENANTD_TOP") + "/tests/node/oidc_sign_in.mjs", how,
                                     port, a.org_id, b.org_id, jwk, a.email, a.password},
                                    {"HOME=" + home, "TMPDIR=" + home, "XDG_CACHE_HOME", "XDG_CONFIG_HOME"},
                                    std::chrono::seconds{240});
  require_equal(finished.status, 0, finished.output);
  require_equal(log_with(stack.dir(), "secret of "), "", "a secret stands in a log");
  require_equal(log_with(stack.dir(), "state=google."), "", "a state stands in a log");
}

}  // namespace

Test(sso_provider, people_sign_in_without_a_browser_at_two_tenants_at_once, .timeout = 180) {
  sign_in_by_provider("browserless");
}

Test(sso_provider, the_page_finishes_what_the_provider_sends_back, .timeout = 180) {
  sign_in_by_provider("browser");
}
