// Beginning, changing and ending projects. The organization's usage row is locked before anything of a
// project that is new, so that of a crowd exactly as many get in as there are places.
#pragma once

#include <functional>

#include "modules/documents/projects_store.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Begins the project that a body has filled; unless it `names_owner`, it is the caller's. Throws ApiError:
// validation_failed (owner), limit_reached.
store::Project make_project(const Work& work, store::Project project, bool names_owner);
// Throws ApiError: not_found, precondition_failed, validation_failed.
store::Project change_project(const Work& work, ProjectId id,
                              const std::function<void(store::Project&)>& edit);

// More documents than this are not removed with their project in one transaction.
inline constexpr std::int64_t kMostRemovedDocuments = 1000;

// Throws ApiError: not_found, resource_in_use (it has documents, and they shall stay or are too many),
// forbidden (they shall go, and the caller may not remove documents).
void remove_project(const Work& work, ProjectId id, bool with_documents);

}  // namespace tenantd::service
