// How long an invitation is good for: as its sender says, else the organization, else the service.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/super_admin.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

std::int64_t lifetime(const Response& invite) {
  return expect(invite, invite.status).number("/expires_at") - invite.number("/created_at");
}

Response ask(const Account& owner, const std::string& more, const std::string& email = fresh_email()) {
  return owner.client().post("/api/v1/invites", R"({"email":")" + email + '"' + more + '}');
}

Response set_lifetime(const Account& owner, const std::string& seconds) {
  return owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"invite_seconds":)" + seconds + '}');
}

}  // namespace

Test(invite_lifetime, ten_minutes_unless_the_organization_or_the_sender_says_otherwise) {
  const auto owner = sign_up();
  require_equal(lifetime(ask(owner, "")), 600);
  require_equal(expect(set_lifetime(owner, "86400"), 200).number("/invite_seconds"), 86400);
  const auto email = fresh_email();
  const auto made = ask(owner, "", email);
  require_equal(lifetime(made), 86400);
  require(newest_mail(email, "invitation").text.find("for 1 day") != std::string::npos,
          newest_mail(email, "invitation").text);
  require_equal(lifetime(ask(owner, R"(,"expires_in":45)")), 45);
  const auto path = "/api/v1/invites/" + made.text("/id") + "/resend";
  const auto now = number_of("SELECT UNIX_TIMESTAMP()");
  const auto again = owner.client().post(path, R"({"expires_in":3600})");
  require(expect(again, 200).number("/expires_at") - now < 3610, again.body);
  require(expect(owner.client().post(path), 200).number("/expires_at") - now >= 86399, "the organization's");
  const auto many = owner.client().post(
      "/organization/add_users", R"({"users":[{"email":")" + fresh_email() + R"(","expires_in":120}]})");
  expect(many, 200);
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE expires_at - created_at = 120 AND org_id = " +
                          binary(owner.org_id)),
                1);
  require(expect(set_lifetime(owner, "null"), 200).at("/invite_seconds").IsNull(), "as before");
  require_equal(lifetime(ask(owner, "")), 600);
}

Test(invite_lifetime, it_stays_within_the_services_bound) {
  const auto owner = sign_up();
  Unchanged database;
  for (const char* seconds : {"0", "-1", "29", "2592001", "99999999999", "1.5", "\"600\""}) {
    expect_problem(ask(owner, R"(,"expires_in":)" + std::string{seconds}), 422, "validation_failed");
    expect_problem(set_lifetime(owner, seconds), 422, "validation_failed");
  }
  expect_pointer(ask(owner, R"(,"expires_in":2592001)"), "/expires_in");
  expect_pointer(set_lifetime(owner, "2592001"), "/invite_seconds");
  database.check("lifetimes");
}

Test(tenant_settings, a_super_admin_reads_them_and_the_organization_can_see_that) {
  const auto owner = sign_up();
  expect(set_lifetime(owner, "3600"), 200);
  const auto root = super_admin();
  const auto path = tenant_path(owner.org_id) + "/settings";
  const auto read = root.client().get(path);
  require_equal(expect(read, 200).number("/invite_seconds"), 3600);
  require(!read.at("/require_mfa").GetBool(), read.body);
  require_equal(
      number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'organization.settings_read' AND org_id = " +
                binary(owner.org_id)),
      1);
  Unchanged database;
  expect_problem(owner.client().get(path), 403, "forbidden");
  expect_problem(Client{}.get(path), 401, "unauthenticated");
  expect_problem(root.client().get(tenant_path(fresh_id()) + "/settings"), 404, "not_found");
  database.check("not theirs");
}

Test(tenant_settings, a_super_admin_opens_an_organization_that_has_shut_itself_out) {
  const auto owner = sign_up();
  database().run("UPDATE organization SET require_mfa = TRUE WHERE id = " + binary(owner.org_id));
  expect_problem(owner.client().get("/api/v1/users"), 403, "mfa_enrollment_required");
  const auto root = super_admin();
  const auto path = tenant_path(owner.org_id) + "/settings";
  require(!expect(root.client().put(path, R"({"require_mfa":false})"), 200).at("/require_mfa").GetBool(),
          "off");
  expect(Client{}
             .bearer(account_of(sign_in(owner.email, kPassword), owner.email).access_token)
             .get("/api/v1/users"),
         200);
  require_equal(
      number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'organization.updated' AND org_id = " +
                binary(owner.org_id)),
      1);
  Unchanged database;
  for (const char* body : {"{}", R"({"require_mfa":1})", R"({"require_mfa":false,"self_approval":true})"})
    expect_problem(root.client().put(path, body), 422, "validation_failed");
  expect_problem(owner.client().put(path, R"({"require_mfa":false})"), 403, "forbidden");
  database.check("only that");
}
