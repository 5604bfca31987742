// What both halves of a sign-in by a provider have in common on their way in and out: the cookie that binds
// a state to its browser, and what the provider sent back.
#pragma once

#include <string>

#include "identity/sso/single_sign_on.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/http/set_cookie.hpp"

namespace tenantd::api::handlers {

// Lax: the provider sends the browser back by a link, and the page's own request is from the same site.
inline std::string state_cookie(const Request& request, const std::string& name, const std::string& value,
                                std::int64_t seconds) {
  return http::set_cookie(is_https(request.context.settings.public_url), name, value, seconds,
                          http::SameSite::lax);
}

inline Response begun_reply(const Request& request, const service::BegunSignIn& begun) {
  JsonOut json;
  json.begin_object()
      .field("authorization_url", begun.authorization_url)
      .field("expires_in", begun.expires_in)
      .end_object();
  return token_response(json).header(
      "Set-Cookie", state_cookie(request, begun.cookie_name, begun.cookie, begun.expires_in));
}

inline service::ProviderAnswer answer_of(const Request& request) {
  return {text(request.body, "code"), text(request.body, "state"), maybe_text(request.body, "iss"),
          maybe_text(request.body, "redirect_uri")};
}

inline service::Cookies cookies_of(const Request& request) {
  return [&](const std::string& name) { return request.http.cookie_value(name); };
}

// Its state is used up.
inline Response with_cookie_dropped(const Request& request, const std::string& state, Response response) {
  const auto name = service::cookie_name(request.context.settings, state);
  response.header("Set-Cookie", state_cookie(request, name, "", 0));
  return response;
}

}  // namespace tenantd::api::handlers
