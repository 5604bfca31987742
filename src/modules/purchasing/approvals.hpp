// Who may decide on a purchase request: thresholds that ask for a higher role, and the people to tell.
#pragma once

#include <vector>

#include "modules/purchasing/approvals_store.hpp"
#include "modules/purchasing/purchase_requests.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Puts these in the place of those there were, and returns them as stored. Throws ApiError(validation_failed)
// for a role that is not there, or the same amount twice.
std::vector<ApprovalThreshold> replace_thresholds(const Work& work,
                                                  const std::vector<ApprovalThreshold>& thresholds);

// What an approver of the request must be allowed to do, by the thresholds, all of them together.
PermissionSet wanted_permissions(db::Txn& txn, const TenantScope& scope, const PurchaseView& request);

// Tells members who may approve it, the longest-standing roles first, kMostMails of them at most.
inline constexpr std::int64_t kMostMails = 50;
void mail_approvers(const Work& work, const PurchaseView& request);
// Tells the requester, while a member, what was decided and why.
void mail_requester(const Work& work, const PurchaseView& request, const std::string& reason);

}  // namespace tenantd::service
