// tenantctl audit: holds the chains of audit rows against their hashes, and writes them out.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

// verify [--organization ID|SLUG|system] [--anchors FILE]: walks every chain, or one. Returns 0 if each is
// whole, 1 if one is broken, EX_DATAERR for a file of anchors that is none, EX_CONFIG without the keys,
// EX_TEMPFAIL if the database went away, EX_SOFTWARE for whatever else kept it from being known.
// export --organization ID|SLUG|system: its rows to `out` as JSON Lines, oldest first.
// Both sign in as the administrator of the database. Throws UsageError.
extern const char* const kAuditPage;
int audit(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
