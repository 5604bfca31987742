#include "identity/sso/single_sign_on.hpp"

#include "identity/sso/state_cookie.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

Response begin_single_sign_on(const Request& request, Txn& txn) {
  const auto* linking = request.session ? &request.session->principal() : nullptr;
  return begun_reply(request,
                     service::begin_sign_in(txn, request.context, request.http.path_value("provider"),
                                            request.http.path_value("tenant"), linking));
}

Response finish_single_sign_on(const Request& request, Txn& txn) {
  const auto answer = answer_of(request);
  return with_cookie_dropped(
      request, answer.state,
      token_reply(service::finish_sign_in(txn, request.context, request.http.path_value("provider"),
                                          request.http.path_value("tenant"), answer, cookies_of(request))));
}

constexpr auto kSingleSignOnRows = section(
    "Single sign-on",
    {
        {.method = GET,
         .path = "/api/v1/auth/oauth/{provider}/login/{tenant}",
         .handler = begin_single_sign_on,
         .rate = Rate::outbound,
         .reply = ok("single_sign_on"),
         .refuses = {not_found, session_bound, impersonating, email_unverified, reauthentication_required,
                     not_provisioned, url_refused, provider_unavailable},
         .name = "startSingleSignOn",
         .summary =
             "Begin a sign-in by microsoft, google or a provider's slug; with one's own token: link that "
             "identity"},
        {.method = POST,
         .path = "/api/v1/auth/oauth/{provider}/callback/{tenant}",
         .handler = finish_single_sign_on,
         .pair = Pair::answered,
         .rate = Rate::outbound,
         .body = "oauth_callback",
         .reply = ok("token"),
         .refuses = {oauth_state_invalid, oauth_token_refused, mfa_required, domain_not_allowed,
                     not_provisioned, not_found, email_taken, identity_taken, limit_reached, url_refused,
                     provider_unavailable},
         .name = "finishSingleSignOn",
         .summary = "Finish it with what the provider sent back"},
    });

}  // namespace

std::span<const Route> single_sign_on_rows() { return kSingleSignOnRows; }

}  // namespace tenantd::api::handlers
