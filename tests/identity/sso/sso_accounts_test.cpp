// To whose account an identity leads, who gets one, and how far a session reaches that a provider has opened.
#include <criterion/criterion.h>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOid = "6a7fbd2c-2b1f-4c8e-9a3e-0d6a4f6e5b11";

struct World {
  FakeProvider idp;
  PrivateStack stack{idp.settings()};
  World() { stack.take_the_suites_place(); }
};

std::int64_t count(const std::string& table) { return number_of("SELECT COUNT(*) FROM " + table); }
Client with(const Response& tokens) { return std::move(Client{}.bearer(tokens.text("/access_token"))); }

// A sign-in that the signed-in person asked for.
Response link(FakeProvider& idp, const Account& who, const std::string& provider, const std::string& org_id,
              const std::string& subject) {
  const auto begun = begin(provider, org_id, who.client());
  const auto code = fresh_name("code");
  idp.grant(code, idp.key().token(payload_for(idp, begun, subject, fresh_email("linked"))));
  return come_back(begun, code);
}

}  // namespace

Test(sso_accounts, an_address_alone_leads_to_no_account, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  make_provider(owner, "microsoft");
  const auto stranger = sign_up();  // has an account, is no member
  const auto member = invite_and_accept(owner);
  const auto unverified = invite_and_accept(owner);
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(unverified.user_id));
  struct Case {
    std::string what, provider, email;
    Members changes;
  };
  for (const auto& [what, provider, email, changes] :
       {Case{"a stranger's, by Google", "google", stranger.email, {}},
        Case{"a stranger's, by Entra", "microsoft", stranger.email, {}},
        Case{"a member's, by Entra", "microsoft", member.email, {}},
        Case{"an unverified member's, by Google", "google", unverified.email, {}},
        Case{"an unverified member's, by Entra", "microsoft", unverified.email, {}}}) {
    const auto reply = sign_on(world.idp, provider, owner.org_id, kOid, email, changes);
    require(reply.status == 409, what + ": " + reply.describe());
    expect_problem(reply, 409, "email_taken");
    require(reply.text("/detail").find("password") != std::string::npos, reply.body);
    require_equal(count("identity"), 0, what);
  }
  // Google hosts the address, the account is known to be its reader's, and at home here.
  const auto adopted = sign_on(world.idp, "google", owner.org_id, "ann", member.email);
  expect(adopted, 200);
  require_equal(adopted.text("/user/id"), member.user_id);
  newest_mail(member.email, "security_changed");
}

Test(sso_accounts, who_is_unknown_where_nobody_is_let_in_by_itself_is_refused) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google", false, "[]");
  verify(owner);
  const auto refused = sign_on(world.idp, "google", owner.org_id, "ann", fresh_email());
  expect_problem(refused, 403, "not_provisioned");
  require_equal(count("identity"), 0);
  // Linked by one who has signed in otherwise, it is known.
  expect(link(world.idp, owner, "google", owner.org_id, "ann"), 200);
  expect(sign_on(world.idp, "google", owner.org_id, "ann", fresh_email()), 200);
  newest_mail(owner.email, "security_changed");
  // Another's identity stays another's; one's own may be linked twice.
  const auto member = invite_and_accept(owner);
  expect_problem(link(world.idp, member, "google", owner.org_id, "ann"), 409, "identity_taken");
  expect(link(world.idp, owner, "google", owner.org_id, "ann"), 200);
  // Deactivated in the organization, or as an account.
  expect(link(world.idp, member, "google", owner.org_id, "bob"), 200);
  expect(owner.client().del("/api/v1/users/" + member.user_id, ""), 204);
  expect_problem(sign_on(world.idp, "google", owner.org_id, "bob", fresh_email()), 403, "not_provisioned");
  // Nobody links who is no member, has no verified address, or was signed in by a provider.
  const auto path = "/api/v1/auth/oauth/google/login/" + owner.org_id;
  const auto stranger = sign_up();
  expect_problem(stranger.client().get(path), 403, "email_unverified");
  verify(stranger);
  expect_problem(stranger.client().get(path), 403, "not_provisioned");
  const auto bound = sign_on(world.idp, "google", owner.org_id, "ann", fresh_email());
  expect_problem(with(bound).get(path), 403, "session_bound");
}

void reset_password(const std::string& email, const std::string& password) {
  expect(Client{}.post("/reset_password", object({{"email", email}})), 202);
  const auto token = newest_mail(email, "password_reset").token();
  expect(Client{}.post("/reset_password", object({{"token", token}, {"new_password", password}})), 204);
}

