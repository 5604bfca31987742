// Products whose crossing nobody was told of yet, and drafts that nobody touched: what the reporter finds
// over all organizations and changes one organization at a time.
#pragma once

#include "workers/reporting_store.hpp"

namespace tenantd::store {

// --- Low stock
// -----------------------------------------------------------------------------------------------

inline constexpr std::int64_t kCrossingBatch = 500;

// Active organizations with crossings to tell of, in the order of their ids behind `after`;
// kOrganizationBatch at most.
std::vector<OrgId> organizations_with_crossings(db::Txn& txn, const ReporterScope&, OrgId after);
// Their products, in the order of their ids; kCrossingBatch at most. Locks nothing.
std::vector<ProductId> crossings_of(db::Txn& txn, const ReporterScope&, OrgId org);
// Locks the product and marks its crossing as told. nullopt if it was told of meanwhile, or is over.
std::optional<LowProduct> take_crossing(db::Txn& txn, const ReporterScope&, OrgId org, ProductId product);

// --- Drafts of purchase requests
// -----------------------------------------------------------------------------

inline constexpr std::int64_t kDraftBatch = 500;

// Drafts of active organizations that nobody touched since `before`, the oldest first; kDraftBatch at most.
std::vector<std::pair<OrgId, PurchaseRequestId>> stale_drafts(db::Txn& txn, const ReporterScope&,
                                                              TimePoint before);

struct Draft {
  std::int64_t number = 0;
  std::string title;
  std::optional<UserId> requested_by;
  TimePoint updated_at;
};
// Removes the draft, in its organization's scope, and returns what it was; nullopt if it is none any more or
// was touched.
std::optional<Draft> remove_draft(db::Txn& txn, const ReporterScope&, OrgId org, PurchaseRequestId id,
                                  TimePoint before);

}  // namespace tenantd::store
