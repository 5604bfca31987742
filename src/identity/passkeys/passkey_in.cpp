#include "identity/passkeys/passkey_in.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/http/set_cookie.hpp"

namespace tenantd::api {

std::string passkey_cookie(const Settings& settings) {
  return http::cookie_name(is_https(settings.public_url), "tenantd-passkey");
}

std::string passkey_browser(const Request& request) {
  return request.http.cookie_value(passkey_cookie(request.context.settings)).value_or("");
}

std::string passkey_bytes(const JsonValue& object, const char* name, const std::string& at) {
  auto decoded = base64url_decode(text(object, name));
  if (!decoded) refuse_field(at + name, "must be base64url, without padding");
  return *std::move(decoded);
}

std::string passkey_id(const Request& request) {
  const auto& credential = *member(request.body, "credential");
  // Both are of the same bytes (section 5.1), or whoever looks at one of them would not know the other.
  if (const auto raw = maybe_text(credential, "rawId"); raw && *raw != text(credential, "id"))
    refuse_field("/credential/rawId", "must be the same as id");
  return passkey_bytes(credential, "id", "/credential/");
}

const JsonValue& passkey_response(const Request& request) {
  return *member(*member(request.body, "credential"), "response");
}

service::PasskeyProof passkey_proof_in(const Request& request) {
  const auto& response = passkey_response(request);
  service::PasskeyProof proof;
  proof.credential = passkey_id(request);
  proof.assertion = {passkey_bytes(response, "clientDataJSON", kPasskeyResponse),
                     passkey_bytes(response, "authenticatorData", kPasskeyResponse),
                     passkey_bytes(response, "signature", kPasskeyResponse)};
  if (maybe_text(response, "userHandle"))
    proof.user_handle = passkey_bytes(response, "userHandle", kPasskeyResponse);
  return proof;
}

}  // namespace tenantd::api
