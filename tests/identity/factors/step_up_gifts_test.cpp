// What gives or loosens a way in for others wants a fresh proof too.
#include <criterion/criterion.h>

#include <utility>
#include <vector>

#include "step_up_fixture.hpp"
#include "support/authenticator.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/roles.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

Test(step_up, nobody_gets_what_gives_the_organization_away_by_an_old_proof) {
  const MovedClock clock;
  const auto ada = sign_up_verified();
  const auto bob = invite_and_accept(ada, "member");
  const auto made = make_role(ada, "deputy", R"(["projects:read"])");
  clock.set(kTooOld);
  const auto as = [&](const char* role) {
    return std::vector<std::pair<const char*, std::pair<std::string, std::string>>>{
        {"POST", {"/update_member_role", object({{"user_id", bob.user_id}, {"new_role_name", role}})}},
        {"PUT", {"/api/v1/members/" + bob.user_id + "/role", object({{"new_role_name", role}})}},
        {"PUT", {"/api/v1/users/" + bob.user_id, object({{"role", role}})}},
        {"POST", {"/invite_member", object({{"email", fresh_email()}, {"role", role}})}},
        {"POST",
         {"/api/v1/users", object({{"email", fresh_email()}, {"last_name", "Eve"}, {"role", role}})}}};
  };
  const auto change = R"({"name":"deputy","permissions":["projects:read","tenant:transfer"]})";
  const auto send = [&](const char* method, const std::string& path, const std::string& body) {
    return std::string_view{method} == "PUT" ? ada.client().put(path, body) : ada.client().post(path, body);
  };
  {
    Unchanged database;
    for (const auto& [method, request] : as("owner"))
      expect_wants_proof(send(method, request.first, request.second));
    expect_wants_proof(ada.client().put(path_of(made), change));
    database.check("an old proof");
  }
  for (const auto& [method, request] : as("viewer"))
    require(send(method, request.first, request.second).status < 300, request.first);
  expect(ada.client().post(kStepUp, object({{"password", ada.password}})), 200);
  for (const auto& [method, request] : as("owner"))
    require(send(method, request.first, request.second).status < 300, request.first);
  expect(ada.client().put(path_of(made), change), 200);
  // What stays as it is gives nobody anything.
  clock.set(2 * kTooOld);
  const auto refreshed = account_of(
      expect(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", ada.refresh_token}})), 200),
      ada.email);
  expect(refreshed.client().put("/api/v1/users/" + bob.user_id, object({{"role", "owner"}})), 200);
  expect(refreshed.client().put(path_of(made), change), 200);
  expect_wants_proof(try_row(refreshed));
}

Test(step_up, a_role_that_lets_others_in_is_given_by_a_fresh_proof_alone) {
  const MovedClock clock;
  const auto ada = sign_up_verified();
  const auto bob = invite_and_accept(ada, "member");
  const auto made = make_role(ada, "connector", R"(["projects:read","webhooks:manage"])");
  const auto gone = invite_and_accept(ada, "admin");
  const auto back = "/api/v1/users/" + gone.user_id;
  expect(ada.client().put(back, R"({"status":"inactive"})"), 200);
  const auto invited = invite(ada, fresh_email(), "admin");
  const auto resend = "/api/v1/invites/" + expect(invited, 201).text("/id") + "/resend";
  clock.set(kTooOld);
  {
    Unchanged database;
    for (const char* role : {"admin", "connector"}) {
      expect_wants_proof(invite(ada, fresh_email(), role));
      expect_wants_proof(give(ada, bob, role));
    }
    expect_wants_proof(ada.client().post(resend, "{}"));
    expect_wants_proof(ada.client().put(back, R"({"status":"active"})"));
    expect_wants_proof(ada.client().put(
        path_of(made),
        R"({"name":"connector","permissions":["projects:read","webhooks:manage","api_keys:manage"]})"));
    database.check("an old proof");
  }
  // What lets nobody else in is given as ever, and so is less.
  expect(give(ada, bob, "manager"), 200);
  expect(invite(ada, fresh_email(), "manager"), 201);
  expect(ada.client().put(path_of(made), R"({"name":"connector","permissions":["webhooks:manage"]})"), 200);
  expect(show(ada, {{"password", ada.password}}), 200);
  expect(give(ada, bob, "admin"), 200);
  expect(ada.client().post(resend, "{}"), 200);
  expect(ada.client().put(back, R"({"status":"active"})"), 200);
}

Test(step_up, the_rules_of_signing_in_are_loosened_by_a_fresh_proof_alone) {
  const MovedClock clock;
  const auto ada = sign_up_verified();
  enable_factor(ada);
  const auto super = signed_in_super_admin();
  const auto path = "/api/v1/organizations/" + ada.org_id;
  const auto settings = "/api/v1/tenants/" + ada.org_id + "/settings";
  const auto set = [&](const char* body) { return ada.client().put(path, body); };
  expect(
      set(R"({"require_mfa":true,"mail_code":false,"session_idle_seconds":3600,"session_max_seconds":7200})"),
      200);
  clock.set(kTooOld);
  {
    Unchanged database;
    for (const char* body : {R"({"require_mfa":false})", R"({"mail_code":true})", R"({"self_approval":true})",
                             R"({"session_idle_seconds":3601})", R"({"session_max_seconds":null})"})
      expect_wants_proof(set(body));
    expect_wants_proof(super.client().put(settings, R"({"require_mfa":false})"));
    database.check("an old proof");
  }
  // What is as strict as before, or stricter, and what is no such rule.
  expect(set(R"({"name":"Acme and Sons","session_idle_seconds":1800,"require_mfa":true})"), 200);
  expect(super.client().put(settings, R"({"require_mfa":true})"), 200);
}
