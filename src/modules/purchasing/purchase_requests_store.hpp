// Purchase requests, their lines, and who took them where.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/purchase_request.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct PurchaseRequest {
  PurchaseRequestId id;
  std::int64_t number = 0;  // for people; counts in the organization
  std::string title;
  std::optional<WarehouseId> warehouse;  // where it will be received
  std::string note;
  std::optional<std::string> currency;  // of all its prices
  std::int64_t total_minor = 0;
  std::int64_t unpriced_lines = 0;  // that the total says nothing of
  PurchaseStatus status = PurchaseStatus::draft;
  std::int64_t revision = 1;
  std::optional<UserId> requested_by;
  std::optional<TimePoint> submitted_at;
  std::optional<TimePoint> decided_at;
  std::optional<TimePoint> received_at;
  TimePoint created_at;
  TimePoint updated_at;
};

// The number after the last one. Whoever asks for another one waits until this transaction ends.
std::int64_t next_purchase_number(db::Txn& txn, const TenantScope& scope);
// Throws db::ForeignKeyError (no such warehouse).
void insert_row(db::Txn& txn, const TenantScope& scope, const PurchaseRequest& request);
std::optional<PurchaseRequest> find_row(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id);
// The same, locked until the commit.
std::optional<PurchaseRequest> lock_row(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id);
// Writes title, warehouse, note, currency and total, and counts its revision up. False if it is no draft any
// more. Throws as insert_row.
bool update_draft(db::Txn& txn, const TenantScope& scope, const PurchaseRequest& request);
// Takes it from `before` to the status after a step that is no receipt, and counts its revision up. False if
// it is not in `before`: somebody else was faster.
bool take_step(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id, PurchaseStep step,
               TimePoint now);
// Writes that something has arrived. `warehouse` is taken if it has none. False if it is not approved, or
// received as a whole. Throws as insert_row.
bool receive_step(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id, PurchaseStatus after,
                  WarehouseId warehouse, TimePoint now);
// Removes a draft with its lines and its history. False if it is none.
bool delete_draft(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id);

struct PurchaseRequestFilter {
  std::optional<PurchaseStatus> status;
  std::optional<UserId> requested_by;
  std::optional<std::string> q;  // in the title or the note, without case
};
// Newest first.
std::vector<PurchaseRequest> list_rows(db::Txn& txn, const TenantScope& scope,
                                       const PurchaseRequestFilter& filter, const std::optional<Keyset>& from,
                                       std::int64_t limit);
std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const PurchaseRequestFilter& filter);

struct PurchaseLine {
  ProductId product;
  std::int64_t quantity = 0;
  std::optional<std::int64_t> unit_price_minor;
  // Of the product, when read.
  std::string sku = {};
  std::string name = {};
  std::string unit = {};
  // When read.
  std::int64_t position = 0;
  std::int64_t received = 0;  // of the quantity
};
// In their order.
std::vector<PurchaseLine> purchase_lines(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id);
// Puts these in the place of those it had. Throws db::ForeignKeyError (no such product).
void replace_lines(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id,
                   const std::vector<PurchaseLine>& lines);

// Counts what has arrived up. False if that would be more than the line's quantity.
bool receive_line(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id, std::int64_t position,
                  std::int64_t quantity);

// Who took it to a status, and why.
struct PurchaseHistory {
  PurchaseStatus status = PurchaseStatus::draft;
  std::optional<UserId> user;
  std::optional<UserId> acted_by;  // the super-admin who acted in that name
  std::string reason;
  TimePoint created_at;
};
void insert_history(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id,
                    const PurchaseHistory& entry);
// Oldest first.
std::vector<PurchaseHistory> purchase_history(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id);

}  // namespace tenantd::store
