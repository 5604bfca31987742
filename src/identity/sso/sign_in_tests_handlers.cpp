#include "identity/sso/sign_in_tests.hpp"

#include "identity/sso/state_cookie.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

service::Asker tester_of(const Session& session) { return {session.user(), session.principal().session}; }

Response begin_sign_in_test(const Request& request, const Session& session, const TenantScope& scope,
                            Txn& txn) {
  return begun_reply(
      request, service::begin_sign_in_test(txn, request.context, scope, request.http.path_value("provider"),
                                           tester_of(session)));
}

void put_claims(JsonOut& json, const service::Claims& claims) {
  json.field("subject", claims.subject)
      .field("email", claims.email ? std::optional{claims.email->str()} : std::nullopt)
      .key("profile")
      .raw(claims.profile)
      .key("groups");
  if (!claims.groups) {
    json.value(nullptr);
    return;
  }
  json.begin_array();
  for (const auto& group : *claims.groups) json.value(group);
  json.end_array();
}

Response finish_sign_in_test(const Request& request, const Session& session, const TenantScope& scope,
                             Txn& txn) {
  const auto answer = answer_of(request);
  const auto tested =
      service::finish_sign_in_test(txn, request.context, scope, request.http.path_value("provider"), answer,
                                   cookies_of(request), tester_of(session));
  JsonOut json;
  json.begin_object().field("signs_in", !tested.refused).field("issuer", tested.issuer).key("code");
  if (tested.refused) {
    json.value(error_name(*tested.refused));
    json.field("title", error_title(*tested.refused));
  } else {
    json.value(nullptr);
    json.key("title").value(nullptr);
  }
  json.field("detail", tested.why.empty() ? std::nullopt : std::optional{tested.why}).key("person");
  if (tested.claims) {
    json.begin_object();
    put_claims(json, *tested.claims);
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.field("role_name", tested.role_name.empty() ? std::nullopt : std::optional{tested.role_name})
      .end_object();
  return with_cookie_dropped(request, answer.state, token_response(json));
}

constexpr auto kSignInTestsRows = section(
    "Single sign-on",
    {
        {.method = POST,
         .path = "/api/v1/tenants/{org_id}/sign-in-tests/{provider}",
         .handler = begin_sign_in_test,
         .permission = identity_providers_manage,
         .super_too = true,
         .changes_nothing = true,
         .rate = Rate::outbound,
         .reply = ok("single_sign_on"),
         .refuses = {not_found, url_refused, provider_unavailable},
         .name = "startSignInTest",
         .summary = "Begin a test of a sign-in by microsoft, google or a provider's slug"},
        {.method = POST,
         .path = "/api/v1/tenants/{org_id}/sign-in-tests/{provider}/callback",
         .handler = finish_sign_in_test,
         .permission = identity_providers_manage,
         .super_too = true,
         .changes_nothing = true,
         .rate = Rate::outbound,
         .body = "oauth_callback",
         .reply = ok("sign_in_test"),
         .refuses = {oauth_state_invalid, not_found},
         .name = "finishSignInTest",
         .summary = "Finish it: what the provider says of the person, and what a sign-in would come to"},
    });

}  // namespace

std::span<const Route> sign_in_tests_rows() { return kSignInTestsRows; }

}  // namespace tenantd::api::handlers
