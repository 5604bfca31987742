// Single sign-on enforced: who of which members is let in by which session, through every door.
#include <criterion/criterion.h>

#include <regex>
#include <set>

#include "domains_fixture.hpp"
#include "support/audit.hpp"
#include "support/authenticator.hpp"
#include "support/node.hpp"
#include "support/oauth.hpp"
#include "support/passkey_device.hpp"
#include "support/roles.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

// An organization that has proven a domain and has a provider; one member of the domain, and a guest.
struct Enforcing : Domains {
  std::string domain = fresh_domain();
  Account owner = sign_up_verified();
  Account member = invite_and_accept(owner);
  Account guest = invite_and_accept(owner);

  explicit Enforcing(std::vector<std::string> more = {}) : Domains(std::move(more)) {
    prove(*this, owner, domain);
    make_provider(owner, "google", true, R"([")" + domain + R"("])");
    move_to(owner, domain);
    move_to(member, domain);
  }
  Response by_provider(const Account& who) {
    return sign_on(idp, "google", owner.org_id, who.user_id, who.email);
  }
};

Client with(const Response& tokens) { return std::move(Client{}.bearer(tokens.text("/access_token"))); }
// By the service's own Google, as one person there.
Response by_google(FakeProvider& idp, const std::string& email, Client client) {
  const auto begun = begin("social/google", "", std::move(client));
  const auto code = fresh_name("code");
  idp.grant(code, idp.key().token(payload_for(idp, begun, "4711", email, {{"email_verified", "true"}})));
  return come_back(begun, code);
}

constexpr const char* kInside = "/api/v1/projects";

void expect_named(const Response& refused, const Account& owner) {
  expect_problem(refused, 403, "sso_required");
  require_equal(refused.text("/organization"),
                text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id)));
}

}  // namespace

Test(sso_enforced, it_takes_a_proven_domain_and_an_active_provider, .timeout = 120) {
  Domains world;
  const auto owner = sign_up_verified();
  expect_problem(enforce(owner), 409, "domain_unproven");
  const auto name = fresh_domain();
  const auto claimed = claimed_by(owner, name);
  make_provider(owner, "google");
  expect_problem(enforce(owner), 409, "domain_unproven");
  world.set_record(claimed);
  expect(verify_domain(owner, claimed), 200);
  database().run("UPDATE identity_provider SET status = 1");
  expect_problem(enforce(owner), 409, "conflict");
  require_equal(number_of("SELECT SUM(sso_enforced) FROM organization"), 0);
  database().run("UPDATE identity_provider SET status = 0");
  expect(enforce(owner), 200);
  require(owner.client().get("/api/v1/domains/enforcement").at("/enforced").GetBool(), "it is on");
  newest_audit(owner, "sso.enforced");
  // What it stands on stays.
  expect_problem(owner.client().del(domain_path(claimed), ""), 409, "resource_in_use");
  expect(enforce(owner, false), 200);
  newest_audit(owner, "sso.released");
  expect(owner.client().del(domain_path(claimed), ""), 204);
}

Test(sso_enforced, sessions_of_before_are_shut_out_on_the_next_request_and_a_providers_is_let_in,
     .timeout = 180) {
  Enforcing world;
  expect(world.member.client().get(kInside), 200);
  expect(enforce(world.owner), 200);
  expect_named(world.member.client().get(kInside), world.owner);
  expect_named(world.member.client().header("X-Tenant-Id", world.owner.org_id).get(kInside), world.owner);
  // Guests of other domains, and the owner who did it, go on.
  expect(world.guest.client().get(kInside), 200);
  expect(world.owner.client().get(kInside), 200);
  const auto signed_on = world.by_provider(world.member);
  expect(signed_on, 200);
  expect(with(signed_on).get(kInside), 200);
  expect(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", signed_on.text("/refresh_token")}})),
         200);
  // Released, the old session counts again.
  expect(enforce(world.owner, false), 200);
  expect(world.member.client().get(kInside), 200);
}

