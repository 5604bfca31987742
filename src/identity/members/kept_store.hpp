// What members have set up for their organization and answer for.
#pragma once

#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/domain/stream.hpp"
#include "tenantd/domain/webhook.hpp"

namespace tenantd::store {

struct Kept {
  std::vector<WebhookId> webhooks;
  std::vector<StreamId> streams;
};

// The active webhooks and streams that `keepers`, or those who hold the role, answer for.
Kept list_active_kept(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& keepers);
Kept list_active_kept(db::Txn& txn, const TenantScope& scope, RoleId role);

}  // namespace tenantd::store
