// Webhooks of one organization and their deliveries, as the API sees them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/domain/webhook.hpp"
#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

struct Webhook {
  WebhookId id;
  std::string url;
  std::string description;
  std::string events;  // comma-separated types, or "*"
  WebhookStatus status = WebhookStatus::active;
  std::int64_t revision = 1;
  std::optional<UserId> created_by;
  std::optional<UserId> kept_by;  // who answers for it: who made it, or saved it last
  std::string secret_sealed;      // written alone: for webhook_secret_context()
  TimePoint created_at, updated_at;
};

// The field list.
extern const record::Resource webhook_list;
extern const record::Table<Webhook> webhook_table;

// The secret so far goes on signing beside the new one until `previous_until`.
void replace_webhook_secret(db::Txn& txn, const TenantScope& scope, WebhookId id, const std::string& secret,
                            TimePoint previous_until, TimePoint now);
// False if it was not active.
bool pause_webhook(db::Txn& txn, const TenantScope& scope, WebhookId id, TimePoint now);

struct WebhookDelivery {
  EventId event;
  std::int64_t event_seq = 0;
  std::string event_type;
  DeliveryStatus status = DeliveryStatus::pending;
  std::int64_t attempts = 0;  // since it was asked for last
  TimePoint next_attempt_at;  // while pending
  std::optional<std::int64_t> response_status;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::string> error;
  TimePoint created_at;
  TimePoint updated_at;
  std::optional<TimePoint> delivered_at;
};

// Returns at most `limit` deliveries of events before the number `before`, newest first.
std::vector<WebhookDelivery> list_deliveries(db::Txn& txn, const TenantScope& scope, WebhookId webhook,
                                             std::optional<DeliveryStatus> status, std::int64_t before,
                                             std::int64_t limit);
std::int64_t count_deliveries(db::Txn& txn, const TenantScope& scope, WebhookId webhook,
                              std::optional<DeliveryStatus> status);
std::optional<WebhookDelivery> find_delivery(db::Txn& txn, const TenantScope& scope, WebhookId webhook,
                                             EventId event);
// Due now, as if it had never been tried; one that is under way is left to itself.
void replay_delivery(db::Txn& txn, const TenantScope& scope, WebhookId webhook, EventId event, TimePoint now);

}  // namespace tenantd::store
