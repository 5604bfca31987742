// Who may approve purchase requests: thresholds by amount, and the members to tell.
#pragma once

#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/purchase_request.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

// By currency, then by amount.
std::vector<ApprovalThreshold> list_thresholds(db::Txn& txn, const TenantScope& scope);
void delete_thresholds(db::Txn& txn, const TenantScope& scope);
// Throws db::ForeignKeyError (no such role), db::DuplicateKey (currency and amount stand there).
void insert_threshold(db::Txn& txn, const TenantScope& scope, const ApprovalThreshold& threshold);

struct RoleHolder {
  UserId user;
  std::string email;
};
// Returns at most `limit` active members who hold the role at `now`, oldest first.
std::vector<RoleHolder> list_holders(db::Txn& txn, const TenantScope& scope, RoleId role, TimePoint now,
                                     std::int64_t limit);

}  // namespace tenantd::store
