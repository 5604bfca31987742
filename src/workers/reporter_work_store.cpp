#include "workers/reporter_work_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kOrganizationsDue{
    "low_stock.organizations",
    "SELECT p.org_id FROM tenantd.product p JOIN tenantd.organization o ON o.id = p.org_id AND o.status = 0 "
    "WHERE p.low_untold = 1 AND p.org_id > ? GROUP BY p.org_id ORDER BY p.org_id LIMIT ?"};
constexpr Sql kCrossings{
    "low_stock.products",
    "SELECT id FROM tenantd.product WHERE low_untold = 1 AND org_id = ? ORDER BY id LIMIT ?"};
// By the primary key, as movements lock it: neither waits for the other while holding what that wants.
constexpr Sql kLock{"low_stock.lock",
                    "SELECT sku, name, unit, quantity, COALESCE(reorder_level, 0), low_since, low_untold "
                    "FROM tenantd.product WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kTold{"low_stock.told",
                    "UPDATE tenantd.product SET low_untold = 0 WHERE org_id = ? AND id = ?"};
constexpr Sql kStale{"drafts.find",
                     "SELECT r.org_id, r.id FROM tenantd.purchase_request r "
                     "JOIN tenantd.organization o ON o.id = r.org_id AND o.status = 0 "
                     "WHERE r.status = 0 AND r.updated_at <= ? ORDER BY r.updated_at LIMIT ?"};
constexpr Sql kDraft{"drafts.lock",
                     "SELECT number, title, requested_by, updated_at FROM purchase_request "
                     "WHERE org_id = ? AND id = ? AND status = 0 AND updated_at <= ? FOR UPDATE"};
constexpr Sql kRemove{"drafts.remove", "CALL delete_draft(?)"};

}  // namespace

std::vector<OrgId> organizations_with_crossings(db::Txn& txn, const ReporterScope&, OrgId after) {
  auto rows = txn.query(kOrganizationsDue, after, kOrganizationBatch);
  std::vector<OrgId> found;
  while (rows.next()) found.push_back(rows.id<OrgId>(0));
  return found;
}

std::vector<ProductId> crossings_of(db::Txn& txn, const ReporterScope&, OrgId org) {
  auto rows = txn.query(kCrossings, org, kCrossingBatch);
  std::vector<ProductId> found;
  while (rows.next()) found.push_back(rows.id<ProductId>(0));
  return found;
}

std::optional<LowProduct> take_crossing(db::Txn& txn, const ReporterScope&, OrgId org, ProductId product) {
  auto rows = txn.lock(kLock, org, product);
  if (!rows.next() || !rows.flag(6) || rows.is_null(5)) return std::nullopt;
  txn.execute(kTold, org, product);
  return LowProduct{rows.text(0), rows.text(1), rows.text(2), rows.integer(3), rows.integer(4), rows.time(5)};
}

std::vector<std::pair<OrgId, PurchaseRequestId>> stale_drafts(db::Txn& txn, const ReporterScope&,
                                                              TimePoint before) {
  auto rows = txn.query(kStale, before, kDraftBatch);
  std::vector<std::pair<OrgId, PurchaseRequestId>> found;
  while (rows.next()) found.emplace_back(rows.id<OrgId>(0), rows.id<PurchaseRequestId>(1));
  return found;
}

std::optional<Draft> remove_draft(db::Txn& txn, const ReporterScope&, OrgId org, PurchaseRequestId id,
                                  TimePoint before) {
  auto rows = txn.lock(kDraft, org, id, before);
  if (!rows.next()) return std::nullopt;
  txn.execute(kRemove, id);
  return Draft{rows.integer(0), rows.text(1), rows.maybe_id<UserId>(2), rows.time(3)};
}

}  // namespace tenantd::store
