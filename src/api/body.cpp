#include "body.hpp"

#include <span>
#include <string>

#include "normalize.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/server.hpp"

namespace tenantd::api {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

// OAuth 2's forms (RFC 6749 sections 4.3.2 and 6) as the body of a token request. Other parameters, such as
// client_id and scope, say nothing here.
Json token_request_of_form(const http::Request& request) {
  Json body;
  body.SetObject();
  auto& memory = body.GetAllocator();
  for (const auto& [name, value] : http::parse_form(request.body)) {
    if (name == "username") body.AddMember("email", JsonValue{value, memory}, memory);
    for (const char* same : {"grant_type", "password", "refresh_token"})
      if (name == same) body.AddMember(rapidjson::StringRef(same), JsonValue{value, memory}, memory);
  }
  return body;
}

// The parameters of OAuth and OpenID Connect that a row may name in its schema. Others are ignored, and one
// without a value is not there (RFC 6749 sections 3.1 and 3.2).
constexpr std::string_view kOauthParameters[] = {"client_assertion",
                                                 "client_assertion_type",
                                                 "client_id",
                                                 "client_secret",
                                                 "code",
                                                 "code_verifier",
                                                 "device_code",
                                                 "grant_type",
                                                 "id_token_hint",
                                                 "post_logout_redirect_uri",
                                                 "redirect_uri",
                                                 "refresh_token",
                                                 "resource",
                                                 "scope",
                                                 "state",
                                                 "token",
                                                 "token_type_hint"};

// What a client sends a browser with by a form; of other rows these are what they ignore.
constexpr std::string_view kAuthorizationParameters[] = {
    "acr_values", "client_id",     "code_challenge", "code_challenge_method",
    "login_hint", "max_age",       "nonce",          "organization",
    "prompt",     "redirect_uri",  "request",        "request_uri",
    "resource",   "response_mode", "response_type",  "scope",
    "state"};

Json oauth_request_of_form(const Route& route, const http::Request& request) {
  std::span<const std::string_view> parameters = kOauthParameters;
  if (route.body == "authorization_form") parameters = kAuthorizationParameters;
  Json body;
  body.SetObject();
  auto& memory = body.GetAllocator();
  for (const auto& [name, value] : http::parse_form(request.body))
    for (const auto known : parameters)
      if (name == known && !value.empty())
        body.AddMember(rapidjson::StringRef(known.data()), JsonValue{value, memory}, memory);
  return body;
}

// What a file is written in can only be believed.
void refuse_other_charsets(std::string_view content_type) {
  constexpr std::string_view kName = "charset=";
  for (const auto part : split(content_type, ';')) {
    auto parameter = ascii_lower(trim(part));
    if (!parameter.starts_with(kName)) continue;
    std::string charset = parameter.substr(kName.size());
    if (charset.size() > 1 && charset.front() == '"' && charset.back() == '"')
      charset = charset.substr(1, charset.size() - 2);
    if (charset != "utf-8" && charset != "utf8" && charset != "us-ascii")
      throw ApiError(ErrorCode::unsupported_media_type,
                     "Send the file in UTF-8: other charsets are not read");
  }
}

// A file of rows as the JSON body that says the same.
Json body_of_csv(const http::Request& request) {
  if (!is_utf8(request.body))
    throw ApiError(ErrorCode::bad_request, "The file is not UTF-8: save it as CSV in UTF-8");
  Json body;
  body.SetObject();
  auto& memory = body.GetAllocator();
  body.AddMember("csv", JsonValue{request.body, memory}, memory);
  return body;
}

Json body_of_file(const http::Request& request) {
  refuse_other_charsets(request.content_type);
  return body_of_csv(request);
}

}  // namespace

Json parse_body(const Route& route, const http::Request& request, std::string_view type) {
  if (type == "application/json") return parse_json(request.body);
  switch (route.also) {
    case AlsoTakes::nothing: break;
    case AlsoTakes::text:
      if (type == "text/plain") return parse_json(request.body);
      break;
    case AlsoTakes::csv:
      if (type == "text/csv" || type == "application/vnd.ms-excel") return body_of_file(request);
      break;
    case AlsoTakes::form:
      if (type == kForm) return token_request_of_form(request);
      break;
    case AlsoTakes::oauth:
      if (type == kForm) return oauth_request_of_form(route, request);
      break;
    case AlsoTakes::scim:
      if (type == "application/scim+json") return parse_json(request.body);
      break;
  }
  refuse_media_type(route);
}

}  // namespace tenantd::api
