// How many rows of a kind one organization may have. Kinds whose limit is fixed are counted by triggers
// (sql/0005_growth.sql); these have their limit from the settings.
#pragma once

#include <cstdint>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

enum class Budgeted { api_keys, roles, webhooks, pending_invites, oauth_clients, streams, service_accounts };

// Asked once a row was added. Until the commit others that add one of the kind wait: of those that come to
// the limit together exactly as many get in as fit. `most` 0 is no limit. Throws db::LimitReached with the
// kind's name ("api_keys", "roles", "webhooks", "invites").
void require_place(db::Txn& txn, const TenantScope& scope, Budgeted kind, std::int64_t most);

}  // namespace tenantd::store
