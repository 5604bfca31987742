#include "identity/oauth/authorization.hpp"

#include <algorithm>

#include "identity/oauth/redirect_uri.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kPagesTake{3600};
constexpr Seconds kCodeLives{60};
constexpr std::int64_t kMostConsents = 100;
constexpr std::int64_t kMostCodes = 30;  // of an account in a minute
constexpr std::size_t kMostState = 1024, kMostNonce = 512, kMostHint = 320;
constexpr std::string_view kRequestKind = "authorization request";

using json::maybe_text;

std::optional<std::string> parameter(const http::Pairs& query, std::string_view name) {
  const auto found = std::ranges::find(query, name, &http::Pairs::value_type::first);
  return found == query.end() || found->second.empty() ? std::nullopt : std::optional{found->second};
}

[[noreturn]] void refuse_request(const std::string& why) { throw ApiError(ErrorCode::invalid_request, why); }

// An error that the client is told of.
struct ToClient {
  std::string_view error;
};

std::string text_within(const std::optional<std::string>& text, std::size_t most) {
  if (text && text->size() > most) throw ToClient{"invalid_request"};
  return text.value_or("");
}

void read_prompt(AuthorizationRequest& request, const std::string& prompt) {
  std::size_t count = 0;
  for (const auto word : split(prompt, ' ')) {
    if (word.empty()) continue;
    ++count;
    if (word == "none")
      request.none = true;
    else if (word == "login")
      request.login = true;
    else if (word == "consent")
      request.consent = true;
    else if (word == "select_account")
      request.select_account = true;
    else
      throw ToClient{"invalid_request"};
  }
  if (request.none && count > 1) throw ToClient{"invalid_request"};
}

// RFC 7636 section 4.2. A request without it, or with "plain", would let who steals the code use it.
std::string challenge_of(const http::Pairs& query) {
  const auto challenge = parameter(query, "code_challenge");
  if (!challenge || parameter(query, "code_challenge_method") != "S256") throw ToClient{"invalid_request"};
  const auto bytes = base64url_decode(*challenge);
  if (!bytes || bytes->size() != 32) throw ToClient{"invalid_request"};
  return *challenge;
}

Scopes scopes_asked(const store::FoundClient& client, const http::Pairs& query) {
  const auto scopes = parse_scopes(parameter(query, "scope").value_or(""));
  if (!scopes || scopes->empty() || !client.scopes().covers(*scopes)) throw ToClient{"invalid_scope"};
  return *scopes;
}

// What a client may say besides where to send the browser.
void read_request(AuthorizationRequest& request, const store::FoundClient& client, const http::Pairs& query) {
  if (parameter(query, "request")) throw ToClient{"request_not_supported"};
  if (parameter(query, "request_uri")) throw ToClient{"request_uri_not_supported"};
  if (parameter(query, "response_type") != "code") throw ToClient{"unsupported_response_type"};
  if (parameter(query, "response_mode").value_or("query") != "query") throw ToClient{"invalid_request"};
  text_within(request.state, kMostState);
  request.challenge = challenge_of(query);
  request.scopes = scopes_asked(client, query);
  request.nonce = parameter(query, "nonce");
  request.login_hint = parameter(query, "login_hint");
  request.organization = parameter(query, "organization");
  text_within(request.nonce, kMostNonce);
  text_within(request.login_hint, kMostHint);
  text_within(request.organization, kMostHint);
  read_prompt(request, parameter(query, "prompt").value_or(""));
  if (const auto age = parameter(query, "max_age")) {
    request.max_age = parse_int(*age);
    if (!request.max_age || *request.max_age < 0) throw ToClient{"invalid_request"};
  }
}

json::Object values_of(const AuthorizationRequest& request) {
  json::Object values;
  values.set("client", request.client)
      .set("uri", request.redirect_uri)
      .set("scope", format_scopes(request.scopes))
      .set("challenge", request.challenge)
      .set("state", request.state)
      .set("nonce", request.nonce)
      .set("hint", request.login_hint)
      .set("organization", request.organization)
      .set("none", request.none)
      .set("login", request.login)
      .set("consent", request.consent)
      .set("select", request.select_account)
      .set("max_age", request.max_age);
  return values;
}

AuthorizationRequest read_signed(const std::string& text) {
  const auto values = json::read_object(text).value();
  const auto flag = [&](const char* name) { return values[name].GetBool(); };
  AuthorizationRequest request;
  request.client = ClientId::parse(json::text_of(values, "client")).value();
  request.redirect_uri = json::text_of(values, "uri");
  request.scopes = parse_scopes(json::text_of(values, "scope")).value_or(Scopes{});
  request.challenge = json::text_of(values, "challenge");
  request.state = maybe_text(values, "state");
  request.nonce = maybe_text(values, "nonce");
  request.login_hint = maybe_text(values, "hint");
  request.organization = maybe_text(values, "organization");
  request.none = flag("none");
  request.login = flag("login");
  request.consent = flag("consent");
  request.select_account = flag("select");
  if (values["max_age"].IsInt64()) request.max_age = values["max_age"].GetInt64();
  request.asked_at = from_unix(values["at"].GetInt64());
  return request;
}

