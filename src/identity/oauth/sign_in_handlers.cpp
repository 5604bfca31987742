// The authorization endpoint, what the page that it leads to asks and says, and an account's consents.
#include "identity/oauth/authorization.hpp"

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/identity/bound.hpp"

namespace tenantd::api::handlers {
namespace {

Response begin_authorization(const Request& request, Txn& txn) {
  Response response;
  response.status = 303;
  response.content_type.clear();
  return response.header("Location", service::begin_authorization(txn, request.context, request.http.query));
}

// The same by a form (OpenID Connect Core section 3.1.2.1). Nobody is signed in by it: the page asks.
Response begin_authorization_by_form(const Request& request, Txn& txn) {
  http::Pairs parameters;
  for (const auto& each : request.body.GetObject())
    if (each.value.IsString()) parameters.emplace_back(each.name.GetString(), each.value.GetString());
  Response response;
  response.status = 303;
  response.content_type.clear();
  return response.header("Location", service::begin_authorization(txn, request.context, parameters));
}

void put_asking_client(JsonOut& json, const store::FoundClient& found) {
  json.key("client")
      .begin_object()
      .field("id", found.client.id)
      .field("name", found.client.name)
      .field("organization", found.is_for_all() ? std::nullopt : std::optional{found.org_name})
      .field("registered_itself", found.client.origin == store::ClientOrigin::itself)
      .end_object();
}

Response show_authorization(const Request& request, Txn& txn) {
  const auto opened = service::open_authorization(txn, request.context, text(request.body, "request"));
  const auto& asked = opened.request;
  JsonOut json;
  json.begin_object();
  put_asking_client(json, opened.client);
  json.field("scopes", scope_names(asked.scopes))
      .field("login", asked.login)
      .field("select_account", asked.select_account)
      .field("create", asked.create)
      .field("login_hint", asked.login_hint)
      .field("organization", asked.organization)
      .field("refused_to", service::error_location(request.context, asked, "access_denied"))
      .field("unanswered_to",
             asked.none ? std::optional{service::error_location(request.context, asked, "login_required")}
                        : std::nullopt)
      .end_object();
  return token_response(json);
}

service::Decision decision_of(const Request& request) {
  const auto word = maybe_text(request.body, "decision").value_or("ask");
  if (word == "allow") return service::Decision::allow;
  return word == "deny" ? service::Decision::deny : service::Decision::ask;
}

Response decide_authorization(const Request& request, const Session& session, Txn& txn) {
  const auto opened = service::open_authorization(txn, request.context, text(request.body, "request"));
  const auto decided = service::decide(txn, request.context, session, opened, decision_of(request));
  JsonOut json;
  json.begin_object();
  if (const auto* location = std::get_if<std::string>(&decided)) {
    json.field("redirect_to", *location)
        .field("ask", nullptr)
        .field("scopes", nullptr)
        .field("organization", nullptr);
  } else {
    const auto& asked = std::get<service::Asked>(decided);
    json.field("redirect_to", nullptr)
        .field("ask", service::question_name(asked.question))
        .field("scopes", scope_names(asked.scopes));
    json.field("organization", asked.organization ? std::optional{asked.organization->name} : std::nullopt);
  }
  json.end_object();
  return token_response(json);
}

Response list_oauth_consents(const Request&, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& consent : store::list_consents(txn, session.user()))
    json.begin_object()
        .field("client_id", consent.client)
        .field("name", consent.client_name)
        .field("organization", consent.org_name)
        .field("scopes", scope_names(consent.scopes))
        .field("created_at", consent.created_at)
        .field("updated_at", consent.updated_at)
        .end_object();
  json.end_array().end_object();
  return reply(json);
}

Response revoke_oauth_consent(const Request& request, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  service::revoke_consent(txn, request.context, session, path_id<ClientId>(request, "client_id"));
  return no_content();
}

constexpr auto kOauthSignInRows = section(
    "OAuth and OpenID Connect",
    {
        {.method = GET,
         .path = "/oauth2/authorize",
         .handler = begin_authorization,
         .rate = Rate::read,
         .query = "authorization_query",
         .reply = {200, "", 303},
         .refuses = {invalid_request},
         .name = "authorize",
         .summary = "Where a client sends a browser to have somebody signed in (RFC 6749 section 4.1)"},
        {.method = POST,
         .path = "/oauth2/authorize",
         .handler = begin_authorization_by_form,
         .rate = Rate::read,
         .body = "authorization_form",
         .also = AlsoTakes::oauth,
         .reply = {200, "", 303},
         .refuses = {invalid_request},
         .name = "authorizeByForm",
         .summary = "The same by a form"},
        {.method = POST,
         .path = "/api/v1/oauth/requests",
         .handler = show_authorization,
         .rate = Rate::read,
         .body = "authorization_request",
         .reply = ok("authorization_request"),
         .refuses = {token_invalid, invalid_request},
         .name = "describeAuthorization",
         .summary = "What a client asks for, for the page that a browser was led to"},
        {.method = POST,
         .path = "/api/v1/oauth/decisions",
         .handler = decide_authorization,
         .rate = Rate::write,
         .body = "authorization_decision",
         .reply = ok("authorization_decision"),
         .refuses = {token_invalid, invalid_request, limit_reached, mfa_enrollment_required,
                     sign_in_way_refused, rate_limited},
         .name = "decideAuthorization",
         .summary = "What the signed-in person says to it: where the browser goes, or what is still asked"},
        {.method = GET,
         .path = "/api/v1/oauth/consents",
         .handler = list_oauth_consents,
         .rate = Rate::read,
         .reply = ok("oauth_consents"),
         .refuses = {session_bound},
         .summary = "The clients that one's own account lets in"},
        {.method = DELETE_,
         .path = "/api/v1/oauth/consents/{client_id}",
         .handler = revoke_oauth_consent,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {session_bound, not_found},
         .summary = "Let a client in no more, and end what it holds"},
    });

}  // namespace

std::span<const Route> oauth_sign_in_rows() { return kOauthSignInRows; }

}  // namespace tenantd::api::handlers