Test(sso_enforced, every_door_is_closed_to_a_member_of_the_domain, .timeout = 240) {
  Enforcing world{{"SIGN_IN_CODE=true"}};
  const auto& member = world.member;
  const auto factor_holder = [&] {
    auto other = invite_and_accept(world.owner);
    move_to(other, world.domain);
    return other;
  }();
  const auto factor = enable_factor(factor_holder);
  expect(Client{}.post("/reset_password", object({{"email", member.email}})), 202);
  const auto reset = newest_mail(member.email, "password_reset").token();
  const auto second_step = second_step_of(factor_holder);
  const auto key = make_api_key(world.owner, R"(["projects:read"])");
  expect(by_google(world.idp, member.email, member.client()), 200);  // linked
  const auto asked = Client{}.post("/api/v1/auth/codes", object({{"email", member.email}}));
  expect(asked, 202);
  const auto cookie = asked.header("set-cookie");
  expect(enforce(world.owner), 200);
  const auto sessions = number_of("SELECT COUNT(*) FROM session");
  // Password, by each of its spellings.
  for (const auto* path : {"/api/v1/auth/login", "/signin", "/login", "/api/v1/auth/token"})
    expect_named(Client{}.post(path, object({{"email", member.email}, {"password", member.password}})),
                 world.owner);
  // The second factor after it, begun before and after.
  expect_named(
      Client{}.post("/api/v1/auth/mfa/verify", object({{"mfa_token", second_step}, {"code", factor.code()}})),
      world.owner);
  // A code by mail, and a provider of the service's own.
  std::smatch digits;
  const auto mail = newest_mail(member.email, "sign_in_code").text;
  require(std::regex_search(mail, digits, std::regex{"([0-9]{4}) ([0-9]{4})"}), mail);
  expect_named(Client{}
                   .header("Cookie", cookie.substr(0, cookie.find(';')))
                   .post("/api/v1/auth/codes/verify", object({{"code", digits[1].str() + digits[2].str()}})),
               world.owner);
  expect_named(by_google(world.idp, member.email, Client{}), world.owner);
  // A reset that would give a password.
  expect_named(Client{}.post("/reset_password",
                             object({{"token", reset}, {"new_password", "another-Passphrase-4711"}})),
               world.owner);
  // Refresh and selection.
  expect_named(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", member.refresh_token}})),
               world.owner);
  expect_named(member.client().post("/organization/select", object({{"org_id", world.owner.org_id}})),
               world.owner);
  // A wrong password tells nothing of it.
  expect_problem(Client{}.post("/api/v1/auth/login",
                               object({{"email", member.email}, {"password", "no such password"}})),
                 401, "invalid_credentials");
  require_equal(number_of("SELECT COUNT(*) FROM session"), sessions);
  // A key is the organization's to end, and no sign-in.
  expect(key.client().get(kInside), 200);
  // The account itself stays its owner's.
  expect(member.client().get("/api/v1/users/me"), 200);
}

Test(sso_enforced, nobody_becomes_a_guest_by_another_address, .timeout = 180) {
  Enforcing world;
  const auto& member = world.member;
  const auto change = [&](const std::string& to) {
    return member.client().post("/api/v1/auth/change-email",
                                object({{"new_email", to}, {"password", member.password}}));
  };
  const auto wanted = fresh_email();
  expect(change(wanted), 202);
  const auto begun = newest_mail(wanted, "email_change").token();
  expect(enforce(world.owner), 200);
  expect_named(change(fresh_email()), world.owner);
  expect_named(member.client().post("/api/v1/auth/verify-email", object({{"token", begun}})), world.owner);
  require_equal(text_of("SELECT email FROM user WHERE id = " + binary(member.user_id)), member.email);
}

Test(sso_enforced, a_passkey_opens_nothing_to_a_member_of_the_domain, .timeout = 180) {
  Enforcing world{{"PUBLIC_URL=http://localhost:@PORT@"}};
  const auto& url = world.stack.url();
  PasskeyDevice device{"http://localhost" + url.substr(url.rfind(':'))};
  const auto creation = world.member.client().post("/api/v1/auth/passkeys/options",
                                                   object({{"password", world.member.password}}));
  expect(creation, 200);
  device.user = *tenantd::base64url_decode(creation.text("/publicKey/user/id"));
  expect(world.member.client().post("/api/v1/auth/passkeys",
                                    R"({"name":"Phone","credential":)" + device.create(creation) + '}'),
         201);
  expect(enforce(world.owner), 200);
  const auto sessions = number_of("SELECT COUNT(*) FROM session");
  Client browser;
  const auto options = browser.post("/api/v1/auth/passkey/options", "{}");
  expect(options, 200);
  const auto cookie = options.header("set-cookie");
  browser.header("Cookie", cookie.substr(0, cookie.find(';')));
  expect_named(browser.post("/api/v1/auth/passkey/verify", R"({"credential":)" + device.use(options) + '}'),
               world.owner);
  require_equal(number_of("SELECT COUNT(*) FROM session"), sessions);
}

