#include "identity/sso/social.hpp"

#include "identity/sso/state_cookie.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

service::Social social_in_path(const Request& request) {
  const auto provider = service::parse_social(request.http.path_value("provider"));
  if (!provider) throw ApiError(ErrorCode::not_found);
  return *provider;
}

Response begin_social(const Request& request, Txn& txn) {
  const auto* linking = request.session ? &request.session->principal() : nullptr;
  return begun_reply(request, service::begin_social(txn, request.context, social_in_path(request), linking));
}

Response finish_social(const Request& request, Txn& txn) {
  const auto answer = answer_of(request);
  return with_cookie_dropped(request, answer.state,
                             token_reply(service::finish_social(txn, request.context, social_in_path(request),
                                                                answer, cookies_of(request))));
}

constexpr auto kSocialRows = section(
    "Single sign-on",
    {
        {.method = GET,
         .path = "/api/v1/auth/social/{provider}/login",
         .handler = begin_social,
         .rate = Rate::outbound,
         .reply = ok("single_sign_on"),
         .refuses = {not_found, session_bound, impersonating, email_unverified, reauthentication_required,
                     url_refused, provider_unavailable},
         .name = "startSocialSignIn",
         .summary =
             "Begin a sign-in by google, microsoft or github, as the service has set them up; with one's "
             "own token: link that identity"},
        {.method = POST,
         .path = "/api/v1/auth/social/{provider}/callback",
         .handler = finish_social,
         .pair = Pair::answered,
         .rate = Rate::outbound,
         .body = "oauth_callback",
         .reply = ok("token"),
         .refuses = {oauth_state_invalid, oauth_token_refused, mfa_required, not_provisioned, signup_closed,
                     sso_required, not_found, email_taken, identity_taken, url_refused, provider_unavailable},
         .name = "finishSocialSignIn",
         .summary = "Finish it with what the provider sent back"},
    });

}  // namespace

std::span<const Route> social_rows() { return kSocialRows; }

}  // namespace tenantd::api::handlers
