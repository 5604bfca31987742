// To whose account a provider leads by an address of a domain that the organization has proven.
#include <criterion/criterion.h>

#include "domains_fixture.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

Test(sso_joining, a_provider_leads_to_no_account_that_holds_more_than_who_saved_it, .timeout = 240) {
  Domains world;
  const auto domain = fresh_domain();
  auto owner = sign_up_verified();
  const auto admin = invite_and_accept(owner, "admin");
  auto member = invite_and_accept(owner), other = invite_and_accept(owner);
  prove(world, owner, domain);
  make_own_provider(world.idp, admin,
                    {{"trust_addresses", "true"}, {"allowed_domains", R"([")" + domain + R"("])"}});
  for (auto* account : {&owner, &member, &other}) move_to(*account, domain);
  const auto by_own = [&](const Account& who) {
    return sign_on(world.idp, "own", owner.org_id, who.user_id, who.email);
  };
  {
    Unchanged database;
    expect_problem(by_own(owner), 403, "not_provisioned");
    database.check("an owner by an administrator's provider");
  }
  const auto joined = by_own(member);
  require_equal(expect(joined, 200).text("/user/id"), member.user_id);
  // Who runs the issuer goes on vouching when the role is gone.
  expect(give(owner, admin, "viewer"), 200);
  expect_problem(by_own(other), 403, "not_provisioned");
  expect(by_own(member), 200);  // was linked before
  // An owner who saves it answers for everybody.
  const auto providers = "/api/v1/tenants/" + owner.org_id + "/oidc-providers";
  const auto one = providers + '/' + owner.client().get(providers).text("/items/0/id");
  expect(owner.client().put(one, R"({"name":"Ours"})"), 200);
  expect(by_own(other), 200);
}

Test(sso_joining, google_vouches_for_no_address_that_it_does_not_host, .timeout = 240) {
  Domains world;
  const auto domain = fresh_domain();
  const auto owner = sign_up_verified();
  auto member = invite_and_accept(owner);
  prove(world, owner, domain);
  make_provider(owner, "google", false, "[]");
  move_to(member, domain);
  const auto by_google = [&](const Members& more) {
    return sign_on(world.idp, "google", owner.org_id, "consumer", member.email, more);
  };
  {
    Unchanged database;
    expect_problem(by_google({{"hd", ""}, {"email_verified", "true"}}), 403, "not_provisioned");
    expect_problem(by_google({{"email_verified", "false"}}), 403, "not_provisioned");
    database.check("an address that Google does not host");
  }
  expect(by_google({}), 200);
}
