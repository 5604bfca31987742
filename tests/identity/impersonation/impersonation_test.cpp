// A super-admin acts as a member of a tenant: who may, as whom, for how long, and who is told.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"

using namespace tenantd::test;

namespace {

rapidjson::Document payload_of(const std::string& token) {
  rapidjson::Document payload;
  payload.Parse(tenantd::base64url_decode(tenantd::split(token, '.').at(1)).value());
  require(payload.IsObject(), token);
  return payload;
}

std::string acting_path(const char* what) { return std::string{"/api/v1/auth/"} + what; }

void expect_dead(const Account& acting, const std::source_location& at = std::source_location::current()) {
  expect_problem(acting.client().get("/users/me"), 401, "invalid_token", at);
}

}  // namespace

Test(impersonation, gives_a_short_token_that_names_both_and_says_so_everywhere) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto member = invite_and_accept(owner);
  const auto reply = impersonate(admin, owner.org_id, member.user_id);
  expect(reply, 200);
  require_equal(reply.header("cache-control"), "no-store");
  require_equal(reply.number("/expires_in"), 900);
  require_equal(reply.text("/user/id"), member.user_id);
  require_equal(reply.text("/organization/id"), owner.org_id);
  require_equal(reply.text("/organization/role"), "member");
  require_equal(reply.text("/impersonation/actor/email"), admin.email);
  require_equal(reply.text("/impersonation/reason"), kTicket);
  const auto payload = payload_of(reply.text("/access_token"));
  require_equal(std::string{payload["sub"].GetString()}, member.user_id);
  require_equal(std::string{payload["org"].GetString()}, owner.org_id);
  require_equal(std::string{payload["act"]["sub"].GetString()}, admin.user_id);
  require_equal(payload["exp"].GetInt64() - payload["iat"].GetInt64(), 900);
  require_equal(payload["exp"].GetInt64(), reply.number("/impersonation/expires_at"));

  Client acting;
  acting.bearer(reply.text("/access_token"));
  for (const char* path : {"/users/me", "/api/v1/users/me", "/api/v1/auth/status"}) {
    const auto me = acting.get(path);
    expect(me, 200);
    require_equal(me.text("/impersonated_by/id"), admin.user_id);
    require_equal(me.text("/impersonated_by/email"), admin.email);
    require(expect(member.client().get(path), 200).at("/impersonated_by").IsNull(), path);
  }
  const auto verified = acting.get("/auth/verify");
  expect(verified, 204);
  require_equal(verified.header("x-user-id"), member.user_id);
  require_equal(verified.header("x-actor-id"), admin.user_id);
  require_equal(expect(member.client().get("/auth/verify"), 204).header("x-actor-id"), "");
}

Test(impersonation, without_a_user_it_is_the_longest_standing_active_owner) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto second = invite_and_accept(owner);
  invite_and_accept(owner, "admin");
  const auto give = object({{"user_id", second.user_id}, {"new_role_name", "owner"}});
  expect(owner.client().post("/update_member_role", give), 200);
  database().run("UPDATE member SET created_at = created_at + 60 WHERE user_id = " + binary(second.user_id));
  const auto whom = [&] { return expect(impersonate(admin, owner.org_id), 200).text("/user/id"); };
  require_equal(whom(), owner.user_id);
  database().run("UPDATE member SET created_at = created_at + 120 WHERE org_id = " + binary(owner.org_id) +
                 " AND user_id = " + binary(owner.user_id));
  require_equal(whom(), second.user_id);
  database().run("UPDATE user SET status = 1 WHERE id = " + binary(second.user_id));
  require_equal(whom(), owner.user_id);
  database().run("UPDATE user SET status = 1 WHERE id = " + binary(owner.user_id));
  expect_problem(impersonate(admin, owner.org_id), 404, "not_found");
}

