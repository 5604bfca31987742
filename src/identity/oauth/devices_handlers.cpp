// Device authorization (RFC 8628): what a device begins with, and what the page asks and says.
#include "identity/oauth/client_authentication.hpp"
#include "identity/oauth/devices.hpp"

#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

Response begin_device(const Request& request, Txn& txn) {
  const auto client = service::authenticate_client(txn, request.context, request.http, request.body);
  const auto codes =
      service::begin_device(txn, request.context, client, maybe_text(request.body, "scope").value_or(""),
                            maybe_text(request.body, "resource"));
  const auto page = request.context.settings.public_url + "/app/device";
  JsonOut json;
  json.begin_object()
      .field("device_code", codes.device_code.reveal())
      .field("user_code", codes.user_code)
      .field("verification_uri", page)
      // Behind the #: no server's log keeps it.
      .field("verification_uri_complete", page + "#token=" + codes.user_code)
      .field("expires_in", service::kDeviceLives.count())
      .field("interval", service::kDeviceWait.count())
      .end_object();
  return token_response(json);
}

service::Decision device_decision_of(const Request& request) {
  const auto word = maybe_text(request.body, "decision").value_or("ask");
  if (word == "allow") return service::Decision::allow;
  return word == "deny" ? service::Decision::deny : service::Decision::ask;
}

std::optional<std::string_view> decided_name(service::Decision decision) {
  switch (decision) {
    case service::Decision::ask: return std::nullopt;
    case service::Decision::allow: return "allow";
    case service::Decision::deny: return "deny";
  }
  return std::nullopt;
}

Response decide_device(const Request& request, const Session& session, Txn& txn) {
  const auto told = service::decide_device(txn, request.context, session, text(request.body, "user_code"),
                                           device_decision_of(request));
  const auto& [client, asked, address, asked_at, decided] = told;
  JsonOut json;
  json.begin_object()
      .key("client")
      .begin_object()
      .field("id", client.client.id)
      .field("name", client.client.name)
      .field("organization", client.is_for_all() ? std::nullopt : std::optional{client.org_name})
      .field("registered_itself", client.client.origin == store::ClientOrigin::itself)
      .end_object()
      .field("scopes", scope_names(asked.scopes))
      .field("organization", asked.organization ? std::optional{asked.organization->name} : std::nullopt)
      .field("address", address)
      .field("asked_at", asked_at)
      .field("ask", asked.scopes.empty() ? "membership" : service::question_name(asked.question))
      .field("decided", decided_name(decided))
      .end_object();
  return token_response(json);
}

constexpr auto kOauthDevicesRows = section(
    "OAuth and OpenID Connect",
    {
        {.method = POST,
         .path = "/oauth2/device_authorization",
         .handler = begin_device,
         .rate = Rate::write,
         .body = "oauth_device_request",
         .also = AlsoTakes::oauth,
         .reply = ok("oauth_device_codes"),
         .refuses = {invalid_request, invalid_client, invalid_scope, rate_limited, contended},
         .name = "authorizeDevice",
         .summary = "Codes for a device without a browser (RFC 8628)"},
        {.method = POST,
         .path = "/api/v1/oauth/device-decisions",
         .handler = decide_device,
         .rate = Rate::write,
         .body = "device_decision",
         .reply = ok("device_decision"),
         .refuses = {not_found, limit_reached, mfa_enrollment_required, sign_in_way_refused, rate_limited},
         .name = "decideDevice",
         .summary = "What asks by a device's code, and what the signed-in person says to it"},
    });

}  // namespace

std::span<const Route> oauth_devices_rows() { return kOauthDevicesRows; }

}  // namespace tenantd::api::handlers
