#include "modules/webhooks/webhooks.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/budgets.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/changes_store.hpp"
#include "tenantd/effects/slow_turn.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/standing.hpp"
#include "tenantd/modules/webhooks/deliveries_store.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kSecretBytes = 32;  // Standard Webhooks asks for 24 to 64
constexpr std::int64_t kTestsPerHour = 60;

struct NewSecret {
  Secret shown;
  std::string sealed;  // the bytes that sign
};

NewSecret new_secret(const Context& context, WebhookId id) {
  const Secret bytes{crypto::random_bytes(kSecretBytes)};
  return {Secret{"whsec_" + base64_encode(bytes.reveal())},
          crypto::seal(context.keys.seal_key(), bytes.reveal(), store::webhook_secret_context(id))};
}

void judge_url(const Context& context, OrgId org, const std::string& url) {
  const SlowTurn turn{context, SlowTurn::Kind::lookup, org};
  const auto why = net::refuse_url_resolved(context.settings, url);
  if (why)
    throw ApiError(ErrorCode::url_refused, "The address must not be called: it " + *why).field("/url", *why);
}

json::Object told(const store::Webhook& webhook) { return store::webhook_table.audit_values(webhook); }

// Lock order: members, the end of the organization's order of events, its webhooks' rows. Whoever pauses a
// webhook reads that end.
store::Webhook existing_under_lock(const Work& work, WebhookId id) {
  stand_for_good(work);
  store::lock_changes(work.txn, std::nullopt);
  auto webhook = store::webhook_table.lock(work.txn, work.scope, id.bytes());
  if (!webhook) throw ApiError(ErrorCode::not_found);
  return *std::move(webhook);
}

}  // namespace

MadeWebhook make_webhook(const Work& work, store::Webhook webhook) {
  judge_url(work.context, work.scope.org(), webhook.url);
  stand_for_good(work);
  webhook.id = crypto::new_id<WebhookId>();
  auto secret = new_secret(work.context, webhook.id);
  webhook.secret_sealed = std::move(secret.sealed);
  webhook.created_by = webhook.kept_by = work.scope.user();
  webhook.created_at = webhook.updated_at = work.context.now;
  store::webhook_table.insert(work.txn, work.scope, webhook);
  store::require_place(work.txn, work.scope, store::Budgeted::webhooks,
                       work.context.settings.webhooks_per_organization);
  auto after = told(webhook);
  after.set("secret", kMasked);
  record(work, {"webhook.created", "webhook", webhook.id.bytes(), {}, std::move(after)});
  return {std::move(webhook), std::move(secret.shown)};
}

store::Webhook change_webhook(const Work& work, WebhookId id, const std::optional<std::string>& url,
                              const std::function<void(store::Webhook&)>& edit) {
  if (!store::webhook_table.find(work.txn, work.scope, id.bytes())) throw ApiError(ErrorCode::not_found);
  if (url)
    judge_url(work.context, work.scope.org(), *url);  // before anything is locked: it may take its time
  auto webhook = existing_under_lock(work, id);
  require_expected(work.context, webhook.revision);
  auto before = told(webhook);
  const bool url_changed = url && *url != webhook.url;
  edit(webhook);
  webhook.kept_by = work.scope.user();
  webhook.updated_at = work.context.now;
  store::webhook_table.update(work.txn, work.scope, webhook);
  ++webhook.revision;
  auto after = told(webhook);
  if (url_changed) after.set("url_changed", true);
  record(work, {"webhook.updated", "webhook", id.bytes(), std::move(before), std::move(after)});
  return webhook;
}

void remove_webhook(const Work& work, WebhookId id) {
  const auto webhook = existing_under_lock(work, id);
  require_expected(work.context, webhook.revision);
  store::webhook_table.erase(work.txn, work.scope, id.bytes());
  record(work, {"webhook.deleted", "webhook", id.bytes(), told(webhook)});
}

MadeWebhook rotate_webhook_secret(const Work& work, WebhookId id) {
  auto webhook = existing_under_lock(work, id);
  auto secret = new_secret(work.context, id);
  const auto until = work.context.now + kPreviousSecretSigns;
  store::replace_webhook_secret(work.txn, work.scope, id, secret.sealed, until, work.context.now);
  ++webhook.revision;
  webhook.updated_at = work.context.now;
  json::Object after;
  after.set("secret", kMasked);
  record(work, {"webhook.secret_rotated", "webhook", id.bytes(), {}, std::move(after)});
  return {std::move(webhook), std::move(secret.shown)};
}

EventId test_webhook(const Work& work, WebhookId id) {
  const auto webhook = existing_under_lock(work, id);
  if (webhook.status == WebhookStatus::paused)
    throw ApiError(ErrorCode::conflict, "The webhook is paused: nothing is sent to it");
  require(store::spend(work.txn, work.context.keys.seal_key(),
                       {{std::string{"h"}.append(work.scope.org().raw()), kTestsPerHour}}, work.context.now),
          "Too many tests of webhooks: try again later");
  return record(work, {"webhook.test", "webhook", id.bytes()});
}

store::WebhookDelivery replay_delivery(const Work& work, WebhookId id, EventId event) {
  const auto webhook = existing_under_lock(work, id);
  if (!store::find_delivery(work.txn, work.scope, id, event)) throw ApiError(ErrorCode::not_found);
  if (webhook.status == WebhookStatus::paused)
    throw ApiError(ErrorCode::conflict, "The webhook is paused: nothing is sent to it");
  store::replay_delivery(work.txn, work.scope, id, event, work.context.now);
  json::Object after;
  after.set("event_id", event);
  record(work, {"webhook.delivery_replayed", "webhook", id.bytes(), {}, std::move(after)});
  if (work.context.wake_courier) work.txn.after_commit(work.context.wake_courier);
  return store::find_delivery(work.txn, work.scope, id, event).value();
}

}  // namespace tenantd::service
