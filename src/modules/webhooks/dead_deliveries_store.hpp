// Deliveries that were given up, of every organization, for super-admins.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/domain/webhook.hpp"
#include "tenantd/effects/keyset.hpp"

namespace tenantd::store {

struct DeadDelivery {
  OrgId org;
  std::string org_name;
  WebhookId webhook;
  std::string url;
  WebhookStatus webhook_status = WebhookStatus::active;
  EventId event;
  std::string event_type;
  std::int64_t attempts = 0;
  TimePoint dead_at;
  std::optional<std::int64_t> response_status;
  std::optional<std::string> error;
  TimePoint created_at;
};

// Returns at most `limit` of them, the newest first, after `from` (dead_at, event).
std::vector<DeadDelivery> list_dead_deliveries(db::Txn& txn, const SuperAdmin& admin,
                                               const std::optional<Keyset>& from, std::int64_t limit);

}  // namespace tenantd::store
