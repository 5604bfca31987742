#include "identity/factors/proof_in.hpp"
#include "identity/passkeys/passkey_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

using service::PasskeyUse;
using store::PasskeyId;
using store::PasskeyRow;

void put_passkey(JsonOut& json, const PasskeyRow& row) {
  json.begin_object()
      .field("id", row.id)
      .field("name", row.name)
      .field("backed_up", row.key.backed_up)
      .field("created_at", row.created_at)
      .field("last_used_at", row.last_used_at)
      .end_object();
}

Response passkey_reply(const PasskeyRow& row, int status = 200) {
  JsonOut json;
  put_passkey(json, row);
  return reply(json, status);
}

Response options_reply(const json::Object& options) {
  JsonOut json;
  json.begin_object().field("publicKey", options).end_object();
  return token_response(json);
}

PasskeyId id_in_path(const Request& request) {
  const auto id = PasskeyId::parse(request.http.path_value("passkey_id"));
  if (!id) throw ApiError(not_found);
  return *id;
}

Response creation_options(const Request& request, const Session& session, Txn& txn) {
  return options_reply(
      service::passkey_creation_options(txn, request.context, session, proof_in(request.body)));
}

Response list_passkeys(const Request&, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (const auto& row : store::passkeys_of(txn, session.user())) put_passkey(json, row);
  json.end_array().end_object();
  return reply(json);
}

Response add_passkey(const Request& request, const Session& session, Txn& txn) {
  const auto& response = passkey_response(request);
  // The authenticator has signed its own, which is taken.
  passkey_id(request);
  const auto row = service::add_passkey(
      txn, request.context, session,
      {text(request.body, "name"), passkey_bytes(response, "clientDataJSON", kPasskeyResponse),
       passkey_bytes(response, "attestationObject", kPasskeyResponse)});
  return passkey_reply(row, 201).header("Location", "/api/v1/auth/passkeys/" + row.id.str());
}

Response show_passkey(const Request& request, const Session& session, Txn& txn) {
  service::require_whole_account(txn, session.principal());
  const auto row = store::find_passkey(txn, session.user(), id_in_path(request));
  if (!row) throw ApiError(not_found);
  return passkey_reply(*row);
}

Response rename_passkey(const Request& request, const Session& session, Txn& txn) {
  return passkey_reply(service::rename_passkey(txn, request.context, session, id_in_path(request),
                                               text(request.body, "name")));
}

Response remove_passkey(const Request& request, const Session& session, Txn& txn) {
  service::remove_passkey(txn, request.context, session, id_in_path(request), proof_in(request.body));
  return no_content();
}

Response request_options(const Request& request, Txn& txn) {
  const auto& settings = request.context.settings;
  PasskeyUse use{"", maybe_text(request.body, "mfa_token")};
  if (use.mfa_token) return options_reply(service::passkey_request_options(txn, request.context, use));
  const auto held = passkey_browser(request);
  use.browser = !held.empty() ? held : crypto::new_token().reveal();
  auto response = options_reply(service::passkey_request_options(txn, request.context, use));
  response.header("Set-Cookie",
                  http::set_cookie(is_https(settings.public_url), passkey_cookie(settings), use.browser,
                                   service::kPasskeyChallenge.count(), http::SameSite::strict));
  return response;
}

Response sign_in_by_passkey(const Request& request, Txn& txn) {
  const PasskeyUse use{passkey_browser(request), maybe_text(request.body, "mfa_token")};
  return token_reply(service::sign_in_by_passkey(txn, request.context, use, passkey_proof_in(request)));
}

constexpr auto kPasskeysRows = section(
    "Sign-up, sign-in, tokens",
    {
        {.method = POST,
         .path = "/api/v1/auth/passkey/options",
         .handler = request_options,
         .rate = Rate::write,
         .body = "passkey_options",
         .reply = ok("passkey_request"),
         .refuses = {mfa_invalid, not_found},
         .name = "startPasskeySignIn",
         .summary = "Get a challenge for a sign-in by passkey"},
        {.method = POST,
         .path = "/api/v1/auth/passkey/verify",
         .handler = sign_in_by_passkey,
         .pair = Pair::answered,
         .rate = Rate::write,
         .body = "passkey_use",
         .reply = ok("token"),
         .refuses = {invalid_credentials, mfa_invalid, not_found, sso_required},
         .name = "finishPasskeySignIn",
         .summary = "Sign in by a passkey"},
        {.method = GET,
         .path = "/api/v1/auth/passkeys",
         .handler = list_passkeys,
         .rate = Rate::read,
         .reply = ok("passkeys"),
         .refuses = {session_bound},
         .summary = "My passkeys"},
        {.method = POST,
         .path = "/api/v1/auth/passkeys/options",
         .handler = creation_options,
         .step_up = true,
         .rate = Rate::password,
         .body = "mfa_code",
         .reply = ok("passkey_creation"),
         .refuses = {reauthentication_required, email_unverified, session_bound, not_found, limit_reached},
         .name = "startPasskeyCreation",
         .summary = "Get a challenge for a new passkey"},
        {.method = POST,
         .path = "/api/v1/auth/passkeys",
         .handler = add_passkey,
         .rate = Rate::write,
         .body = "passkey_new",
         .reply = made("passkey"),
         .refuses = {conflict, limit_reached, session_bound, not_found},
         .summary = "Add a passkey"},
        {.method = GET,
         .path = "/api/v1/auth/passkeys/{passkey_id}",
         .handler = show_passkey,
         .rate = Rate::read,
         .reply = ok("passkey"),
         .refuses = {not_found, session_bound},
         .summary = "One of my passkeys"},
        {.method = PUT,
         .path = "/api/v1/auth/passkeys/{passkey_id}",
         .handler = rename_passkey,
         .rate = Rate::write,
         .body = "passkey_name",
         .reply = ok("passkey"),
         .refuses = {not_found, session_bound},
         .summary = "Rename a passkey"},
        {.method = POST,
         .path = "/api/v1/auth/passkeys/{passkey_id}/remove",
         .handler = remove_passkey,
         .step_up = true,
         .rate = Rate::password,
         .body = "mfa_code",
         .reply = done(),
         .refuses = {not_found, reauthentication_required, session_bound},
         .summary = "Remove a passkey"},
    });

}  // namespace

std::span<const Route> passkeys_rows() { return kPasskeysRows; }

}  // namespace tenantd::api::handlers