// True if the person has to show again who it is: the session is older than the client wants, and was there
// before it asked.
bool is_stale(const AuthorizationRequest& request, const Principal& principal, TimePoint now) {
  const auto began = principal.session_began_at;
  if (began >= request.asked_at) return false;
  return request.login || (request.max_age && began + Seconds{*request.max_age} < now);
}

// Where the client's tokens will be good: an organization's client in its organization alone, the service's
// own where the person is active.
struct Place {
  std::optional<store::Membership> membership;
  bool is_refused = false;  // the client is another organization's
};

bool is_active(const std::optional<store::Membership>& membership) {
  return membership && membership->status == Status::active &&
         membership->organization.status == Status::active;
}

Place place_of(db::Txn& txn, const Principal& principal, const store::FoundClient& client) {
  std::optional<OrgId> org;
  if (!client.is_own())
    org = client.org;
  else if (principal.organization)
    org = principal.organization->id;
  if (!org) return {};
  const bool bound_elsewhere = principal.bound_org && *principal.bound_org != *org;
  auto membership = bound_elsewhere ? std::nullopt
                                    : store::find_membership(txn, principal.user.id, *org, principal.session);
  if (!is_active(membership)) return {std::nullopt, !client.is_own()};
  if (membership->organization.require_mfa && !principal.user.mfa_enabled)
    throw ApiError(ErrorCode::mfa_enrollment_required);
  return {std::move(membership), false};
}

// What there is to give of what is asked for.
Scopes givable(const Scopes& asked, const std::optional<store::Membership>& membership, TimePoint now) {
  Scopes given = asked;
  given.permissions =
      given.permissions & (membership ? membership->role.permissions_at(now) : PermissionSet{});
  return given;
}

bool is_wanted(const std::optional<std::string>& hint, const std::optional<store::Membership>& membership) {
  if (!hint) return true;
  return membership && (membership->organization.id.str() == ascii_lower(*hint) ||
                        membership->organization.slug == ascii_lower(*hint));
}

void remember_consent(db::Txn& txn, const Context& context, const Session& session,
                      const store::FoundClient& client, const Scopes& scopes,
                      const std::optional<store::Consent>& before) {
  if (before && before->scopes.covers(scopes)) return;
  if (!before && store::count_consents(txn, session.user()) >= kMostConsents)
    throw ApiError(ErrorCode::limit_reached,
                   "So many clients are let in: take back what one of them may before another is let in");
  const auto all = before ? before->scopes | scopes : scopes;
  store::save_consent(txn, session.user(), client, all, context.now);
  record_account_change(txn, context, session.user(),
                        {"oauth_consent.granted",
                         session.id(),
                         {},
                         json::Object{}
                             .set("client_id", client.client.id)
                             .set("client", client.client.name)
                             .set("scopes", format_scopes(all))});
}

// How the person showed who it is (RFC 8176). A provider's sign-in is not ours to name.
std::string methods_of(const Principal& principal, bool second_factor) {
  if (principal.bound_org) return "";
  return second_factor ? "pwd otp mfa" : "pwd";
}

std::string give_code(db::Txn& txn, const Context& context, const Session& session,
                      const OpenedRequest& opened, const Scopes& scopes,
                      const std::optional<store::Membership>& membership) {
  const auto& request = opened.request;
  if (store::count_codes(txn, session.user(), context.now - Seconds{60}) >= kMostCodes)
    throw ApiError(ErrorCode::rate_limited).header("Retry-After", "60");
  const auto text = crypto::new_token();
  store::AuthorizationCode code;
  code.hash = crypto::sha256(text.reveal());
  code.client_org = opened.client.org;
  code.client = request.client;
  code.user = session.user();
  code.session = session.id();
  if (membership) code.org = membership->organization.id;
  code.redirect_uri = request.redirect_uri;
  code.scopes = scopes;
  code.nonce = request.nonce;
  code.challenge = request.challenge;
  code.signed_in_at = session.principal().session_began_at;
  code.methods = methods_of(session.principal(), store::has_second_factor(txn, session.id()));
  code.created_at = context.now;
  code.expires_at = context.now + kCodeLives;
  store::insert_code(txn, code);
  http::Pairs parameters{{"code", text.reveal()}};
  if (request.state) parameters.emplace_back("state", *request.state);
  parameters.emplace_back("iss", context.settings.public_url);
  return with_parameters(request.redirect_uri, parameters);
}

std::string_view error_of(Question question) {
  switch (question) {
    case Question::login: return "login_required";
    case Question::consent: return "consent_required";
    case Question::organization:
    case Question::membership: return "interaction_required";
  }
  return "interaction_required";
}

}  // namespace

std::string_view question_name(Question question) {
  constexpr std::array<std::string_view, 4> names{"login", "consent", "organization", "membership"};
  return names.at(static_cast<std::size_t>(question));
}