// Signs in again; the session looks `seconds` old to whoever asks.
Account aged(const Account& who, std::int64_t seconds) {
  auto again = account_of(expect(sign_in(who.email, who.password), 200), who.email);
  again.org_id = who.org_id;
  database().run("UPDATE session SET created_at = created_at - " + std::to_string(seconds) +
                 " WHERE user_id = " + binary(who.user_id));
  return again;
}

Test(sso_accounts, a_link_is_asked_for_fresh_from_the_sign_in_and_ends_with_the_session, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  verify(owner);
  make_provider(owner, "google", false, "[]");
  const auto path = "/api/v1/auth/oauth/google/login/" + owner.org_id;
  expect_problem(aged(owner, 301).client().get(path), 403, "reauthentication_required");
  require_equal(count("oauth_state"), 0);
  // Whoever had the token for a while has nothing when it is gone.
  const auto fresh = aged(owner, 0);
  const auto begun = begin("google", owner.org_id, fresh.client());
  const auto code = fresh_name("code");
  world.idp.grant(code, world.idp.key().token(payload_for(world.idp, begun, "thief", fresh_email())));
  expect(fresh.client().post("/logout", ""), 204);
  expect_problem(come_back(begun, code), 400, "oauth_state_invalid");
  require_equal(count("identity"), 0);
}

// The provider takes its time: it lets nobody in that is switched off meanwhile.
Test(sso_accounts, a_provider_that_is_switched_off_while_it_is_asked_lets_no_newcomer_in, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  world.idp.misbehave([&](const StubRequest& request) -> std::optional<StubReply> {
    if (request.path.find("token") != std::string::npos)
      tenantd::db::Connection{as_admin()}.run("UPDATE identity_provider SET status = 1 WHERE org_id = " +
                                              binary(owner.org_id));
    return std::nullopt;
  });
  expect_problem(sign_on(world.idp, "google", owner.org_id, "late", fresh_email()), 404, "not_found");
  require_equal(count("identity"), 0);
  require_equal(number_of("SELECT COUNT(*) FROM member WHERE org_id = " + binary(owner.org_id)), 1);
}

Test(sso_accounts, whoever_resets_the_password_ends_what_was_linked) {
  World world;
  const auto owner = sign_up();
  verify(owner);
  make_provider(owner, "google");
  expect(link(world.idp, owner, "google", owner.org_id, "thief"), 200);
  const auto begun = begin("google", owner.org_id, aged(owner, 0).client());
  reset_password(owner.email, "another-Passphrase-4711");
  require_equal(count("identity") + count("oauth_state"), 0);
  const auto code = fresh_name("code");
  world.idp.grant(code, world.idp.key().token(payload_for(world.idp, begun, "thief", fresh_email())));
  expect_problem(come_back(begun, code), 400, "oauth_state_invalid");
  // Who never had a password keeps the way in that made the account.
  const auto email = fresh_email();
  expect(sign_on(world.idp, "google", owner.org_id, "ann", email), 200);
  reset_password(email, "another-Passphrase-4712");
  require_equal(count("identity"), 1);
}

Test(sso_accounts, ones_own_identities_are_listed_and_unlinked, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  verify(owner);
  const auto other = sign_up();
  make_provider(owner, "google", false, "[]");
  expect(link(world.idp, owner, "google", owner.org_id, "ann"), 200);
  const auto list = owner.client().get("/api/v1/auth/identities");
  expect(list, 200);
  require_equal(list.size("/items"), 1U);
  require_equal(list.text("/items/0/issuer"), world.idp.issuer("google"));
  const auto one = "/api/v1/auth/identities/" + list.text("/items/0/id");
  require_equal(other.client().get("/api/v1/auth/identities").size("/items"), 0U);
  {
    Unchanged database;
    expect_problem(other.client().del(one, ""), 404, "not_found");
    expect_problem(owner.client().del("/api/v1/auth/identities/" + fresh_id(), ""), 404, "not_found");
    expect_problem(owner.client().del("/api/v1/auth/identities/x", ""), 404, "not_found");
    database.check("identities that are not one's own");
  }
  const auto bound = sign_on(world.idp, "google", owner.org_id, "ann", fresh_email());
  expect(with(bound).get("/api/v1/auth/identities"), 200);
  expect(owner.client().del(one, ""), 204);
  newest_mail(owner.email, "security_changed");
  expect_problem(sign_on(world.idp, "google", owner.org_id, "ann", fresh_email()), 403, "not_provisioned");
}

