// What wants a fresh proof of who is signed in: which rows, what is a proof, and whose.
#include <criterion/criterion.h>

#include <map>
#include <regex>
#include <set>

#include "step_up_fixture.hpp"
#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/fixtures.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/oauth.hpp"
#include "support/private_stack.hpp"
#include "support/roles.hpp"
#include "support/super_admin.hpp"
#include "tenantd/api/route.hpp"

using namespace tenantd::test;
using tenantd::api::Access;
using tenantd::api::Route;

namespace {

constexpr const char* kStepUpCodes = "/api/v1/auth/step-up/codes";

// Written down once more, so that no row loses it by an oversight.
const std::set<std::string> kWanting = {
    "POST /api/v1/auth/change-email",
    "POST /api/v1/auth/change-password",
    "DELETE /api/v1/auth/identities/{identity_id}",
    "POST /api/v1/auth/mfa/enroll",
    "POST /api/v1/auth/mfa/confirm",
    "POST /api/v1/auth/mfa/disable",
    "POST /api/v1/auth/mfa/recovery-codes",
    "POST /api/v1/auth/passkeys/options",
    "POST /api/v1/auth/passkeys/{passkey_id}/remove",
    "POST /api/v1/users/me/export",
    "POST /api/v1/users/me/erase",
    "POST /api/v1/admin/users/{user_id}/export",
    "POST /api/v1/admin/users/{user_id}/erase",
    "POST /api/v1/api-keys",
    "DELETE /api/v1/api-keys/{key_id}",
    "POST /api/v1/tenants/{org_id}/identity-providers/microsoft",
    "POST /api/v1/tenants/{org_id}/identity-providers/google",
    "PUT /api/v1/tenants/{org_id}/identity-providers/{provider_id}",
    "DELETE /api/v1/tenants/{org_id}/identity-providers/{provider_id}",
    "POST /api/v1/tenants/{org_id}/oidc-providers",
    "PUT /api/v1/tenants/{org_id}/oidc-providers/{oidc_provider_id}",
    "DELETE /api/v1/tenants/{org_id}/oidc-providers/{oidc_provider_id}",
    "POST /api/v1/domains",
    "DELETE /api/v1/domains/{domain_id}",
    "POST /api/v1/domains/{domain_id}/verify",
    "PUT /api/v1/domains/enforcement",
    "PUT /api/v1/scim/roles",
    "POST /api/v1/oauth/clients",
    "PUT /api/v1/oauth/clients/{client_id}",
    "DELETE /api/v1/oauth/clients/{client_id}",
    "POST /api/v1/oauth/clients/{client_id}/rotate-secret",
    "POST /api/v1/admin/oauth/clients",
    "PUT /api/v1/admin/oauth/clients/{client_id}",
    "DELETE /api/v1/admin/oauth/clients/{client_id}",
    "POST /api/v1/admin/oauth/clients/{client_id}/rotate-secret",
    "POST /api/v1/admin/oauth/registration-tokens",
    "DELETE /api/v1/admin/oauth/registration-tokens/{token_id}",
    "POST /api/v1/service-accounts",
    "PUT /api/v1/service-accounts/{service_account_id}",
    "DELETE /api/v1/service-accounts/{service_account_id}",
    "POST /api/v1/service-accounts/{service_account_id}/keys",
    "POST /api/v1/service-accounts/{service_account_id}/rotate-key",
    "DELETE /api/v1/service-accounts/{service_account_id}/keys/{account_key_id}",
    "POST /api/v1/streams",
    "PUT /api/v1/streams/{stream_id}",
    "DELETE /api/v1/streams/{stream_id}",
    "POST /api/v1/streams/{stream_id}/rotate-secret",
    "POST /api/v1/admin/streams",
    "PUT /api/v1/admin/streams/{stream_id}",
    "DELETE /api/v1/admin/streams/{stream_id}",
    "POST /api/v1/admin/streams/{stream_id}/rotate-secret",
    "POST /api/v1/webhooks",
    "PUT /api/v1/webhooks/{webhook_id}",
    "DELETE /api/v1/webhooks/{webhook_id}",
    "POST /api/v1/webhooks/{webhook_id}/rotate-secret",
    "DELETE /api/v1/organizations/{org_id}",
    "POST /api/v1/organizations/{org_id}/transfer-ownership",
    "DELETE /api/v1/tenants/{tenant_id}"};

std::string label_of(const Route& route) {
  return std::string{tenantd::http::method_name(route.method)} + ' ' + std::string{route.path};
}

// With a body that says nothing.
Call bare_call(const Route& route, const Account& account) {
  Call call;
  call.method = tenantd::http::method_name(route.method);
  call.path = route.path;
  for (auto open = call.path.find('{'); open != std::string::npos; open = call.path.find('{')) {
    const auto close = call.path.find('}', open);
    const bool own = call.path.substr(open + 1, close - open - 1) == "org_id";
    call.path.replace(open, close - open + 1, own ? account.org_id : fresh_id());
  }
  if (!route.body.empty()) call.body = "{}";
  return call;
}

std::string mailed_digits(const std::string& email) {
  const auto text = newest_mail(email, "sign_in_code").text;
  std::smatch found;
  require(std::regex_search(text, found, std::regex{"([0-9]{4}) ([0-9]{4})"}), "no code in " + text);
  return found[1].str() + found[2].str();
}

std::string code_for(const Account& account) {
  expect(account.client().post(kStepUpCodes), 202);
  return mailed_digits(account.email);
}

void forget_password(const Account& account) {
  database().run("UPDATE user SET password = NULL WHERE id = " + binary(account.user_id));
}

}  // namespace

