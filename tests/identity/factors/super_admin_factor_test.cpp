// A super-admin acts system-wide in a session that has shown a second factor, and in no other.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/private_stack.hpp"
#include "support/super_admin.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kAdmin = "chief@example.com";
constexpr const char* kAdminPassword = "velvet anchor northbound";

std::vector<std::string> settings() {
  return {std::string{"SUPER_ADMIN_EMAIL="} + kAdmin, std::string{"SUPER_ADMIN_PASSWORD="} + kAdminPassword,
          "ARGON2_MEMORY_KIB=64", "ARGON2_PASSES=1", "SUPER_ADMIN_MFA=true"};
}

std::string path_of(const tenantd::api::Route& route) {
  std::string path{route.path};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}') - open + 1, fresh_id());
  return path;
}

// Every row for super-admins refuses.
void expect_refused(const Account& account, const char* code) {
  auto client = account.client();
  std::size_t rows = 0;
  for (const auto& route : tenantd::api::routes()) {
    if (route.handler.access != tenantd::api::Access::super) continue;
    const auto method = std::string{tenantd::http::method_name(route.method)};
    const std::optional<std::string> body = method == "GET" ? std::nullopt : std::optional<std::string>{"{}"};
    expect_problem(client.send({method, path_of(route), body, body ? "application/json" : "", {}}), 403,
                   code);
    ++rows;
  }
  require(rows > 10, "rows for super-admins");
}

}  // namespace

Test(super_admin_factor, is_asked_for_on_every_row_until_it_is_enrolled_and_shown, .timeout = 300) {
  const PrivateStack stack{settings()};
  stack.take_the_suites_place();
  const auto tenant = sign_up("Tenant");
  const auto fresh = signed_in_super_admin(kAdmin, kAdminPassword);
  const auto older = signed_in_super_admin(kAdmin, kAdminPassword);
  expect(fresh.client().get("/users/me"), 200);
  {
    Unchanged database;
    expect_refused(fresh, "mfa_enrollment_required");
    // Rows that take a super-admin besides the members.
    expect_problem(fresh.client().get("/api/v1/tenants/" + tenant.org_id + "/identity-providers"), 403,
                   "mfa_enrollment_required");
    database.check("without a second factor");
  }
  const auto everywhere = fresh.client().get("/api/v1/organizations");
  expect(everywhere, 200);
  require(everywhere.body.find(tenant.org_id) == std::string::npos,
          "others' organizations: " + everywhere.body);

  // Who enrolls has shown it in this session, and every other session ends.
  const auto factor = enable_factor(fresh);
  expect(fresh.client().get("/api/v1/tenants"), 200);
  expect_problem(older.client().get("/api/v1/tenants"), 401, "invalid_token");

  // Who signs in with it gets in, and stays in after a refresh.
  forget_steps(fresh);
  const auto finished = Client{}.post(
      "/api/v1/auth/mfa/verify", object({{"mfa_token", second_step_of(fresh)}, {"code", factor.code()}}));
  const auto proven = account_of(expect(finished, 200), kAdmin);
  expect(proven.client().get("/api/v1/tenants"), 200);
  const auto renewed = account_of(
      expect(Client{}.post("/refresh_token", object({{"refresh_token", proven.refresh_token}})), 200),
      kAdmin);
  expect(renewed.client().get("/api/v1/tenants"), 200);

  // A session from before, or one that another way began, is sent to sign in again.
  tenantd::test::database().run("UPDATE session SET second_factor = FALSE WHERE user_id = " +
                                binary(fresh.user_id));
  const auto bare = account_of(
      expect(Client{}.post("/refresh_token", object({{"refresh_token", renewed.refresh_token}})), 200),
      kAdmin);
  // The first use of a pair is noted.
  expect(bare.client().get("/users/me"), 200);
  Unchanged database;
  expect_refused(bare, "mfa_session_required");
  database.check("a session without a second factor");
}

Test(super_admin_factor, ordinary_accounts_are_told_nothing_of_it) {
  const auto owner = sign_up();
  expect_problem(owner.client().get("/api/v1/tenants"), 403, "forbidden");
}