Test(impersonation, is_for_super_admins_alone) {
  const auto owner = sign_up("Tenant");
  const auto tenant_admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner);
  const auto key = make_api_key(owner, R"(["users:read"])");
  const auto body = object({{"tenant_id", owner.org_id}, {"user_id", member.user_id}, {"reason", kTicket}});
  Unchanged database;
  for (const auto& account : {owner, tenant_admin, member})
    expect_problem(impersonate(account, owner.org_id, member.user_id), 403, "forbidden");
  expect_problem(key.client().post(acting_path("impersonate"), body), 403, "session_required");
  expect_problem(Client{}.post(acting_path("impersonate"), body), 401, "unauthenticated");
  database.check("impersonation by others");
}

Test(impersonation, takes_a_reason) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  {
    Unchanged database;
    auto client = admin.client();
    const auto none = client.post(acting_path("impersonate"), object({{"tenant_id", owner.org_id}}));
    expect_problem(none, 422, "validation_failed");
    for (const auto& reason : {std::string{}, std::string{"abcd"}, std::string(5, ' '),
                               std::string{" ab \t\n "}, std::string(501, 'x')}) {
      const auto reply = impersonate(admin, owner.org_id, "", reason);
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, "/reason");
    }
    const auto other =
        client.post(acting_path("impersonate"),
                    object({{"tenant_id", owner.org_id}, {"reason", kTicket}, {"password", "x"}}));
    expect_problem(other, 422, "validation_failed");
    database.check("no reason");
  }
  expect(impersonate(admin, owner.org_id, "", "\u00e4bcde"), 200);
  expect(impersonate(admin, owner.org_id, "", std::string(500, 'x')), 200);
}

Test(impersonation, reaches_active_members_of_active_tenants_and_no_super_admin) {
  const auto admin = new_super_admin();
  const auto other_admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto stranger = sign_up("Elsewhere");
  const auto gone = invite_and_accept(owner);
  const auto banned = invite_and_accept(owner);
  const auto closed = sign_up("Closed");
  for (const auto& account : {admin, other_admin}) {
    verify(account);
    join(owner, account, "admin");
  }
  expect(owner.client().del("/api/v1/users/" + gone.user_id, ""), 204);
  database().run("UPDATE user SET status = 1 WHERE id = " + binary(banned.user_id));
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(closed.org_id));
  const auto acting = acting_as(admin, owner, owner);
  Unchanged database;
  for (const auto& [org, user] :
       std::initializer_list<std::pair<std::string, std::string>>{{owner.org_id, stranger.user_id},
                                                                  {owner.org_id, gone.user_id},
                                                                  {owner.org_id, banned.user_id},
                                                                  {owner.org_id, fresh_id()},
                                                                  {fresh_id(), owner.user_id},
                                                                  {fresh_id(), ""},
                                                                  {closed.org_id, closed.user_id},
                                                                  {closed.org_id, ""},
                                                                  {stranger.org_id, owner.user_id}})
    expect_problem(impersonate(admin, org, user), 404, "not_found");
  expect_problem(impersonate(admin, owner.org_id, other_admin.user_id), 403, "impersonation_refused");
  expect_problem(impersonate(admin, owner.org_id, admin.user_id), 403, "impersonation_refused");
  expect_problem(impersonate(admin, other_admin.org_id), 403, "impersonation_refused");
  expect_problem(impersonate(admin, admin.org_id), 403, "impersonation_refused");
  expect_problem(impersonate(acting, owner.org_id, owner.user_id), 403, "impersonating");
  expect_problem(impersonate(acting, stranger.org_id), 403, "impersonating");
  database.check("refused impersonations");
}

Test(impersonation, of_an_organization_that_asks_for_a_second_factor_takes_one) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Strict");
  enable_factor(owner);
  expect(owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"require_mfa":true})"), 200);
  {
    Unchanged database;
    expect_problem(impersonate(admin, owner.org_id), 403, "mfa_enrollment_required");
    database.check("a super-admin without a factor");
  }
  enable_factor(admin);
  expect(acting_as(admin, owner, owner).client().get("/api/v1/members"), 200);
}

