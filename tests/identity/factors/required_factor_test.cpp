// An organization that asks its members for a second factor.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

Response require_factor(Client& client, const std::string& org_id, bool on = true) {
  return client.put("/api/v1/organizations/" + org_id,
                    on ? R"({"require_mfa":true})" : R"({"require_mfa":false})");
}

}  // namespace

Test(required_factor, is_asked_for_by_who_has_one) {
  const auto owner = sign_up();
  auto client = owner.client();
  {
    Unchanged database;
    expect_problem(require_factor(client, owner.org_id), 409, "mfa_not_enabled");
    database.check("without a factor");
  }
  enable_factor(owner);
  require(expect(require_factor(client, owner.org_id), 200).at("/require_mfa").GetBool(), "require_mfa");
  expect(client.get("/api/v1/members"), 200);
}

Test(required_factor, members_without_one_may_do_nothing_there_until_they_enroll) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner, "admin");
  const auto key = make_api_key(member, R"(["users:read"])");
  enable_factor(owner);
  auto bosses = owner.client();
  expect(require_factor(bosses, owner.org_id), 200);
  auto client = member.client();
  {
    Unchanged database;
    expect_problem(client.get("/api/v1/members"), 403, "mfa_enrollment_required");
    expect_problem(client.post("/api/v1/invites", object({{"email", fresh_email()}})), 403,
                   "mfa_enrollment_required");
    expect_problem(require_factor(client, owner.org_id, false), 403, "mfa_enrollment_required");
    database.check("a member without a factor");
  }
  // What concerns the member alone goes on, and so does a service.
  expect(client.get("/users/me"), 200);
  expect(key.client().get("/api/v1/members"), 200);
  enable_factor(member);
  expect(client.get("/api/v1/members"), 200);
}

Test(required_factor, numbers_of_such_an_organization_are_not_shown_to_members_without_one) {
  const auto host = sign_up("Strict");
  const auto guest = sign_up("Own");
  verify(guest);
  join(host, guest, "manager");
  auto client = guest.client();
  const std::string path = "/stats/organization-users";
  require_equal(expect(client.get(path), 200).size("/items"), std::size_t{2}, "before");
  enable_factor(host);
  auto hosts = host.client();
  expect(require_factor(hosts, host.org_id), 200);
  require_equal(expect(client.get(path), 200).size("/items"), std::size_t{1}, "after");
}
