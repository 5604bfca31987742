// OAuth clients that workers remember, so that one that asks often is not read each time.
#pragma once

#include <optional>

#include "identity/oauth/clients_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// As store::find_client() reads it: no older than the newest commit that changed it, ended it or switched its
// organization off, and no older than SESSION_CACHE_SECONDS.
std::optional<store::FoundClient> known_client(db::Txn& txn, const Context& context, ClientId id);

}  // namespace tenantd::service