std::string with_parameters(std::string uri, const http::Pairs& parameters) {
  char separator = uri.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    uri += separator;
    uri.append(name).append("=").append(percent_encode(value));
    separator = '&';
  }
  return uri;
}

std::string sign_for_pages(const Context& context, std::string_view what, const json::Object& values) {
  auto stamped = values;
  stamped.set("at", context.now);
  const auto body = base64url_encode(stamped.text());
  const auto mac =
      crypto::hmac_sha256(context.keys.seal_key().reveal(), "tenantd: " + std::string{what} + ", 1\n" + body);
  return body + '.' + base64url_encode(mac);
}

std::optional<std::string> open_for_pages(const Context& context, std::string_view what,
                                          const std::string& text) {
  const auto dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto body = text.substr(0, dot);
  const auto mac = base64url_decode(std::string_view{text}.substr(dot + 1));
  const auto right =
      crypto::hmac_sha256(context.keys.seal_key().reveal(), "tenantd: " + std::string{what} + ", 1\n" + body);
  if (!mac || !constant_time_equal(*mac, right)) return std::nullopt;
  auto values = base64url_decode(body);
  const auto document = values ? json::read_object(*values) : std::nullopt;
  if (!document || from_unix((*document)["at"].GetInt64()) + kPagesTake <= context.now) return std::nullopt;
  return values;
}

std::string error_location(const Context& context, const AuthorizationRequest& request,
                           std::string_view error) {
  http::Pairs parameters{{"error", std::string{error}}};
  if (request.state && request.state->size() <= kMostState) parameters.emplace_back("state", *request.state);
  parameters.emplace_back("iss", context.settings.public_url);
  return with_parameters(request.redirect_uri, parameters);
}

std::string begin_authorization(db::Txn& txn, const Context& context, const http::Pairs& query) {
  const auto id = ClientId::parse(parameter(query, "client_id").value_or(""));
  const auto client = id ? store::find_client(txn, *id) : std::nullopt;
  if (!client) refuse_request("The client is not known");
  AuthorizationRequest request;
  request.client = *id;
  request.redirect_uri = parameter(query, "redirect_uri").value_or("");
  if (!client->has_redirect_uri(request.redirect_uri))
    refuse_request("The client did not register this redirect_uri");
  request.state = parameter(query, "state");
  request.asked_at = context.now;
  try {
    read_request(request, *client, query);
  } catch (const ToClient& fault) {
    return error_location(context, request, fault.error);
  }
  return "/app/authorize#token=" + sign_for_pages(context, kRequestKind, values_of(request));
}

OpenedRequest open_authorization(db::Txn& txn, const Context& context, const std::string& text) {
  const auto values = open_for_pages(context, kRequestKind, text);
  if (!values) throw ApiError(ErrorCode::token_invalid);
  auto request = read_signed(*values);
  auto client = store::find_client(txn, request.client);
  if (!client || !client->has_redirect_uri(request.redirect_uri) || !client->scopes().covers(request.scopes))
    refuse_request("The client may not ask for this any more");
  return {std::move(request), *std::move(client)};
}

std::variant<std::string, Asked> decide(db::Txn& txn, const Context& context, const Session& session,
                                        const OpenedRequest& opened, Decision decision) {
  const auto& request = opened.request;
  const auto& principal = session.principal();
  if (decision == Decision::deny) return error_location(context, request, "access_denied");
  const auto place = place_of(txn, principal, opened.client);
  const auto scopes = givable(request.scopes, place.membership, context.now);
  const auto ask = [&](Question question) -> std::variant<std::string, Asked> {
    if (request.none) return error_location(context, request, error_of(question));
    std::optional<OrganizationRecord> organization;
    if (place.membership) organization = place.membership->organization;
    return Asked{question, scopes, std::move(organization)};
  };
  if (is_stale(request, principal, context.now)) return ask(Question::login);
  if (place.is_refused) return ask(Question::membership);
  if (!is_wanted(request.organization, place.membership)) return ask(Question::organization);
  if (scopes.empty()) return error_location(context, request, "invalid_scope");
  const auto before = store::find_consent(txn, principal.user.id, request.client);
  const bool known = opened.client.is_own() || (before && before->scopes.covers(scopes));
  const bool wants_answer = !known || request.consent || request.select_account;
  if (wants_answer && decision != Decision::allow) return ask(Question::consent);
  if (!opened.client.is_own()) remember_consent(txn, context, session, opened.client, scopes, before);
  return give_code(txn, context, session, opened, scopes, place.membership);
}

void revoke_consent(db::Txn& txn, const Context& context, const Session& session, ClientId client) {
  const auto consent = store::find_consent(txn, session.user(), client);
  if (!consent || !store::delete_consent(txn, session.user(), client)) throw ApiError(ErrorCode::not_found);
  store::end_client_sessions(txn, session.user(), client);
  record_account_change(txn, context, session.user(),
                        {"oauth_consent.revoked", session.id(),
                         json::Object{}
                             .set("client_id", client)
                             .set("client", consent->client_name)
                             .set("scopes", format_scopes(consent->scopes))});
}

}  // namespace tenantd::service
