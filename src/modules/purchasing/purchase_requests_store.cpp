#include "modules/purchasing/purchase_requests_store.hpp"

#include <algorithm>
#include <numeric>

#include "tenantd/db/counting.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kCountUp{"purchase_request.count_up",
                       "INSERT INTO purchase_request_counter (org_id, last_number) VALUES (?, 1) "
                       "ON DUPLICATE KEY UPDATE last_number = last_number + 1"};
constexpr Sql kNumber{"purchase_request.number",
                      "SELECT last_number FROM purchase_request_counter WHERE org_id = ?"};
constexpr Sql kInsert{
    "purchase_request.insert",
    "INSERT INTO purchase_request (org_id, id, number, title, warehouse_id, note, currency, total_minor, "
    "requested_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
#define TENANTD_REQUEST                                                                                   \
  "SELECT id, number, title, warehouse_id, note, currency, total_minor, status, revision, requested_by, " \
  "submitted_at, decided_at, received_at, created_at, updated_at, "                                       \
  "(SELECT COUNT(*) FROM purchase_request_line l WHERE l.org_id = purchase_request.org_id "               \
  "AND l.request_id = purchase_request.id AND l.unit_price_minor IS NULL) FROM purchase_request "
#define TENANTD_REQUEST_WANTED                                                                   \
  "AND (? IS NULL OR status = ?) AND (? IS NULL OR requested_by = ?) "                           \
  "AND (? IS NULL OR INSTR(LOWER(title) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0 " \
  "OR INSTR(LOWER(note) COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0) "
constexpr Sql kFind{"purchase_request.find", TENANTD_REQUEST "WHERE org_id = ? AND id = ?"};
constexpr Sql kLock{"purchase_request.lock", TENANTD_REQUEST "WHERE org_id = ? AND id = ? FOR UPDATE"};
constexpr Sql kList{
    "purchase_request.list", TENANTD_REQUEST
    "WHERE org_id = ? AND created_at <= ? AND (created_at < ? OR id < ?) " TENANTD_REQUEST_WANTED
    "ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kCount{"purchase_request.count",
                     TENANTD_COUNT_SOME("purchase_request WHERE org_id = ? " TENANTD_REQUEST_WANTED)};
#undef TENANTD_REQUEST_WANTED
#undef TENANTD_REQUEST
constexpr Sql kUpdateDraft{
    "purchase_request.update_draft",
    "UPDATE purchase_request SET title = ?, warehouse_id = ?, note = ?, currency = ?, total_minor = ?, "
    "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ? AND status = 0"};
constexpr Sql kSubmit{"purchase_request.submit",
                      "UPDATE purchase_request SET status = ?, submitted_at = ?, revision = revision + 1, "
                      "updated_at = ? WHERE org_id = ? AND id = ? AND status = 0"};
constexpr Sql kDecide{"purchase_request.decide",
                      "UPDATE purchase_request SET status = ?, decided_at = ?, revision = revision + 1, "
                      "updated_at = ? WHERE org_id = ? AND id = ? AND status = 1"};
constexpr Sql kWithdraw{
    "purchase_request.withdraw",
    "UPDATE purchase_request SET status = ?, submitted_at = NULL, revision = revision + 1, "
    "updated_at = ? WHERE org_id = ? AND id = ? AND status = 1"};
constexpr Sql kReceive{"purchase_request.receive",
                       "UPDATE purchase_request SET warehouse_id = COALESCE(warehouse_id, ?), status = ?, "
                       "received_at = ?, revision = revision + 1, updated_at = ? "
                       "WHERE org_id = ? AND id = ? AND status IN (2, 5)"};
constexpr Sql kDeleteDraft{"purchase_request.delete", "CALL delete_draft(?)"};
constexpr Sql kLines{
    "purchase_request_line.list",
    "SELECT l.product_id, l.quantity, l.unit_price_minor, p.sku, p.name, p.unit, l.position, l.received "
    "FROM purchase_request_line l "
    "JOIN product p ON p.org_id = l.org_id AND p.id = l.product_id "
    "WHERE l.org_id = ? AND p.org_id = ? AND l.request_id = ? ORDER BY l.position"};
constexpr Sql kDeleteLines{"purchase_request_line.delete",
                           "DELETE FROM purchase_request_line WHERE org_id = ? AND request_id = ?"};
constexpr Sql kInsertLine{"purchase_request_line.insert",
                          "INSERT INTO purchase_request_line (org_id, request_id, position, product_id, "
                          "quantity, unit_price_minor) VALUES (?, ?, ?, ?, ?, ?)"};
constexpr Sql kReceiveLine{"purchase_request_line.receive",
                           "UPDATE purchase_request_line SET received = received + ? WHERE org_id = ? "
                           "AND request_id = ? AND position = ? AND received + ? <= quantity"};
constexpr Sql kInsertStep{
    "purchase_request_step.insert",
    "INSERT INTO purchase_request_step (org_id, request_id, position, status, user_id, "
    "acted_by, reason, created_at) SELECT ?, ?, COALESCE(MAX(position), -1) + 1, ?, ?, ?, "
    "?, ? FROM purchase_request_step WHERE org_id = ? AND request_id = ?"};
constexpr Sql kSteps{"purchase_request_step.list",
                     "SELECT status, user_id, acted_by, reason, created_at FROM purchase_request_step "
                     "WHERE org_id = ? AND request_id = ? ORDER BY position"};

PurchaseRequest read(const db::Rows& rows) {
  PurchaseRequest r;
  r.id = rows.id<PurchaseRequestId>(0);
  r.number = rows.integer(1);
  r.title = rows.text(2);
  r.warehouse = rows.maybe_id<WarehouseId>(3);
  r.note = rows.text(4);
  r.currency = rows.maybe_text(5);
  r.total_minor = rows.integer(6);
  r.status = static_cast<PurchaseStatus>(rows.integer(7));
  r.revision = rows.integer(8);
  r.requested_by = rows.maybe_id<UserId>(9);
  r.submitted_at = maybe_time(rows, 10);
  r.decided_at = maybe_time(rows, 11);
  r.received_at = maybe_time(rows, 12);
  r.created_at = rows.time(13);
  r.updated_at = rows.time(14);
  r.unpriced_lines = rows.integer(15);
  return r;
}

std::optional<PurchaseRequest> first(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

}  // namespace

std::int64_t next_purchase_number(db::Txn& txn, const TenantScope& scope) {
  txn.execute(kCountUp, scope.org());
  auto rows = txn.query(kNumber, scope.org());
  rows.next();
  return rows.integer(0);
}

void insert_row(db::Txn& txn, const TenantScope& scope, const PurchaseRequest& r) {
  txn.execute(kInsert, scope.org(), r.id, r.number, r.title, r.warehouse, r.note, r.currency, r.total_minor,
              r.requested_by, r.created_at, r.updated_at);
}

std::optional<PurchaseRequest> find_row(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  return first(txn.query(kFind, scope.org(), id));
}

std::optional<PurchaseRequest> lock_row(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  return first(txn.lock(kLock, scope.org(), id));
}

bool update_draft(db::Txn& txn, const TenantScope& scope, const PurchaseRequest& r) {
  return txn.execute(kUpdateDraft, r.title, r.warehouse, r.note, r.currency, r.total_minor, r.updated_at,
                     scope.org(), r.id) == 1;
}

bool take_step(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id, PurchaseStep step,
               TimePoint now) {
  const auto after = status_after(step);
  if (step == PurchaseStep::withdraw) return txn.execute(kWithdraw, after, now, scope.org(), id) == 1;
  const auto& sql = step == PurchaseStep::submit ? kSubmit : kDecide;
  return txn.execute(sql, after, now, now, scope.org(), id) == 1;
}

bool receive_step(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id, PurchaseStatus after,
                  WarehouseId warehouse, TimePoint now) {
  const auto received_at = after == PurchaseStatus::received ? std::optional{now} : std::nullopt;
  return txn.execute(kReceive, warehouse, after, received_at, now, scope.org(), id) == 1;
}

bool delete_draft(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  txn.execute(kDeleteDraft, id);
  return !lock_row(txn, scope, id);
}

std::vector<PurchaseRequest> list_rows(db::Txn& txn, const TenantScope& scope,
                                       const PurchaseRequestFilter& filter, const std::optional<Keyset>& from,
                                       std::int64_t limit) {
  const Keyset start = from.value_or(Keyset{from_unix(std::int64_t{1} << 40), {}});
  auto rows =
      txn.query(kList, scope.org(), start.time, start.time, PurchaseRequestId{start.id}, filter.status,
                filter.status, filter.requested_by, filter.requested_by, filter.q, filter.q, filter.q, limit);
  std::vector<PurchaseRequest> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_rows(db::Txn& txn, const TenantScope& scope, const PurchaseRequestFilter& filter) {
  auto rows = txn.query(kCount, scope.org(), filter.status, filter.status, filter.requested_by,
                        filter.requested_by, filter.q, filter.q, filter.q);
  rows.next();
  return rows.integer(0);
}

std::vector<PurchaseLine> purchase_lines(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  auto rows = txn.query(kLines, scope.org(), scope.org(), id);
  std::vector<PurchaseLine> lines;
  while (rows.next())
    lines.push_back({rows.id<ProductId>(0), rows.integer(1), rows.maybe_integer(2), rows.text(3),
                     rows.text(4), rows.text(5), rows.integer(6), rows.integer(7)});
  return lines;
}

void replace_lines(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id,
                   const std::vector<PurchaseLine>& lines) {
  txn.execute(kDeleteLines, scope.org(), id);
  // Each locks its product's row: in the order in which all lock them.
  std::vector<std::size_t> order(lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lines[a].product < lines[b].product; });
  for (const auto i : order)
    txn.execute(kInsertLine, scope.org(), id, i, lines[i].product, lines[i].quantity,
                lines[i].unit_price_minor);
}

bool receive_line(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id, std::int64_t position,
                  std::int64_t quantity) {
  return txn.execute(kReceiveLine, quantity, scope.org(), id, position, quantity) == 1;
}

void insert_history(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id,
                    const PurchaseHistory& entry) {
  txn.execute(kInsertStep, scope.org(), id, entry.status, entry.user, entry.acted_by, entry.reason,
              entry.created_at, scope.org(), id);
}

std::vector<PurchaseHistory> purchase_history(db::Txn& txn, const TenantScope& scope, PurchaseRequestId id) {
  auto rows = txn.query(kSteps, scope.org(), id);
  std::vector<PurchaseHistory> history;
  while (rows.next())
    history.push_back({static_cast<PurchaseStatus>(rows.integer(0)), rows.maybe_id<UserId>(1),
                       rows.maybe_id<UserId>(2), rows.text(3), rows.time(4)});
  return history;
}

}  // namespace tenantd::store
