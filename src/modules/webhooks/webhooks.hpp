// Webhooks: made, changed, ended, and their deliveries sent once more.
//
// The secret is made here and shown once, to whoever made the webhook or asked for another secret; it is kept
// sealed. An URL is judged by the addresses that its host has now, and again by the one that is connected to.
#pragma once

#include <functional>
#include <string>

#include "modules/webhooks/webhooks_store.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// For so long the secret of before a rotation signs too.
inline constexpr Seconds kPreviousSecretSigns{86400};

struct MadeWebhook {
  store::Webhook webhook;
  Secret secret;  // "whsec_…", as libraries for Standard Webhooks take it
};

// Resolves the URL's host: for the outbound lane. Throws ApiError(url_refused, limit_reached, unavailable:
// too many wait for their names to be resolved). `webhook`: as a body filled it.
MadeWebhook make_webhook(const Work& work, store::Webhook webhook);
// `url`: the one that the change names, if any. Throws ApiError(not_found,
// url_refused, precondition_failed, unavailable).
store::Webhook change_webhook(const Work& work, WebhookId id, const std::optional<std::string>& url,
                              const std::function<void(store::Webhook&)>& edit);
// Throws ApiError(not_found).
void remove_webhook(const Work& work, WebhookId id);
MadeWebhook rotate_webhook_secret(const Work& work, WebhookId id);
// Tells of an event of type webhook.test that goes to this webhook alone. Returns its id. Throws
// ApiError(not_found), ApiError(conflict) for a paused webhook, ApiError(rate_limited).
EventId test_webhook(const Work& work, WebhookId id);
// Sends an event again, whatever became of it. Throws ApiError(not_found), ApiError(conflict) for a paused
// webhook.
store::WebhookDelivery replay_delivery(const Work& work, WebhookId id, EventId event);

}  // namespace tenantd::service
