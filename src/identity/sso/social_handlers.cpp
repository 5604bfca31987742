#include "identity/sso/social.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

service::Social social_in_path(const Request& request) {
  const auto provider = service::parse_social(request.http.path_value("provider"));
  if (!provider) throw ApiError(ErrorCode::not_found);
  return *provider;
}

// Lax, as the cookies of an organization's providers are.
std::string social_cookie(const Request& request, const std::string& name, const std::string& value,
                          std::int64_t seconds) {
  return http::set_cookie(is_https(request.context.settings.public_url), name, value, seconds,
                          http::SameSite::lax);
}

Response begin_social(const Request& request, Txn& txn) {
  const auto* linking = request.session ? &request.session->principal() : nullptr;
  const auto begun = service::begin_social(txn, request.context, social_in_path(request), linking);
  JsonOut json;
  json.begin_object()
      .field("authorization_url", begun.authorization_url)
      .field("expires_in", begun.expires_in)
      .end_object();
  return token_response(json).header(
      "Set-Cookie", social_cookie(request, begun.cookie_name, begun.cookie, begun.expires_in));
}

Response finish_social(const Request& request, Txn& txn) {
  const auto state = text(request.body, "state");
  const auto cookie = [&](const std::string& name) { return request.http.cookie_value(name); };
  auto response = token_reply(
      service::finish_social(txn, request.context, social_in_path(request),
                             {text(request.body, "code"), state, maybe_text(request.body, "iss")}, cookie));
  const auto name = service::cookie_name(request.context.settings, state);
  return response.header("Set-Cookie", social_cookie(request, name, "", 0));
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
