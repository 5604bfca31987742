#include "tenantd/service/keeping.hpp"

#include "tenantd/service/changes.hpp"
#include "tenantd/store/system/changes.hpp"
#include "tenantd/store/tenant/webhooks.hpp"

namespace tenantd::service {
namespace {

Values status_value(WebhookStatus status) {
  return std::move(Values{}.set("status", webhook_status_name(status)));
}

std::int64_t tell(db::Txn& txn, const Context& context, const TenantScope& scope,
                  const std::vector<WebhookId>& ids) {
  for (const auto& id : ids)
    record(txn, context, scope,
           {"webhook.suspended", "webhook", id.bytes(), status_value(WebhookStatus::active),
            status_value(WebhookStatus::paused)});
  return static_cast<std::int64_t>(ids.size());
}

}  // namespace

std::int64_t suspend_webhooks_of(db::Txn& txn, const Context& context, const TenantScope& scope,
                                 UserId keeper) {
  store::lock_changes(txn, std::nullopt);  // before the rows, as whoever saves a webhook
  return tell(txn, context, scope, store::pause_webhooks_of(txn, scope, keeper, context.now));
}

std::int64_t suspend_webhooks_of(db::Txn& txn, const Context& context, const TenantScope& scope,
                                 RoleId role) {
  store::lock_changes(txn, std::nullopt);  // before the rows, as whoever saves a webhook
  return tell(txn, context, scope, store::pause_webhooks_of(txn, scope, role, context.now));
}

}  // namespace tenantd::service