// Which rows answer with tokens: each is a door, and stands in a test here.
Test(sso_enforced, the_doors_of_the_table_are_those_that_are_tried) {
  std::set<std::string> doors;
  for (const auto& row : tenantd::api::routes())
    if (row.pair == tenantd::api::Pair::answered || row.pair == tenantd::api::Pair::exchanged)
      doors.emplace(row.path);
  const std::set<std::string> known{"/accept_invite",
                                    "/api/v1/auth/codes/verify",
                                    "/api/v1/auth/login",
                                    "/api/v1/auth/mfa/verify",
                                    "/api/v1/auth/oauth/{provider}/callback/{tenant}",
                                    "/api/v1/auth/passkey/verify",
                                    "/api/v1/auth/refresh",
                                    "/api/v1/auth/social/{provider}/callback",
                                    "/api/v1/auth/token",
                                    "/api/v1/setup",
                                    "/login",
                                    "/organization/select",
                                    "/refresh_token",
                                    "/setup",
                                    "/signin",
                                    "/signup",
                                    "/users/register"};
  for (const auto& door : doors) require(known.contains(door), "a door that nobody tries: " + door);
}

Test(sso_enforced, an_invited_newcomer_of_the_domain_joins_without_a_session, .timeout = 180) {
  Enforcing world;
  expect(enforce(world.owner), 200);
  const auto email = fresh_name("new") + '@' + world.domain;
  expect(invite(world.owner, email), 201);
  const auto accepted =
      Client{}.post("/accept_invite", object({{"token", invite_token(email)}, {"password", kPassword}}));
  expect(accepted, 200);
  require(!accepted.has("/access_token"), accepted.body);
  expect_named(sign_in(email, kPassword), world.owner);
  const auto user = text_of("SELECT HEX(id) FROM user WHERE email = " + literal(email));
  const auto signed_on = sign_on(world.idp, "google", world.owner.org_id, "new", email);
  expect(signed_on, 200);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), 1, user);
  expect(with(signed_on).get(kInside), 200);
}

Test(sso_enforced, who_belongs_elsewhere_too_signs_in_there_and_is_kept_out_here, .timeout = 180) {
  Enforcing world;
  const auto other = sign_up_verified();
  join(other, world.member);
  expect(enforce(world.owner), 200);
  const auto elsewhere = sign_in(world.member.email, world.member.password);
  expect(elsewhere, 200);
  require_equal(elsewhere.text("/organization/id"), other.org_id);
  expect(with(elsewhere).get(kInside), 200);
  expect_named(with(elsewhere).header("X-Tenant-Id", world.owner.org_id).get(kInside), world.owner);
  expect_named(with(elsewhere).post("/organization/select", object({{"org_id", world.owner.org_id}})),
               world.owner);
  // The old session goes on in the other organization.
  const auto refreshed =
      Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", world.member.refresh_token}}));
  expect(refreshed, 200);
  require_equal(refreshed.text("/organization/id"), other.org_id);
  // Nor does a provider of the other organization open this one.
  make_provider(other, "google");
  const auto by_other = sign_on(world.idp, "google", other.org_id, "elsewhere", world.member.email);
  if (by_other.status == 200)
    expect_problem(with(by_other).header("X-Tenant-Id", world.owner.org_id).get(kInside), 403,
                   "session_bound");
}

Test(sso_enforced, an_owners_password_works_is_told_each_time_and_ends_with_the_role, .timeout = 240) {
  Enforcing world;
  auto second = invite_and_accept(world.owner, "owner");
  move_to(second, world.domain);
  expect(second.client().get(kInside), 200);
  expect(enforce(world.owner), 200);
  // Not even an owner's session of before counts: nobody was told of it.
  expect_named(second.client().get(kInside), world.owner);
  for (std::size_t n = 1; n <= 2; ++n) {
    const auto opened = sign_in(second.email, second.password);
    expect(opened, 200);
    expect(with(opened).get(kInside), 200);
    require_equal(count_mails(world.owner.email, "sso_bypassed"), n);
    require_equal(count_mails(second.email, "sso_bypassed"), n);
    require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'sso.bypassed' AND actor_id = " +
                            binary(second.user_id)),
                  static_cast<std::int64_t>(n));
    require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'sso.bypassed'"),
                  static_cast<std::int64_t>(n));
  }
  const auto opened = sign_in(second.email, second.password);
  expect(with(opened).get(kInside), 200);
  // Demoted, the session is out on the next request, and the password opens nothing.
  expect(give(world.owner, second, "admin"), 200);
  expect_named(with(opened).get(kInside), world.owner);
  expect_named(sign_in(second.email, second.password), world.owner);
  // Made an owner again, by nobody's telling, the session of a member does not count.
  const auto bypasses = number_of("SELECT COUNT(*) FROM sso_bypass");
  expect_named(world.member.client().get(kInside), world.owner);
  database().run(
      "UPDATE member SET role_id = (SELECT id FROM role WHERE org_id = member.org_id AND name = 'owner') "
      "WHERE user_id = " +
      binary(world.member.user_id));
  expect_named(world.member.client().get(kInside), world.owner);
  require_equal(number_of("SELECT COUNT(*) FROM sso_bypass"), bypasses);
}

