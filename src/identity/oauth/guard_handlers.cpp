// What nginx asks in front of an application whose people sign in by a browser
// (nginx/snippets/guard-browser.conf).
#include <algorithm>

#include "identity/header_text.hpp"
#include "identity/oauth/guard.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/http/set_cookie.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::int64_t kSignInTakes = 3600;  // seconds; as long as its state is good

// Cookies of the application's origin. Lax: the browser comes back by a link of this service.
std::string guard_cookie(bool https, const std::string& name, const std::string& value,
                         std::int64_t seconds) {
  return http::set_cookie(https, http::cookie_name(https, name), value, seconds, http::SameSite::lax);
}

Response sent_to(const std::string& location) {
  Response response;
  response.status = 303;
  response.content_type.clear();
  return response.header("Location", location);
}

std::string browsers_verifier(const Request& request, bool https) {
  return request.http.cookie_value(http::cookie_name(https, "tenantd-guard-verifier")).value_or("");
}

// A token counts for the application alone that it was given to: another client's, shown here by who runs
// that client, would open this one in its owner's name.
Response verify_guarded(const Request& request, const Session& session, Txn&) {
  const auto& p = session.principal();
  const auto client = maybe_text(request.query, "client_id");
  if (!p.client || p.client->id.str() != client) throw ApiError(ErrorCode::forbidden);
  // Of an application's people: somebody whose membership has ended is none.
  if (!p.organization) throw ApiError(ErrorCode::forbidden);
  require_way_in(p);
  const auto held = p.role.permissions_at(request.context.now);
  if (const auto name = maybe_text(request.query, "permission")) {
    const auto wanted = parse_permission(*name);
    if (!wanted || !held.has(*wanted)) throw ApiError(ErrorCode::forbidden);
  }
  const bool is_over = p.role.expires_at && *p.role.expires_at <= request.context.now;
  const bool tells_role = p.client->scopes.has(IdentityScope::org) && !is_over;
  // An address that was not proven may be somebody else's, and applications go by it.
  const bool tells_address = p.client->scopes.has(IdentityScope::email) && p.user.email_verified_at;
  auto names = format_permissions(held);
  std::ranges::replace(names, ',', ' ');
  return no_content()
      .header("X-User-Id", p.user.id.str())
      .header("X-User-Email", tells_address ? header_text(p.user.email) : "")
      .header("X-Org-Id", p.organization->id.str())
      .header("X-Role", tells_role ? header_text(p.role.name) : "")
      .header("X-Permissions", names);
}

Response begin_guarded(const Request& request, Txn& txn) {
  const auto client = ClientId::parse(text(request.query, "client_id"));
  if (!client) throw ApiError(ErrorCode::invalid_request, "The client is not known");
  const auto address = text(request.query, "redirect_uri");
  const bool https = is_https(address);
  const auto begun =
      service::begin_guard_sign_in(txn, request.context, *client, address, browsers_verifier(request, https));
  return sent_to(begun.location)
      .header("Set-Cookie", guard_cookie(https, "tenantd-guard-verifier", begun.verifier, kSignInTakes));
}

Response end_guarded(const Request& request, Txn& txn) {
  const auto code = maybe_text(request.query, "code");
  if (!code) throw ApiError(ErrorCode::invalid_grant, "Nobody was signed in");
  const auto session =
      service::end_guard_sign_in(txn, request.context, text(request.query, "state"), *code,
                                 [&](bool https) { return browsers_verifier(request, https); });
  const auto target = request.http.cookie_value("tenantd-guard-target").value_or("/");
  return sent_to(service::guard_target(target))
      .header("Set-Cookie", guard_cookie(session.https, "tenantd-guard", session.tokens.access_token,
                                         session.tokens.expires_in))
      .header("Set-Cookie", guard_cookie(session.https, "tenantd-guard-verifier", "", 0))
      .header("Set-Cookie", "tenantd-guard-target=; Path=/; Max-Age=0");
}

constexpr auto kOauthGuardRows =
    section("OAuth and OpenID Connect",
            {
                {.method = GET,
                 .path = "/oauth2/guard",
                 .handler = verify_guarded,
                 .rate = Rate::read,
                 .also = AlsoTakes::oauth,
                 .query = "guard_query",
                 .reply = done(),
                 .refuses = {forbidden, mfa_enrollment_required, sign_in_way_refused},
                 .name = "verifyGuarded",
                 .summary = "Whose token of this client it is, for nginx's auth_request in front of other "
                            "applications"},
                {.method = GET,
                 .path = "/oauth2/guard/sign-in",
                 .handler = begin_guarded,
                 .rate = Rate::read,
                 .query = "guard_sign_in_query",
                 .reply = {200, "", 303},
                 .refuses = {invalid_request},
                 .name = "beginGuardedSignIn",
                 .summary = "Send a browser to sign in for an application that nginx guards"},
                {.method = GET,
                 .path = "/oauth2/guard/callback",
                 .handler = end_guarded,
                 .rate = Rate::write,
                 .query = "guard_callback_query",
                 .reply = {200, "", 303},
                 .refuses = {token_invalid, invalid_request, invalid_grant},
                 .name = "endGuardedSignIn",
                 .summary = "Take a browser in that has signed in for an application that nginx guards"},
            });

}  // namespace

std::span<const Route> oauth_guard_rows() { return kOauthGuardRows; }

}  // namespace tenantd::api::handlers
