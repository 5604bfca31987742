#include "identity/codes/codes.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

void require_mailed_codes(const http::Request&, const service::Context& context) {
  if (!context.settings.sign_in_code)
    throw ApiError(not_found, "Nobody signs in by a mailed code here (SIGN_IN_CODE)");
}

// The browser that asked for a code holds a nonce in it; another site cannot send it along, nor set it.
std::string code_cookie(const Settings& settings) {
  return http::cookie_name(is_https(settings.public_url), "tenantd-code");
}

Response request_code(const Request& request, Txn& txn) {
  const auto& settings = request.context.settings;
  const auto browser = service::request_sign_in_code(txn, request.context, email_in(request.body, "email"));
  auto response = notice("If the address has an account, a code to sign in with is on its way");
  response.header("Set-Cookie",
                  http::set_cookie(is_https(settings.public_url), code_cookie(settings), browser,
                                   service::kMailedCodeLives.count(), http::SameSite::strict));
  return response;
}

Response verify_code(const Request& request, Txn& txn) {
  service::CodeUse use;
  use.browser = request.http.cookie_value(code_cookie(request.context.settings)).value_or("");
  use.code = text(request.body, "code");
  if (request.session) use.signed_in = request.session->user();
  return token_reply(service::sign_in_by_code(txn, request.context, use));
}

constexpr auto kCodesRows = section(
    "Sign-up, sign-in, tokens", {
                                    {.method = POST,
                                     .path = "/api/v1/auth/codes",
                                     .handler = request_code,
                                     .gate = require_mailed_codes,
                                     .rate = Rate::password,
                                     .body = "code_request",
                                     .reply = accepted("notice"),
                                     .refuses = {not_found},
                                     .name = "requestSignInCode",
                                     .summary = "Ask for a code to sign in with"},
                                    {.method = POST,
                                     .path = "/api/v1/auth/codes/verify",
                                     .handler = verify_code,
                                     .pair = Pair::answered,
                                     .gate = require_mailed_codes,
                                     .rate = Rate::password,
                                     .body = "code_use",
                                     .reply = ok("token"),
                                     .refuses = {invalid_credentials, mfa_required, not_found, sso_required},
                                     .name = "signInByCode",
                                     .summary = "Sign in by it, in the browser that asked"},
                                });

}  // namespace

std::span<const Route> codes_rows() { return kCodesRows; }

}  // namespace tenantd::api::handlers