Test(sso_accounts, a_provider_that_is_switched_off_signs_nobody_in_and_keeps_what_is_set, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  const auto made = make_provider(owner, "google");
  const auto email = fresh_email();
  expect(sign_on(world.idp, "google", owner.org_id, "ann", email), 200);
  const auto begun = begin("google", owner.org_id);
  const auto one = "/api/v1/tenants/" + owner.org_id + "/identity-providers/" + made.text("/id");
  const auto off = owner.client().put(one, R"({"enabled":false})");
  expect(off, 200);
  require_equal(off.text("/allowed_domains/0"), "example.com");
  require(off.at("/auto_provision_users").GetBool(), off.describe());
  require(!off.at("/enabled").GetBool(), off.describe());
  expect_problem(Client{}.get("/api/v1/auth/oauth/google/login/" + owner.org_id), 404, "not_found");
  const auto code = fresh_name("code");
  world.idp.grant(code, world.idp.key().token(payload_for(world.idp, begun, "ann", email)));
  expect_problem(come_back(begun, code), 404, "not_found");
  expect(owner.client().put(one, R"({"enabled":true})"), 200);
  expect(sign_on(world.idp, "google", owner.org_id, "ann", email), 200);
}

Test(sso_accounts, a_known_identity_joins_another_organization_only_where_that_lets_people_in,
     .timeout = 120) {
  World world;
  const auto first = sign_up();
  const auto open = sign_up();
  const auto closed = sign_up();
  make_provider(first, "google");
  make_provider(open, "google", true, R"(["example.com"])", "viewer");
  make_provider(closed, "google", false, "[]");
  const auto email = fresh_email();
  const auto known = sign_on(world.idp, "google", first.org_id, "ann", email);
  expect_problem(sign_on(world.idp, "google", closed.org_id, "ann", email), 403, "not_provisioned");
  const auto joined = sign_on(world.idp, "google", open.org_id, "ann", email);
  expect(joined, 200);
  require_equal(joined.text("/user/id"), known.text("/user/id"));
  require_equal(stored_role(open.org_id, joined.text("/user/id")), "viewer");
  expect_problem(sign_on(world.idp, "google", open.org_id, "ann", "ann@elsewhere.example"), 403,
                 "domain_not_allowed");
}

Test(sso_accounts, a_session_that_a_provider_opened_is_good_for_its_organization_alone, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto person = sign_up("Own");
  verify(person);
  join(owner, person, "manager");
  expect(link(world.idp, person, "google", owner.org_id, "ann"), 200);
  const auto tokens = sign_on(world.idp, "google", owner.org_id, "ann", fresh_email());
  require_equal(tokens.text("/organization/id"), owner.org_id);
  const auto check = [&](Client client) {
    expect(client.get("/api/v1/members"), 200);
    expect_problem(client.get("/api/v1/organizations/" + person.org_id), 403, "session_bound");
    expect_problem(client.get("/api/v1/organizations/" + fresh_id()), 404, "not_found");
    expect_problem(client.post("/organization/select", object({{"org_id", person.org_id}})), 403,
                   "session_bound");
    expect(client.post("/organization/select", object({{"org_id", owner.org_id}})), 200);
    // Whom the person lets in, in all organizations.
    expect_problem(client.get("/api/v1/oauth/consents"), 403, "session_bound");
    expect_problem(client.del("/api/v1/oauth/consents/" + fresh_id(), ""), 403, "session_bound");
    for (const char* path :
         {"/users/list_orgs?include_total=true", "/api/v1/organizations?include_total=true"}) {
      const auto mine = client.get(path);
      require_equal(mine.size("/items"), 1U, mine.body);
      require_equal(mine.number("/total"), 1);
      require_equal(mine.text("/items/0/id"), owner.org_id);
    }
    for (const char* path :
         {"/stats/organization-users", "/stats/organization-role-users", "/role_wise_users"})
      require(client.get(path).body.find(person.org_id) == std::string::npos, path);
    require(client.get("/role_wise_users").body.find(R"({"role":"owner","users":1})") != std::string::npos,
            "owners");
    for (const char* path : {"/organization/register", "/api/v1/organizations"})
      expect_problem(client.post(path, R"({"name":"Another"})"), 403, "session_bound");
    expect_problem(client.post("/accept_invite", R"({"token":"x"})"), 403, "session_bound");
    expect_problem(client.get("/accept_invite?token=x"), 403, "session_bound");
    expect_problem(client.put("/api/v1/users/me", R"({"profile":{}})"), 403, "session_bound");
    for (const char* path : {"/api/v1/auth/history", "/api/v1/auth/security-events"})
      expect_problem(client.get(path), 403, "session_bound");
    expect_problem(
        client.post("/api/v1/auth/change-password",
                    object({{"current_password", person.password}, {"new_password", "x y z x y z x y z"}})),
        403, "session_bound");
    expect_problem(client.post("/api/v1/auth/mfa/enroll", object({{"password", person.password}})), 403,
                   "session_bound");
    expect(client.get("/users/me"), 200);
  };
  check(with(tokens));
  Client by_header = with(tokens);
  by_header.header("X-Tenant-Id", person.org_id);
  expect_problem(by_header.get("/api/v1/members"), 403, "session_bound");
  // Sessions elsewhere are neither seen nor ended.
  const auto sessions = "/api/v1/users/" + person.user_id + "/sessions";
  require(with(tokens).get(sessions).size("/items") < person.client().get(sessions).size("/items"),
          "sessions");
  expect(person.client().get("/users/me"), 200);
  // A refresh keeps the bond, and ends with the membership.
  const auto renewed = Client{}.post(
      "/refresh_token",
      object({{"refresh_token", with(tokens)
                                    .post("/organization/select", object({{"org_id", owner.org_id}}))
                                    .text("/refresh_token")}}));
  expect(renewed, 200);
  require_equal(renewed.text("/organization/id"), owner.org_id);
  check(with(renewed));
  expect(owner.client().del("/delete", object({{"user_id", person.user_id}, {"org_id", owner.org_id}})), 204);
  expect_problem(with(renewed).get("/users/me"), 401, "invalid_token");
  // The sweeper removes their rows.
  require_equal(number_of("SELECT COUNT(*) FROM tenantd_app.live_session WHERE bound_org_id IS NOT NULL"), 0);
  expect(person.client().get("/users/me"), 200);
}

