// How a person signed in, as clients are told and as they may ask: acr, amr, auth_time, acr_values, max_age.
#include <criterion/criterion.h>

#include <map>

#include "support/authenticator.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/oauth.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

std::string error_at(const std::string& location) { return query_of(location, "error"); }

// With a second factor, in a session that showed it.
Account with_two_factors(const Account& account, const Factor& factor) {
  const auto token = second_step_of(account);
  forget_steps(account);
  return account_of(expect(Client{}.post("/api/v1/auth/mfa/verify",
                                         object({{"mfa_token", token}, {"code", factor.code()}})),
                           200),
                    account.email);
}

}  // namespace

Test(oauth_levels, a_level_that_nobody_can_reach_is_told_to_the_client) {
  const auto owner = sign_up_verified();
  const auto client = register_client(owner);
  require_equal(
      error_at(
          ask(authorization(client, {{"acr_values", "urn:mace:incommon:iap:silver"}})).header("location")),
      "unmet_authentication_requirements");
  // The person has one factor.
  const auto request = request_in(ask(authorization(client, {{"acr_values", "aal2"}})));
  require_equal(error_at(expect(decide(owner, request), 200).text("/redirect_to")),
                "unmet_authentication_requirements");
  require_equal(number_of("SELECT COUNT(*) FROM oauth_code WHERE user_id = " + binary(owner.user_id)), 0);
  // One is enough where one of several levels is.
  for (const std::string values : {"aal1", "aal2 aal1", "unknown aal1"})
    require_equal(error_at(let_in(owner, client, {{"acr_values", values}})), "", values);
}

Test(oauth_levels, two_factors_are_asked_for_of_who_has_them_and_told_to_the_client) {
  const auto owner = sign_up_verified();
  const auto client = register_client(owner);
  const auto plain = tokens_for(owner, client, {{"scope", "openid"}});
  for (const auto& token : {plain.text("/id_token"), plain.text("/access_token")}) {
    const auto payload = payload_of(token);
    require(payload.find("\"acr\":\"aal1\"") != std::string::npos &&
                payload.find("\"amr\":[\"pwd\"]") != std::string::npos &&
                payload.find("\"auth_time\":") != std::string::npos,
            payload);
  }
  const auto factor = enable_factor(owner);
  database().run("UPDATE session SET second_factor = FALSE WHERE user_id = " + binary(owner.user_id));
  const auto stale = account_of(
      expect(Client{}.post("/api/v1/auth/refresh", object({{"refresh_token", owner.refresh_token}})), 200),
      owner.email);
  const auto request = request_in(ask(authorization(client, {{"acr_values", "aal2"}})));
  require_equal(expect(decide(stale, request), 200).text("/ask"), "login");
  const auto strong = with_two_factors(owner, factor);
  const auto tokens = tokens_for(strong, client, {{"scope", "openid"}, {"acr_values", "aal2"}});
  const auto payload = payload_of(expect(tokens, 200).text("/id_token"));
  require(payload.find("\"acr\":\"aal2\"") != std::string::npos &&
              payload.find("\"amr\":[\"pwd\",\"otp\",\"mfa\"]") != std::string::npos,
          payload);
  const auto told = introspect(client, tokens.text("/access_token"));
  require_equal(expect(told, 200).text("/acr"), "aal2");
  require(told.number("/auth_time") > 0 && told.text("/amr/2") == "mfa", told.body);
}

Test(oauth_levels, showing_again_who_one_is_answers_max_age_and_prompt_login) {
  const MovedClock clock;
  const auto owner = sign_up_verified();
  const auto client = register_client(owner);
  clock.set(300);
  const auto old = request_in(ask(authorization(client, {{"max_age", "60"}})));
  const auto login = request_in(ask(authorization(client, {{"prompt", "login"}})));
  for (const auto& request : {old, login})
    require_equal(expect(decide(owner, request), 200).text("/ask"), "login");
  clock.set(310);
  expect(owner.client().post("/api/v1/auth/step-up", object({{"password", owner.password}})), 200);
  for (const auto& request : {old, login})
    require(!query_of(expect(decide(owner, request), 200).text("/redirect_to"), "code").empty(), "a code");
}

Test(oauth_levels, a_token_that_the_organization_asks_more_for_is_worth_nothing_to_who_asks) {
  const auto owner = sign_up_verified();
  const auto client = register_client(owner);
  const std::map<std::string, std::string> demands{{"require_mfa", "mfa_enrollment_required"},
                                                   {"require_passkey", "sign_in_way_refused"}};
  for (const auto& [demand, refusal] : demands) {
    const auto token =
        expect(tokens_for(owner, client, {{"scope", "openid projects:read"}}), 200).text("/access_token");
    require(introspect(client, token).at("/active").GetBool(), demand);
    const auto set = [&](const char* to) {
      database().run("UPDATE organization SET " + demand + " = " + to +
                     " WHERE id = " + binary(owner.org_id));
      // What was written past the service counts at the next change that was not.
      expect(super_admin().client().put("/api/v1/tenants/" + owner.org_id,
                                        object({{"name", fresh_name("org")}})),
             200);
    };
    set("TRUE");
    expect_problem(Client{}.bearer(token).get("/api/v1/projects"), 403, refusal);
    require_equal(introspect(client, token).body, R"({"active":false})", demand);
    set("FALSE");
    require(introspect(client, token).at("/active").GetBool(), demand);
  }
}
