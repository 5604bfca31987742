#include "identity/codes/codes.hpp"
#include "identity/factors/step_up.hpp"
#include "identity/passkeys/passkey_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

void put_authentication(JsonOut& json, const Authentication& shown) {
  json.field("auth_time", shown.at)
      .field("fresh_until", shown.at + kFreshProof)
      .field("acr", shown.methods.acr())
      .field("amr", shown.methods.amr());
}

Response show_step_up(const Request& request, const Session& session, Txn& txn) {
  const auto ways = service::ways_to_step_up(txn, request.context, session);
  JsonOut json;
  json.begin_object();
  put_authentication(json, session.principal().authentication);
  json.key("ways")
      .begin_object()
      .field("password", ways.password)
      .field("mail_code", ways.mail_code)
      .field("passkey", ways.passkey)
      .field("code", ways.code)
      .end_object()
      .end_object();
  return reply(json);
}

Response step_up(const Request& request, const Session& session, Txn& txn) {
  service::StepUp shown;
  shown.password = maybe_text(request.body, "password");
  shown.mail_code = maybe_text(request.body, "mail_code");
  shown.code = maybe_text(request.body, "code");
  if (member(request.body, "credential") != nullptr) shown.passkey = passkey_proof_in(request);
  shown.browser = passkey_browser(request);
  JsonOut json;
  json.begin_object();
  put_authentication(json, service::step_up(txn, request.context, session, shown));
  json.end_object();
  return reply(json);
}

Response mail_step_up_code(const Request& request, const Session& session, Txn& txn) {
  service::mail_code_of_session(txn, request.context, session);
  return notice("A code is on its way to the account's address");
}

constexpr auto kStepUpRows = section(
    "Sign-up, sign-in, tokens", {
                                    {.method = GET,
                                     .path = "/api/v1/auth/step-up",
                                     .handler = show_step_up,
                                     .rate = Rate::read,
                                     .reply = ok("step_up_ways"),
                                     .refuses = nothing,
                                     .summary = "How long ago I showed who I am, and by what I can again"},
                                    {.method = POST,
                                     .path = "/api/v1/auth/step-up",
                                     .handler = step_up,
                                     .rate = Rate::password,
                                     .body = "step_up",
                                     .reply = ok("step_up"),
                                     .refuses = {reauthentication_required},
                                     .summary = "Show again who I am, in the same session"},
                                    {.method = POST,
                                     .path = "/api/v1/auth/step-up/codes",
                                     .handler = mail_step_up_code,
                                     .rate = Rate::password,
                                     .reply = accepted("notice"),
                                     .refuses = nothing,
                                     .name = "requestStepUpCode",
                                     .summary = "Mail a code to show it by"},
                                });

}  // namespace

std::span<const Route> step_up_rows() { return kStepUpRows; }

}  // namespace tenantd::api::handlers
