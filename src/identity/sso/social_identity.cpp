#include "identity/sso/social_identity.hpp"

#include <algorithm>

#include "identity/sso/id_token.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::service {
namespace {

// Where Microsoft keeps personal accounts, whose addresses are mailboxes that it has verified itself.
constexpr std::string_view kPersonalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
// Whose turns these calls take: the service's, which no organization has.
const OrgId kServiceTurn{{0xFF}};

std::string plain_url(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

[[noreturn]] void refuse_person_token(const char* detail) {
  throw ApiError(ErrorCode::oauth_token_refused).detail(detail);
}

void judge_reply_issuer(const ProviderAnswer& answer, const std::string& issuer) {
  if (answer.issuer && *answer.issuer != issuer) refuse_person_token("the reply's iss");
}

IdTokenRules rules_of(const Context& context, const SocialClient& client, store::ProviderKind kind,
                      const std::string& issuer, const std::string& nonce) {
  return {kind,         issuer, client.client_id, nonce,
          std::nullopt, {},     context.now,      Seconds{context.settings.oauth_skew_seconds}};
}

bool is_true(const json::Value& token, const char* name) {
  const auto* value = json::find(token, name);
  return value != nullptr &&
         (value->IsTrue() || (value->IsInt() && value->GetInt() == 1) ||
          (value->IsString() && (json::view(*value) == "1" || json::view(*value) == "true")));
}

SocialPerson google_person(const Context& context, const SocialClient& client, const ProviderAnswer& answer,
                           const std::string& payload, const std::string& nonce) {
  judge_reply_issuer(answer, client.issuer);
  auto claims =
      check_id_token(payload, rules_of(context, client, store::ProviderKind::google, client.issuer, nonce));
  const auto token = json::read_object(payload).value();
  const auto* verified = json::find(token, "email_verified");
  if (verified == nullptr || !verified->IsTrue()) claims.email.reset();
  return {claims.subject, claims.email, claims.profile};
}

// Of any tenant: each is an issuer of its own, named after it. A directory's administrators write its
// addresses as they like; `xms_edov` says that the domain's owner is that directory.
SocialPerson microsoft_person(const Context& context, const SocialClient& client,
                              const ProviderAnswer& answer, const std::string& payload,
                              const std::string& nonce) {
  const auto token = json::read_object(payload);
  const auto tid = token ? parse_uuid(json::text_of(*token, "tid")) : std::nullopt;
  if (!tid || *tid == UuidBytes{}) refuse_person_token("the ID token's tid");
  const auto tenant = format_uuid(*tid);
  const auto issuer = plain_url(context.settings.oauth_microsoft_url) + '/' + tenant + "/v2.0";
  judge_reply_issuer(answer, issuer);
  auto rules = rules_of(context, client, store::ProviderKind::microsoft, issuer, nonce);
  rules.azure_tenant = tenant;
  auto claims = check_id_token(payload, rules);
  const bool proven = tenant == kPersonalTenant || is_true(*token, "xms_edov");
  // preferred_username is no address.
  if (!proven || !token->HasMember("email")) claims.email.reset();
  return {tenant + '.' + claims.subject, claims.email, claims.profile};
}

// The primary address, if GitHub has verified it.
std::optional<Email> primary_address(const std::string& text) {
  const auto list = json::read(text);
  if (!list || !list->IsArray()) return std::nullopt;
  for (const auto& each : list->GetArray()) {
    const auto* primary = json::find(each, "primary");
    const auto* verified = json::find(each, "verified");
    if (primary != nullptr && primary->IsTrue() && verified != nullptr && verified->IsTrue())
      return Email::parse(json::text_of(each, "email"));
  }
  return std::nullopt;
}

SocialPerson github_person(const Context& context, ProviderCall& call, const SocialClient& client,
                           const ProviderAnswer& answer, const std::string& access_token) {
  judge_reply_issuer(answer, client.issuer + "/login/oauth");
  // A code that is refused is answered with 200 there.
  if (access_token.empty()) refuse_person_token("no access token");
  const auto api = plain_url(context.settings.oauth_github_api_url);
  const auto user = json::read_object(call.read_as(api + "/user", access_token));
  const auto* id = user ? json::find(*user, "id") : nullptr;
  if (id == nullptr || !id->IsInt64() || id->GetInt64() <= 0) refuse_person_token("the user's id");
  SocialPerson person{std::to_string(id->GetInt64()), {}, "{}"};
  person.email = primary_address(call.read_as(api + "/user/emails", access_token));
  std::string name{cut_code_points(json::text_of(*user, "name"), 100)};
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (!name.empty()) person.profile = json::Object{}.set("name", name).text();
  return person;
}

}  // namespace

SocialClient social_client(const Settings& settings, Social provider) {
  SocialClient client{provider, {}, {}, {}};
  switch (provider) {
    case Social::google:
      client = {provider, plain_url(settings.oauth_google_url), settings.google_client_id,
                settings.google_client_secret};
      break;
    case Social::microsoft:
      client = {provider, plain_url(settings.oauth_microsoft_url) + "/common/v2.0",
                settings.microsoft_client_id, settings.microsoft_client_secret};
      break;
    case Social::github:
      client = {provider, plain_url(settings.oauth_github_url), settings.github_client_id,
                settings.github_client_secret};
      break;
  }
  if (client.client_id.empty()) throw ApiError(ErrorCode::not_found);
  return client;
}

ProviderCall social_call(const Context& context, const SocialClient& client) {
  const auto announced =
      client.provider == Social::microsoft
          ? std::optional{plain_url(context.settings.oauth_microsoft_url) + "/{tenantid}/v2.0"}
          : std::nullopt;
  return ProviderCall{context, kServiceTurn, client.issuer, Chosen::by_service, announced};
}

Discovery social_endpoints(ProviderCall& call, const SocialClient& client) {
  if (client.provider != Social::github) return call.discover();
  return {client.issuer + "/login/oauth/authorize", client.issuer + "/login/oauth/access_token", "", true};
}

SocialPerson ask_social(const Context& context, ProviderCall& call, const SocialClient& client,
                        const ProviderAnswer& answer, const std::string& nonce, Secret verifier) {
  const auto redirect = redirect_url(context.settings);
  if (answer.redirect_uri && !came_back_to(answer, redirect)) refuse_person_token("the reply's redirect_uri");
  const auto endpoints = social_endpoints(call, client);
  const CodeGrant grant{answer.code, redirect, client.client_id, client.client_secret, std::move(verifier)};
  if (client.provider == Social::github)
    return github_person(context, call, client, answer, call.redeem_at(endpoints, grant).access_token);
  const auto payload = call.open(call.redeem(grant).id_token);
  return client.provider == Social::google ? google_person(context, client, answer, payload, nonce)
                                           : microsoft_person(context, client, answer, payload, nonce);
}

}  // namespace tenantd::service
