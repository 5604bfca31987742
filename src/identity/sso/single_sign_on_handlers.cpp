#include "identity/sso/single_sign_on.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

// Lax: the provider sends the browser back by a link, and the page's own request is from the same site.
std::string set_cookie(const Request& request, const std::string& name, const std::string& value,
                       std::int64_t seconds) {
  return http::set_cookie(is_https(request.context.settings.public_url), name, value, seconds,
                          http::SameSite::lax);
}

Response begin_single_sign_on(const Request& request, Txn& txn) {
  const auto* linking = request.session ? &request.session->principal() : nullptr;
  const auto begun = service::begin_sign_in(txn, request.context, request.http.path_value("provider"),
                                            request.http.path_value("tenant"), linking);
  JsonOut json;
  json.begin_object()
      .field("authorization_url", begun.authorization_url)
      .field("expires_in", begun.expires_in)
      .end_object();
  return token_response(json).header("Set-Cookie",
                                     set_cookie(request, begun.cookie_name, begun.cookie, begun.expires_in));
}

Response finish_single_sign_on(const Request& request, Txn& txn) {
  const auto state = text(request.body, "state");
  const auto cookie = [&](const std::string& name) { return request.http.cookie_value(name); };
  auto response = token_reply(service::finish_sign_in(
      txn, request.context, request.http.path_value("provider"), request.http.path_value("tenant"),
      {text(request.body, "code"), state, maybe_text(request.body, "iss")}, cookie));
  const auto name = service::cookie_name(request.context.settings, state);
  return response.header("Set-Cookie", set_cookie(request, name, "", 0));
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