Test(step_up, every_row_that_wants_a_proof_refuses_an_old_session_and_takes_one_that_was_given,
     .timeout = 300) {
  const MovedClock clock;
  const auto owner = sign_up_verified();
  const auto super = signed_in_super_admin();
  std::set<std::string> found;
  clock.set(kTooOld);
  const auto walk = [&](const auto& judge) {
    for (const auto& route : tenantd::api::routes()) {
      if (!route.step_up) continue;
      found.insert(label_of(route));
      const auto& who = route.handler.access == Access::super ? super : owner;
      judge(route, who.client().send(bare_call(route, who)));
    }
  };
  {
    Unchanged database;
    walk([&](const Route& route, const Response& reply) {
      require(reply.status == 403, label_of(route) + ": " + reply.describe());
      expect_wants_proof(reply);
      database.check(label_of(route));
    });
  }
  require(found == kWanting, "the rows are not those of this list");
  expect(show(owner, {{"password", owner.password}}), 200);
  expect(show(super, {{"password", super.password}}), 200);
  walk([](const Route& route, const Response& reply) {
    const bool is_taken = reply.status < 500 && reply.status != 403 &&
                          (reply.status != 401 || reply.text("/code") == "mfa_invalid");
    require(is_taken, label_of(route) + ": " + reply.describe());
  });
  // Ten minutes later it is over.
  clock.set(2 * kTooOld);
  const auto renewed = account_of(
      expect(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", owner.refresh_token}})), 200),
      owner.email);
  expect_wants_proof(try_row(renewed));
}

Test(step_up, a_sign_in_counts_for_ten_minutes_and_a_refresh_makes_it_no_younger) {
  const MovedClock clock;
  const auto ada = sign_up();
  clock.set(kTooOld - 60);
  expect_problem(try_row(ada), 422, "validation_failed");
  const auto renewed = account_of(
      expect(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", ada.refresh_token}})), 200),
      ada.email);
  clock.set(kTooOld);
  expect_wants_proof(try_row(renewed));
  // One session's proof is no other's.
  const auto other = account_of(expect(sign_in(ada.email, ada.password), 200), ada.email);
  expect_problem(try_row(other), 422, "validation_failed");
  expect_wants_proof(try_row(renewed));
}

Test(step_up, a_password_in_the_body_counts_at_once_and_a_wrong_one_does_not) {
  const MovedClock clock;
  const auto ada = sign_up_verified();
  clock.set(kTooOld);
  const auto enroll = "/api/v1/auth/mfa/enroll";
  expect_wants_proof(ada.client().post(enroll, "{}"));
  const auto wrong = ada.client().post(enroll, object({{"password", "not this one at all"}}));
  expect_problem(wrong, 403, "reauthentication_required");
  require(!wants_proof(wrong), "the body's proof was judged");
  expect(ada.client().post(enroll, object({{"password", ada.password}})), 200);
  // It made the session no younger.
  expect_wants_proof(try_row(ada));
  expect(ada.client().post(
             "/api/v1/auth/change-password",
             object({{"current_password", ada.password}, {"new_password", "marble lantern 79 quick"}})),
         204);
}

Test(step_up, all_that_the_account_has_is_asked_for_and_stands_for_what_rows_ask_in_their_bodies) {
  const auto ada = sign_up_verified();
  const auto factor = enable_factor(ada);
  forget_steps(ada);
  const auto ways = ada.client().get(kStepUp);
  require(expect(ways, 200).at("/ways/password").GetBool() && ways.at("/ways/code").GetBool() &&
              !ways.at("/ways/passkey").GetBool(),
          ways.body);
  {
    Unchanged database;
    expect_problem(show(ada, {{"password", ada.password}}), 403, "reauthentication_required");
    expect_problem(show(ada, {{"code", factor.code()}}), 403, "reauthentication_required");
    expect_problem(show(ada, {{"mail_code", "12345678"}, {"code", factor.code()}}), 403,
                   "reauthentication_required");
    expect_problem(ada.client().post(kStepUp, "{}"), 403, "reauthentication_required");
    expect_problem(ada.client().post(kStepUp, object({{"password", "x"}, {"email", "x"}})), 422,
                   "validation_failed");
    database.check("half a proof");
  }
  expect_problem(show(ada, {{"password", ada.password}, {"code", "000000"}}), 403,
                 "reauthentication_required");
  // A fresh sign-in alone does not take a factor away.
  const auto off = "/api/v1/auth/mfa/disable";
  expect_problem(ada.client().post(off, "{}"), 403, "reauthentication_required");
  const auto reply = show(ada, {{"password", ada.password}, {"code", factor.code()}});
  require_equal(expect(reply, 200).text("/acr"), "aal2");
  require_equal(reply.number("/fresh_until"), reply.number("/auth_time") + 600);
  require_equal(number_of("SELECT COUNT(*) FROM account_event WHERE type = 'session.proven' AND user_id = " +
                          binary(ada.user_id)),
                1);
  require_equal(number_of("SELECT COUNT(*) FROM audit_log WHERE action = 'session.proven' AND actor_id = " +
                          binary(ada.user_id)),
                1);
  expect(ada.client().post(off, "{}"), 204);
}

Test(step_up, an_account_without_a_password_shows_a_mailed_code_of_its_own_session) {
  const MovedClock clock;
  const auto ada = sign_up_verified(), eve = sign_up_verified();
  const auto elsewhere = account_of(expect(sign_in(ada.email, ada.password), 200), ada.email);
  forget_password(ada);
  clock.set(kTooOld);
  expect_wants_proof(try_row(ada));
  expect_problem(show(ada, {{"password", ada.password}}), 403, "reauthentication_required");
  const auto of_eve = code_for(eve);
  const auto of_ada = code_for(ada);
  expect_problem(show(ada, {{"mail_code", of_eve == of_ada ? "00000000" : of_eve}}), 403,
                 "reauthentication_required");
  expect_problem(show(eve, {{"mail_code", of_ada}}), 403, "reauthentication_required");
  expect_problem(show(elsewhere, {{"mail_code", of_ada}}), 403, "reauthentication_required");
  expect_wants_proof(try_row(ada));
  const auto reply = show(ada, {{"mail_code", of_ada}});
  require_equal(expect(reply, 200).text("/acr"), "aal1");
  expect_problem(try_row(ada), 422, "validation_failed");
  expect_wants_proof(try_row(elsewhere));
  expect_problem(show(ada, {{"mail_code", of_ada}}), 403, "reauthentication_required");
  // What asks for a password of those who have one.
  expect(ada.client().post("/api/v1/auth/mfa/enroll", "{}"), 200);
  // Five guesses, and none more.
  const auto next = code_for(ada);
  for (int i = 0; i < 5; ++i)
    expect_problem(show(ada, {{"mail_code", next == "00000001" ? "00000002" : "00000001"}}), 403,
                   "reauthentication_required");
  expect_problem(show(ada, {{"mail_code", next}}), 403, "reauthentication_required");
}

Test(step_up, who_acts_in_anothers_name_proves_nothing_for_them) {
  const auto admin = new_super_admin();
  const auto owner = sign_up_verified("Tenant");
  const auto acting = acting_as(admin, owner, owner);
  Unchanged database;
  for (const auto& password : {owner.password, admin.password})
    expect_problem(show(acting, {{"password", password}}), 403, "impersonating");
  expect_problem(acting.client().post(kStepUpCodes), 403, "impersonating");
  expect_problem(try_row(acting), 403, "impersonating");
  database.check("acting");
}

Test(step_up, a_session_of_a_provider_proves_itself_by_the_mailbox) {
  FakeProvider idp;
  const PrivateStack stack{[&] {
    auto settings = idp.settings();
    settings.push_back("CLOCK_OFFSET_FILE=" + setting("CLOCK_OFFSET_FILE"));
    return settings;
  }()};
  stack.take_the_suites_place();
  const MovedClock clock;
  const auto owner = sign_up_verified();
  make_provider(owner, "google", true, R"(["example.com"])", "admin");
  const auto email = fresh_email("ann");
  const auto ann = account_of(expect(sign_on(idp, "google", owner.org_id, "ann", email), 200), email);
  // The provider vouches in its organization, not for the account.
  expect_problem(try_row(ann), 422, "validation_failed");
  expect_problem(ann.client().post("/api/v1/auth/mfa/enroll", "{}"), 403, "reauthentication_required");
  clock.set(kTooOld);
  expect_wants_proof(try_row(ann));
  require_equal(expect(ann.client().get(kStepUp), 200).at("/ways/mail_code").GetBool(), true);
  expect(show(ann, {{"mail_code", code_for(ann)}}), 200);
  expect_problem(try_row(ann), 422, "validation_failed");
  expect(ann.client().post("/api/v1/auth/mfa/enroll", "{}"), 200);
}

Test(step_up, a_key_is_no_session_and_a_client_is_told_how_old_a_sign_in_it_needs) {
  const MovedClock clock;
  const auto owner = sign_up_verified();
  const auto key = make_api_key(owner, R"(["webhooks:manage"])");
  const auto client = register_client(owner, {{"scopes", R"(["openid","webhooks:manage"])"}});
  const auto tokens = tokens_for(owner, client, {{"scope", "openid webhooks:manage"}});
  Account app = owner;
  app.access_token = expect(tokens, 200).text("/access_token");
  const auto webhook = [](Client caller) { return caller.post("/api/v1/webhooks", "{}"); };
  expect_problem(webhook(app.client()), 422, "validation_failed");
  clock.set(kTooOld);
  expect_problem(webhook(key.client()), 422, "validation_failed");
  expect_wants_proof(webhook(app.client()));
  // The client's person shows it here, and the client asks anew.
  expect(show(owner, {{"password", owner.password}}), 200);
  expect_wants_proof(webhook(app.client()));
  const auto newer = tokens_for(owner, client, {{"scope", "openid webhooks:manage"}, {"max_age", "600"}});
  app.access_token = expect(newer, 200).text("/access_token");
  expect_problem(webhook(app.client()), 422, "validation_failed");
}
