// RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): a client sends the browser here, a page asks
// the person, and the browser goes back to an address that the client has registered.
#include "identity/oauth/authorization.hpp"

#include "tenantd/api/rows.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/crypto/signed_token.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kLogoutKind = "logout";
constexpr std::size_t kMostLogoutState = 1024;

// What a client sends the browser with.
struct LogoutRequest {
  std::optional<std::string> hint, client, uri, state;
};

// The client that the hint was made for: an ID token of ours, however old.
std::optional<ClientId> client_of_hint(const Request& request, const std::string& hint) {
  const auto payload = crypto::open_own_token(request.context.keys, "JWT", hint);
  const auto claims = payload ? json::read_object(*payload) : std::nullopt;
  if (!claims || json::text_of(*claims, "iss") != request.context.settings.public_url)
    throw ApiError(ErrorCode::invalid_request, "The id_token_hint is no ID token of this service");
  return ClientId::parse(json::text_of(*claims, "aud"));
}

std::optional<ClientId> client_of_logout(const Request& request, const LogoutRequest& asked) {
  std::optional<ClientId> client;
  if (asked.hint) client = client_of_hint(request, *asked.hint);
  if (!asked.client) return client;
  const auto named = ClientId::parse(*asked.client);
  if (!named || (client && *client != *named))
    throw ApiError(ErrorCode::invalid_request, "The client_id is not the id_token_hint's");
  return named;
}

Response begin_logout(const Request& request, Txn& txn, const LogoutRequest& asked) {
  const auto id = client_of_logout(request, asked);
  const auto client = id ? store::find_client(txn, *id) : std::nullopt;
  if (asked.uri && (!client || !client->has_post_logout_uri(*asked.uri)))
    throw ApiError(ErrorCode::invalid_request, "The client did not register this post_logout_redirect_uri");
  if (asked.state && asked.state->size() > kMostLogoutState)
    throw ApiError(ErrorCode::invalid_request, "The state is too long");
  json::Object values;
  values.set("client", client ? std::optional{client->client.id} : std::nullopt)
      .set("uri", asked.uri)
      .set("state", asked.state);
  Response response;
  response.status = 303;
  response.content_type.clear();
  return response.header(
      "Location", "/app/sign-out#token=" + service::sign_for_pages(request.context, kLogoutKind, values));
}

std::optional<std::string> query_text(const Request& request, std::string_view name) {
  const auto value = request.http.query_value(name);
  return value && !value->empty() ? std::optional{std::string{*value}} : std::nullopt;
}

Response begin_logout_by_link(const Request& request, Txn& txn) {
  return begin_logout(request, txn,
                      {query_text(request, "id_token_hint"), query_text(request, "client_id"),
                       query_text(request, "post_logout_redirect_uri"), query_text(request, "state")});
}

Response begin_logout_by_form(const Request& request, Txn& txn) {
  return begin_logout(
      request, txn,
      {maybe_text(request.body, "id_token_hint"), maybe_text(request.body, "client_id"),
       maybe_text(request.body, "post_logout_redirect_uri"), maybe_text(request.body, "state")});
}

Response show_logout(const Request& request, Txn& txn) {
  const auto signed_values =
      service::open_for_pages(request.context, kLogoutKind, text(request.body, "request"));
  if (!signed_values) throw ApiError(ErrorCode::token_invalid);
  const auto values = json::read_object(*signed_values).value();
  const auto id = ClientId::parse(json::text_of(values, "client"));
  const auto client = id ? store::find_client(txn, *id) : std::nullopt;
  auto uri = json::maybe_text(values, "uri");
  // It may have been taken back since.
  if (uri && (!client || !client->has_post_logout_uri(*uri))) uri.reset();
  if (const auto state = json::maybe_text(values, "state"); uri && state)
    uri = service::with_parameters(*uri, {{"state", *state}});
  JsonOut json;
  json.begin_object()
      .field("client", client ? std::optional{client->client.name} : std::nullopt)
      .field("redirect_to", uri)
      .end_object();
  return token_response(json);
}

constexpr auto kOauthLogoutRows = section(
    "OAuth and OpenID Connect",
    {
        {.method = GET,
         .path = "/oauth2/logout",
         .handler = begin_logout_by_link,
         .rate = Rate::read,
         .query = "logout_query",
         .reply = {200, "", 303},
         .refuses = {invalid_request},
         .name = "startLogout",
         .summary = "Where a client sends a browser to have somebody signed out"},
        {.method = POST,
         .path = "/oauth2/logout",
         .handler = begin_logout_by_form,
         .rate = Rate::read,
         .body = "logout_form",
         .also = AlsoTakes::oauth,
         .reply = {200, "", 303},
         .refuses = {invalid_request},
         .name = "startLogoutByForm",
         .summary = "The same by a form"},
        {.method = POST,
         .path = "/api/v1/oauth/logouts",
         .handler = show_logout,
         .rate = Rate::read,
         .body = "logout_request",
         .reply = ok("logout_request"),
         .refuses = {token_invalid},
         .name = "describeLogout",
         .summary = "Who asks for a sign-out, and where the browser goes after it, for the page that asks"},
    });

}  // namespace

std::span<const Route> oauth_logout_rows() { return kOauthLogoutRows; }

}  // namespace tenantd::api::handlers