Test(sso_enforced, clients_go_by_the_session_that_let_them_in, .timeout = 240) {
  Enforcing world;
  const auto client =
      register_client(world.owner, {{"scopes", R"(["openid","offline_access","projects:read"])"}});
  const auto before = tokens_for(world.member, client, {{"scope", "openid offline_access projects:read"}});
  expect(before, 200);
  expect(with(before).get(kInside), 200);
  const auto signed_on = world.by_provider(world.member);
  expect(signed_on, 200);
  auto vouched = world.member;
  vouched.access_token = signed_on.text("/access_token");
  const auto by_provider = tokens_for(vouched, client, {{"scope", "openid offline_access projects:read"}});
  expect(by_provider, 200);
  expect(enforce(world.owner), 200);
  require_equal(with(before).get(kInside).status, 401);
  expect_oauth_error(refresh(client, before.text("/refresh_token")), 400, "invalid_grant");
  require(!introspect(client, before.text("/access_token")).at("/active").GetBool(), "inactive");
  expect(with(by_provider).get(kInside), 200);
  expect(refresh(client, by_provider.text("/refresh_token")), 200);
}

Test(sso_enforced, a_domain_that_is_unproven_or_another_binds_nobody, .timeout = 180) {
  Enforcing world;
  auto below = invite_and_accept(world.owner), beside = invite_and_accept(world.owner);
  move_to(below, "mail." + world.domain);
  move_to(beside, "x" + world.domain);
  // A claim of theirs binds nobody.
  claimed_by(world.owner, "mail." + world.domain);
  expect(enforce(world.owner), 200);
  for (const auto* who : {&below, &beside, &world.guest}) {
    expect(who->client().get(kInside), 200);
    expect(sign_in(who->email, who->password), 200);
  }
  // Nor does a domain that another organization has proven.
  const auto other = sign_up_verified();
  auto theirs = invite_and_accept(other);
  move_to(theirs, world.domain);
  expect(theirs.client().get(kInside), 200);
  expect(sign_in(theirs.email, theirs.password), 200);
}

Test(sso_enforced, who_signs_in_by_the_provider_joins_with_an_address_of_the_proven_domain_alone,
     .timeout = 240) {
  Enforcing world;
  const auto stranger_in = [&](const std::string& domain) {
    auto account = sign_up_verified();
    move_to(account, domain);
    return account;
  };
  const auto provider = "/api/v1/tenants/" + world.owner.org_id + "/identity-providers";
  const auto id = world.owner.client().get(provider).text("/items/0/id");
  expect(world.owner.client().put(provider + '/' + id,
                                  R"({"allowed_domains":[")" + world.domain + R"(","other.example.com"]})"),
         200);
  // Of the proven domain: the account joins, and stays one.
  const auto mine = stranger_in(world.domain);
  const auto joined = world.by_provider(mine);
  expect(joined, 200);
  require_equal(joined.text("/user/id"), mine.user_id);
  require_equal(joined.text("/organization/id"), world.owner.org_id);
  newest_mail(mine.email, "security_changed");
  // Of another domain, of an address that nobody has verified, of a super-admin: not.
  const auto other = stranger_in("other.example.com");
  expect_problem(sign_on(world.idp, "google", world.owner.org_id, "other", other.email), 409, "email_taken");
  const auto unverified = stranger_in(world.domain);
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(unverified.user_id));
  expect_problem(world.by_provider(unverified), 409, "email_taken");
  const auto super = stranger_in(world.domain);
  database().run("UPDATE user SET is_super = TRUE WHERE id = " + binary(super.user_id));
  expect_problem(world.by_provider(super), 409, "email_taken");
  // A domain that is another organization's counts there alone.
  const auto rival = sign_up_verified();
  make_provider(rival, "google", true, R"([")" + world.domain + R"("])");
  const auto theirs = stranger_in(world.domain);
  expect_problem(sign_on(world.idp, "google", rival.org_id, "rival", theirs.email), 409, "email_taken");
  // A claim is not enough, nor what was given up.
  database().run("UPDATE domain SET proven_at = NULL");
  expect_problem(world.by_provider(theirs), 409, "email_taken");
}

Test(sso_enforced, the_sign_in_page_leads_to_the_provider_and_mails_a_code, .timeout = 300) {
  Enforcing world{{"SIGN_IN_CODE=true"}};
  expect(enforce(world.owner), 200);
  const auto other = sign_up_verified();
  browse("console_ways.mjs",
         {other.email, setting("MAIL_DIR"), "new@" + world.domain,
          text_of("SELECT name FROM organization WHERE id = " + binary(world.owner.org_id))});
}