Test(impersonation, is_ended_for_good_in_every_worker_by_its_own_token) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  for (const char* path : {"/api/v1/auth/end-impersonation", "/api/v1/auth/logout", "/logout"}) {
    const auto acting = acting_as(admin, owner, owner);
    for (const auto& reply : at_once(8, [&](std::size_t) { return acting.client().get("/api/v1/members"); }))
      expect(reply, 200);
    expect(acting.client().post(path), 204);
    for (const auto& reply : at_once(16, [&](std::size_t) { return acting.client().get("/api/v1/members"); }))
      expect_problem(reply, 401, "invalid_token");
    expect_problem(acting.client().post(path), 401, "invalid_token");
    require_equal(number_of("SELECT COUNT(*) FROM session WHERE id = " + binary(session_of(acting))), 0);
    const auto last = owner.client().get("/api/v1/auth/security-events?limit=1");
    require_equal(last.text("/items/0/type"), "impersonation.ended");
  }
  // The user's and the super-admin's own sessions live on, and are no impersonations.
  Unchanged database;
  for (const auto& account : {owner, admin}) {
    expect(account.client().get("/users/me"), 200);
    expect_problem(account.client().post(acting_path("end-impersonation")), 409, "conflict");
  }
  database.check("no impersonation");
}

Test(impersonation, ends_by_the_clock_and_cannot_be_prolonged) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const MovedClock clock;
  const auto acting = acting_as(admin, owner, owner);
  const auto ring = tenantd::crypto::KeyRing::load(setting("KEYS_DIR"));
  const auto derived =
      tenantd::crypto::make_refresh_token(ring, {tenantd::SessionId::parse(session_of(acting)).value(), 0});
  for (const auto& token : {derived, acting.access_token})
    expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", token}})), 401, "invalid_token");
  expect(acting.client().get("/users/me"), 200);
  clock.set(600);
  expect(acting.client().get("/users/me"), 200);
  clock.set(901);
  expect_dead(acting);
  expect_problem(Client{}.post("/refresh_token", object({{"refresh_token", derived}})), 401, "invalid_token");
}

Test(impersonation, is_good_for_one_organization) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto person = sign_up("Other");
  verify(person);
  join(owner, person, "admin");
  const auto acting = acting_as(admin, person, owner);
  auto client = acting.client();
  expect(client.get("/api/v1/members"), 200);
  Unchanged database;
  expect_problem(acting.client().header("X-Tenant-Id", person.org_id).get("/api/v1/members"), 404,
                 "not_found");
  expect_problem(client.get("/api/v1/organizations/" + person.org_id), 404, "not_found");
  expect_problem(client.post("/organization/select", object({{"org_id", person.org_id}})), 404, "not_found");
  expect_problem(client.post("/organization/select", object({{"org_id", owner.org_id}})), 403,
                 "impersonating");
  database.check("another organization");
}

Test(impersonation, can_be_repeated_under_one_idempotency_key) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  verify(owner);
  auto client = admin.client();
  client.header("Idempotency-Key", fresh_id());
  const auto body = object({{"tenant_id", owner.org_id}, {"reason", kTicket}});
  const auto first = client.post(acting_path("impersonate"), body);
  expect(first, 200);
  const auto again = client.post(acting_path("impersonate"), body);
  expect(again, 200);
  require_equal(again.text("/access_token"), first.text("/access_token"));
  require_equal(again.header("idempotency-replayed"), "true");
  const auto other = object({{"tenant_id", owner.org_id}, {"reason", "another reason"}});
  expect_problem(client.post(acting_path("impersonate"), other), 422, "idempotency_mismatch");
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE actor_id = " + binary(admin.user_id)), 1);
  require_equal(count_mails(owner.email, "impersonation"), 1U);
}
