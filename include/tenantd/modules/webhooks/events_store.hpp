// Domain events of one organization, in the order of their commits: an event that is seen has every earlier
// one before it, so that who asks for what follows the last `seq` misses none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct Event {
  EventId id;
  std::int64_t seq = 0;  // from 1, without gaps
  std::string type;
  std::optional<UserId> actor;     // nullopt = the system
  std::optional<EventId> subject;  // what it is about, whatever that is
  std::string data;                // JSON object
  TimePoint created_at;
};

// Returns at most `limit` events behind `after`, oldest first; of one type if it is given.
std::vector<Event> list_events(db::Txn& txn, const TenantScope& scope, std::int64_t after,
                               const std::optional<std::string>& type, std::int64_t limit);
std::int64_t count_events(db::Txn& txn, const TenantScope& scope, const std::optional<std::string>& type);
std::optional<Event> find_event(db::Txn& txn, const TenantScope& scope, EventId id);

}  // namespace tenantd::store
