#include "workers/webhook_message.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/effects/changes.hpp"

namespace tenantd::service {

std::string webhook_body(OrgId org, EventId event, const store::Dispatch& dispatch) {
  json::Object body;
  body.set("id", event)
      .set("seq", dispatch.seq)
      .set("type", dispatch.type)
      .set("organization_id", org)
      .set("actor_id", dispatch.actor)
      .set("subject_id", dispatch.subject)
      .raw("data", dispatch.data)
      .set("created_at", dispatch.created_at);
  return body.text();
}

std::string standard_signature(const std::vector<Secret>& secrets, std::string_view id, TimePoint at,
                               const std::string& body) {
  const auto signed_text = std::string{id} + '.' + std::to_string(unix_seconds(at)) + '.' + body;
  std::string header;
  for (const auto& secret : secrets)
    header +=
        (header.empty() ? "v1," : " v1,") + base64_encode(crypto::hmac_sha256(secret.reveal(), signed_text));
  return header;
}

std::string webhook_signature(const std::vector<Secret>& secrets, EventId event, TimePoint at,
                              const std::string& body) {
  return standard_signature(secrets, event.str(), at, body);
}

net::OutboundRequest webhook_request(const Secret& seal_key, const store::DeliveryClaim& claim,
                                     const store::Dispatch& dispatch, TimePoint at) {
  const auto open = [&](const std::string& sealed) {
    return Secret{crypto::unseal(seal_key, sealed, store::webhook_secret_context(claim.webhook.id))};
  };
  std::vector<Secret> secrets{open(dispatch.secret_sealed)};
  if (dispatch.previous_secret_sealed) secrets.push_back(open(*dispatch.previous_secret_sealed));
  net::OutboundRequest request;
  request.method = "POST";
  request.url = dispatch.url;
  request.body = webhook_body(claim.webhook.org, claim.event, dispatch);
  request.headers = {{"Content-Type", "application/json"},
                     {"webhook-id", claim.event.str()},
                     {"webhook-timestamp", std::to_string(unix_seconds(at))},
                     {"webhook-signature", webhook_signature(secrets, claim.event, at, request.body)}};
  return request;
}

}  // namespace tenantd::service