Test(sso_accounts, a_super_admin_who_is_signed_in_by_a_provider_is_none) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  expect(sign_on(world.idp, "google", owner.org_id, "root", fresh_email()), 200);
  database().run("UPDATE user SET is_super = TRUE WHERE id = (SELECT user_id FROM identity)");
  const auto tokens = sign_on(world.idp, "google", owner.org_id, "root", fresh_email());
  auto client = with(tokens);
  require_equal(client.get("/api/v1/organizations").size("/items"), 1U);
  const auto other = sign_up();
  expect_problem(client.get("/api/v1/tenants/" + other.org_id + "/identity-providers"), 404, "not_found");
  expect_problem(client.get("/api/v1/tenants/" + owner.org_id + "/identity-providers"), 403, "forbidden");
}

Test(sso_accounts, an_account_with_a_second_factor_is_asked_for_it_and_stays_bound) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto person = sign_up("Own");
  verify(person);
  join(owner, person);
  expect(link(world.idp, person, "google", owner.org_id, "ann"), 200);
  const auto factor = enable_factor(person);
  forget_steps(person);
  const auto half = sign_on(world.idp, "google", owner.org_id, "ann", fresh_email());
  expect_problem(half, 401, "mfa_required");
  const auto whole = Client{}.post("/api/v1/auth/mfa/verify",
                                   object({{"mfa_token", half.text("/mfa_token")}, {"code", factor.code()}}));
  expect(whole, 200);
  require_equal(whole.text("/organization/id"), owner.org_id);
  expect_problem(with(whole).post("/organization/select", object({{"org_id", person.org_id}})), 403,
                 "session_bound");
}

Test(sso_accounts, what_a_squatter_linked_does_not_outlive_the_address_owners_coming, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "microsoft");
  const auto email = fresh_email("victim");
  const auto squatter = sign_on(world.idp, "microsoft", owner.org_id, kOid, email);
  expect(squatter, 200);
  expect(Client{}.post("/reset_password", object({{"email", email}})), 202);
  const auto token = newest_mail(email, "password_reset").token();
  expect(Client{}.post("/reset_password", object({{"token", token}, {"new_password", kPassword}})), 204);
  require_equal(count("identity"), 0);
  expect_problem(sign_on(world.idp, "microsoft", owner.org_id, kOid, email), 409, "email_taken");
}

Test(sso_accounts, an_organization_that_is_switched_off_has_no_sign_in, .timeout = 120) {
  World world;
  const auto owner = sign_up();
  make_provider(owner, "google");
  const auto begun = begin("google", owner.org_id);
  world.idp.grant("c", world.idp.key().token(payload_for(world.idp, begun, "ann", fresh_email())));
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(owner.org_id));
  expect_problem(come_back(begun, "c"), 404, "not_found");
  for (const auto& path : std::vector<std::string>{
           "google/login/" + owner.org_id, "google/login/no-such-slug", "google/login/x%20y",
           "microsoft/login/" + owner.org_id, "other/login/" + owner.org_id, "google/login/" + fresh_id()})
    expect_problem(Client{}.get("/api/v1/auth/oauth/" + path), 404, "not_found");
  database().run("UPDATE organization SET status = 0 WHERE id = " + binary(owner.org_id));
  expect(come_back(begun, "c"), 200);
}
