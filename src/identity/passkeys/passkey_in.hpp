// What a browser sends of a passkey, and what it holds of a challenge.
#pragma once

#include <string>

#include "identity/passkeys/passkeys.hpp"
#include "tenantd/api/json.hpp"
#include "tenantd/api/request.hpp"

namespace tenantd::api {

inline constexpr const char* kPasskeyResponse = "/credential/response/";

// The browser that asked for a challenge has its nonce in this cookie; another site cannot send it along, nor
// set it.
std::string passkey_cookie(const Settings& settings);
// Empty: it has asked for none.
std::string passkey_browser(const Request& request);

// A member of the credential, of bytes as base64url.
std::string passkey_bytes(const JsonValue& object, const char* name, const std::string& at);
// The credential's id, raw bytes.
std::string passkey_id(const Request& request);
const JsonValue& passkey_response(const Request& request);
// Of a body whose `credential` answers a request for a proof.
service::PasskeyProof passkey_proof_in(const Request& request);

}  // namespace tenantd::api
