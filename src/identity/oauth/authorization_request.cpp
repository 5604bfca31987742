// Requests of clients: read and judged when a browser brings one, signed for the pages that it goes through.
#include <algorithm>

#include "identity/oauth/authorization.hpp"
#include "identity/oauth/resources.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kPagesTake{3600};
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
    else if (word == "create")
      request.create = true;
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
  const auto scopes = client.scopes_in(parameter(query, "scope").value_or(""));
  if (!scopes) throw ToClient{"invalid_scope"};
  return *scopes;
}

// True if one factor is too few (OpenID Connect Core section 3.1.2.1). A level that is not known here cannot
// be met (RFC 9470 section 5).
bool wants_two_factors(const http::Pairs& query) {
  const auto values = parameter(query, "acr_values").value_or("");
  bool one = false, two = false, any = false;
  for (const auto word : split(values, ' ')) {
    any = any || !word.empty();
    one = one || word == kOneFactor;
    two = two || word == kTwoFactors;
  }
  if (any && !one && !two) throw ToClient{"unmet_authentication_requirements"};
  return two && !one;
}

// Older than every session: a larger max_age says no more, and is added to times.
constexpr std::int64_t kMostAge = std::int64_t{100} * 366 * 86400;

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
  request.two_factors = wants_two_factors(query);
  if (const auto age = parameter(query, "max_age")) {
    request.max_age = parse_int(*age);
    if (!request.max_age || *request.max_age < 0) throw ToClient{"invalid_request"};
    request.max_age = std::min(*request.max_age, kMostAge);
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
      .set("resource", request.resource)
      .set("none", request.none)
      .set("login", request.login)
      .set("consent", request.consent)
      .set("select", request.select_account)
      .set("two_factors", request.two_factors)
      .set("create", request.create)
      .set("max_age", request.max_age);
  return values;
}

AuthorizationRequest read_signed(const std::string& text) {
  const auto values = json::read_object(text).value();
  // A host of an earlier release knew less.
  const auto flag = [&](const char* name) { return values.HasMember(name) && values[name].GetBool(); };
  AuthorizationRequest request;
  request.client = ClientId::parse(json::text_of(values, "client")).value();
  request.redirect_uri = json::text_of(values, "uri");
  request.scopes = parse_scopes(json::text_of(values, "scope")).value_or(Scopes{});
  request.challenge = json::text_of(values, "challenge");
  request.state = maybe_text(values, "state");
  request.nonce = maybe_text(values, "nonce");
  request.login_hint = maybe_text(values, "hint");
  request.organization = maybe_text(values, "organization");
  request.resource = maybe_text(values, "resource");
  request.none = flag("none");
  request.login = flag("login");
  request.consent = flag("consent");
  request.select_account = flag("select");
  request.two_factors = flag("two_factors");
  request.create = flag("create");
  if (values["max_age"].IsInt64()) request.max_age = values["max_age"].GetInt64();
  request.asked_at = from_unix(values["at"].GetInt64());
  return request;
}

}  // namespace

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
    request.resource = parameter(query, "resource");
    if (request.resource && is_own_api(context, *request.resource)) request.resource.reset();
    if (request.resource && !may_use(txn, *client, *request.resource, std::nullopt))
      throw ToClient{"invalid_target"};
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

}  // namespace tenantd::service
