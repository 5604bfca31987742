#include "tenantd/modules/webhooks/keeping.hpp"

#include "modules/webhooks/webhooks_store.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/changes_store.hpp"

namespace tenantd::service {
namespace {

json::Object status_value(WebhookStatus status) {
  return std::move(json::Object{}.set("status", webhook_status_name(status)));
}

}  // namespace

// Under the locks that whoever saves a webhook takes, in that order, and only if there is anything to pause:
// long lists of changes hold the first of them. None of them becomes active meanwhile, since that takes the
// organization's lock.
std::int64_t suspend_webhooks(const Work& work, const std::vector<WebhookId>& ids) {
  if (ids.empty()) return 0;
  store::lock_changes(work.txn, std::nullopt);
  std::int64_t paused = 0;
  for (const auto& id : ids) {
    if (!store::pause_webhook(work.txn, work.scope, id, work.context.now)) continue;
    ++paused;
    record(work, {"webhook.suspended", "webhook", id.bytes(), status_value(WebhookStatus::active),
                  status_value(WebhookStatus::paused)});
  }
  return paused;
}

}  // namespace tenantd::service
