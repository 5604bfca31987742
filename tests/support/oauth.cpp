#include "support/oauth.hpp"

#include <algorithm>

#include "support/check.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::test {
namespace {

void apply(Parameters& parameters, const Parameters& changes) {
  for (const auto& [name, value] : changes) {
    std::erase_if(parameters, [&](const auto& each) { return each.first == name; });
    if (!value.empty()) parameters.emplace_back(name, value);
  }
}

OauthClient client_in(const Response& reply, bool own) {
  expect(reply, 201);
  return {reply.text("/id"), reply.text("/client_secret"), own};
}

}  // namespace

std::string client_body(const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> members{
      {"name", R"("Reports")"},
      {"redirect_uris", R"(["https://client.example.com/callback"])"},
      {"scopes", R"(["openid","profile","email","org","offline_access","projects:read"])"}};
  for (const auto& [name, json] : more) members[name] = json;
  std::string body;
  for (const auto& [name, json] : members)
    if (!json.empty()) body += (body.empty() ? "{\"" : ",\"") + name + "\":" + json;
  return body + '}';
}

OauthClient register_client(const Account& owner, const std::map<std::string, std::string>& more) {
  return client_in(owner.client().post("/api/v1/oauth/clients", client_body(more)), false);
}

OauthClient register_own_client(const Account& super, const std::map<std::string, std::string>& more) {
  return client_in(super.client().post("/api/v1/admin/oauth/clients", client_body(more)), true);
}

std::string form_of(const Parameters& parameters) {
  std::string form;
  for (const auto& [name, value] : parameters)
    form += (form.empty() ? "" : "&") + percent_encode(name) + '=' + percent_encode(value);
  return form;
}

std::string query_of(const std::string& url, const std::string& name) {
  const auto mark = url.find('?');
  if (mark == std::string::npos) return "";
  for (const auto part : split(std::string_view{url}.substr(mark + 1), '&'))
    if (part.starts_with(name + '=')) return url_decode(part.substr(name.size() + 1)).value_or("");
  return "";
}

Parameters authorization(const OauthClient& client, const Parameters& changes) {
  Parameters parameters{{"response_type", "code"},      {"client_id", client.id},
                        {"redirect_uri", kCallback},    {"scope", "openid email"},
                        {"state", "af0ifjsldkj"},       {"nonce", "n-0S6_WzA2Mj"},
                        {"code_challenge", kChallenge}, {"code_challenge_method", "S256"}};
  apply(parameters, changes);
  return parameters;
}

Response ask(const Parameters& parameters) {
  return Client{}.get("/oauth2/authorize?" + form_of(parameters));
}

std::string request_in(const Response& reply) {
  expect(reply, 303);
  const auto location = reply.header("location");
  constexpr std::string_view page = "/app/authorize#token=";
  require(location.starts_with(page), "the browser is led to " + location);
  return location.substr(page.size());
}

Response decide(const Account& who, const std::string& request, const std::string& decision) {
  return who.client().post("/api/v1/oauth/decisions", object({{"request", request}, {"decision", decision}}));
}

std::string let_in(const Account& who, const OauthClient& client, const Parameters& changes) {
  const auto reply = decide(who, request_in(ask(authorization(client, changes))));
  expect(reply, 200);
  require(reply.at("/redirect_to").IsString(), "the page still asks: " + reply.describe());
  return reply.text("/redirect_to");
}

Response post_form(const std::string& path, const Parameters& parameters, const OauthClient* basic) {
  Call call{"POST", path, form_of(parameters), "application/x-www-form-urlencoded", {}};
  if (basic != nullptr)
    call.headers.emplace_back("Authorization", "Basic " + base64_encode(basic->id + ':' + basic->secret));
  return Client{}.send(call);
}

Response spend_code(const OauthClient& client, const std::string& code, const Parameters& changes) {
  Parameters parameters{{"grant_type", "authorization_code"},
                        {"code", code},
                        {"redirect_uri", kCallback},
                        {"code_verifier", kVerifier}};
  if (client.secret.empty()) parameters.emplace_back("client_id", client.id);
  apply(parameters, changes);
  return post_form("/oauth2/token", parameters, client.secret.empty() ? nullptr : &client);
}

Response tokens_for(const Account& who, const OauthClient& client, const Parameters& changes) {
  return spend_code(client, query_of(let_in(who, client, changes), "code"));
}

Response refresh(const OauthClient& client, const std::string& token, const Parameters& more) {
  Parameters parameters{{"grant_type", "refresh_token"}, {"refresh_token", token}};
  if (client.secret.empty()) parameters.emplace_back("client_id", client.id);
  apply(parameters, more);
  return post_form("/oauth2/token", parameters, client.secret.empty() ? nullptr : &client);
}

Response introspect(const OauthClient& client, const std::string& token) {
  return post_form("/oauth2/introspect", {{"token", token}}, &client);
}

const Response& expect_oauth_error(const Response& reply, int status, const std::string& error) {
  expect(reply, status);
  require_equal(reply.text("/error"), error, reply.describe());
  require(!reply.text("/error_description").empty(), "it says nothing: " + reply.describe());
  require_equal(reply.header("content-type"), std::string{"application/json"});
  require_equal(reply.header("cache-control"), std::string{"no-store"});
  return reply;
}

std::string payload_of(const std::string& token) {
  const auto parts = split(token, '.');
  require(parts.size() == 3, "no JWT: " + token);
  return base64url_decode(parts[1]).value();
}

}  // namespace tenantd::test
