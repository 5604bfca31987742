// What happened to an organization's projects and documents, from its domain events.
#pragma once

#include "tenantd/modules/webhooks/events_store.hpp"

namespace tenantd::store {

struct Activity {
  Event event;
  std::optional<std::string> actor_email;  // while the actor is a member
  std::optional<ProjectId> project;
  std::optional<std::string> name;  // what it was called then
};

// Which events: those of documents only for who may read them.
enum class ActivityKinds { projects, projects_and_documents };

// Returns at most `limit` of them before the one numbered `before`, newest first.
std::vector<Activity> list_activity(db::Txn& txn, const TenantScope& scope, ActivityKinds kinds,
                                    std::int64_t before, std::int64_t limit);
std::int64_t count_activity(db::Txn& txn, const TenantScope& scope, ActivityKinds kinds);

}  // namespace tenantd::store
