// What the service's accounts may do is what sql/grants.sql says: migrate takes back the rest, and doctor
// tells of it.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/private_stack.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

void expect_doctor(const PrivateStack& stack, int status, const std::string& text) {
  const auto said = stack.run("tenantctl doctor");
  require_equal(said.status, status, said.output);
  require(said.output.find(text) != std::string::npos, said.output);
}

}  // namespace

Test(grants, a_right_too_many_is_named_and_taken_back) {
  const PrivateStack stack;
  db::Connection db{stack.database()};
  expect_doctor(stack, 0, "ok    grants: tenantd_app has what sql/grants.sql gives it, and no more");
  db.run("CREATE ROLE helpers");
  for (const char* grant :
       {"SELECT ON tenantd.member", "UPDATE ON tenantd_app.role", "UPDATE (is_super) ON tenantd_app.user",
        "SELECT ON tenantd.*", "SELECT ON `tenantd\\_app`.*", "FILE ON *.*",
        "EXECUTE ON PROCEDURE tenantd.tell_webhooks", "helpers"}) {
    db.run("GRANT " + std::string{grant} + " TO tenantd_app@localhost");
    expect_doctor(stack, 1, "FAIL  grants: tenantd_app may do more than it should");
    const auto migrated = stack.run("tenantctl migrate");
    require_equal(migrated.status, 0, migrated.output);
    require(migrated.output.find("revoked from tenantd_app: ") != std::string::npos, migrated.output);
    expect_doctor(stack, 0, "ok    grants: tenantd_app has what sql/grants.sql gives it, and no more");
  }
  const auto again = stack.run("tenantctl migrate");
  require(again.output.find("revoked") == std::string::npos, again.output);
}

Test(grants, every_account_is_looked_at_and_a_lacking_right_is_given_back) {
  const PrivateStack stack;
  db::Connection db{stack.database()};
  for (const char* account : {"tenantd_sweeper", "tenantd_courier", "tenantd_reporter"}) {
    db.run("GRANT SELECT ON tenantd.user TO " + std::string{account} + "@localhost");
    expect_doctor(stack, 1, std::string{account} + " may do more than it should (SELECT ON tenantd.user)");
    require_equal(stack.run("tenantctl migrate").status, 0);
  }
  db.run("REVOKE SELECT, INSERT, UPDATE, DELETE ON tenantd_app.member FROM tenantd_app@localhost");
  expect_doctor(stack, 1, "tenantd_app lacks rights (DELETE ON tenantd_app.member");
  require_equal(stack.run("tenantctl migrate").status, 0);
  expect_doctor(stack, 0, "ok    grants: tenantd_app has what");
}
