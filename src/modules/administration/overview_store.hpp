// The whole system in numbers, for super-admins. Every number comes from an index made for it; no table of
// tenants or accounts is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct Overview {
  std::int64_t active_tenants = 0, inactive_tenants = 0;  // personal organizations not among them
  std::int64_t personal_organizations = 0;
  std::int64_t users = 0, active_users = 0, verified_users = 0, users_with_factor = 0;
  std::int64_t locked_users = 0;    // by wrong passwords
  std::int64_t locked_factors = 0;  // by wrong codes
  std::int64_t sessions = 0;
  std::int64_t signins = 0, failed_signins = 0;  // since `since`
  std::int64_t pending_invites = 0;
};
Overview read_overview(db::Txn& txn, const SuperAdmin& admin, TimePoint now, TimePoint since);

// What waits to be sent.
struct Queue {
  std::int64_t pending = 0, dead = 0;
  std::optional<TimePoint> oldest_due_at;  // when the oldest of them should have been tried
};
struct Queues {
  Queue mail;
  std::optional<TimePoint> oldest_mail_at;  // when the oldest that waits was ordered
  Queue deliveries;                         // to webhooks
  std::optional<TimePoint> last_sweep_at;
};
Queues read_queues(db::Txn& txn, const SuperAdmin& admin);

struct DatabaseFacts {
  std::string version;
  std::int64_t connections = 0, max_connections = 0;
};
DatabaseFacts read_database_facts(db::Txn& txn);

// One day, counted from 1970 (UTC).
struct CountedDay {
  std::int64_t day = 0;
  std::int64_t count = 0;
};
// Days on which there was something to count, oldest first, between these seconds: accounts made,
// organizations made that are not personal, and different users who signed in.
std::vector<CountedDay> count_sign_ups(db::Txn& txn, const SuperAdmin& admin, TimePoint from, TimePoint to);
std::vector<CountedDay> count_new_tenants(db::Txn& txn, const SuperAdmin& admin, TimePoint from,
                                          TimePoint to);
std::vector<CountedDay> count_active_users(db::Txn& txn, const SuperAdmin& admin, TimePoint from,
                                           TimePoint to);

}  // namespace tenantd::store
