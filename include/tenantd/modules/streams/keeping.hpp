// What becomes of the streams that a member has set up, once that member may make none any more.
#pragma once

#include <vector>

#include "tenantd/domain/stream.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Pauses those of the organization's streams that are active, and tells of each. For when who answers for
// them may make none any more, under the organization's lock. Somebody who may saves them as active again:
// what happened meanwhile is sent then. Returns how many there were.
std::int64_t suspend_streams(const Work& work, const std::vector<StreamId>& ids);

}  // namespace tenantd::service
