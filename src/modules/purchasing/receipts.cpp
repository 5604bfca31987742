// What was ordered arrives, in parts or whole.
#include <algorithm>
#include <numeric>

#include "modules/purchasing/purchase_steps.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/modules/inventory/stock.hpp"
#include "tenantd/modules/inventory/warehouse.hpp"

namespace tenantd::service {
namespace {

// Where what was requested goes.
WarehouseId destination(const PurchaseView& view, const std::optional<WarehouseId>& named) {
  if (!view.row.warehouse && !named) refuse_purchase("/warehouse_id", "is required: the request names none");
  if (view.row.warehouse && named && *named != *view.row.warehouse)
    refuse_purchase("/warehouse_id", "the request names another");
  return view.row.warehouse ? *view.row.warehouse : *named;
}

// Puts what arrived of a product on its lines, in their order, into `arriving`.
void spread(const PurchaseView& view, const Receipt& receipt, std::size_t index,
            std::vector<std::int64_t>& arriving) {
  std::int64_t left = receipt.quantity, open = 0;
  bool is_named = false;
  for (std::size_t i = 0; i < view.lines.size(); ++i) {
    const auto& line = view.lines[i];
    if (line.product != receipt.product) continue;
    is_named = true;
    const auto room = line.quantity - line.received - arriving[i];
    const auto here = std::min(left, room);
    arriving[i] += here;
    left -= here;
    open += room;
  }
  if (!is_named) refuse_purchase(line_pointer(index, "/product_id"), "is on no line of the request");
  if (left > 0)
    throw ApiError(ErrorCode::conflict, "More than is still to come")
        .field(line_pointer(index, "/quantity"), std::to_string(open) + " are still to come");
}

// How much arrives of each line.
std::vector<std::int64_t> arriving_of(const PurchaseView& view, const ReceiptForm& form) {
  std::vector<std::int64_t> arriving(view.lines.size(), 0);
  if (form.arrived) {
    for (std::size_t i = 0; i < form.arrived->size(); ++i) spread(view, (*form.arrived)[i], i, arriving);
    return arriving;
  }
  for (std::size_t i = 0; i < view.lines.size(); ++i)
    arriving[i] = view.lines[i].quantity - view.lines[i].received;
  return arriving;
}

bool is_complete(const PurchaseView& view, const std::vector<std::int64_t>& arriving) {
  for (std::size_t i = 0; i < view.lines.size(); ++i)
    if (view.lines[i].received + arriving[i] < view.lines[i].quantity) return false;
  return true;
}

// Of the lines of which something arrives.
std::vector<json::Object> told_lines(const PurchaseView& view, const std::vector<std::int64_t>& arriving) {
  std::vector<json::Object> lines;
  for (std::size_t i = 0; i < view.lines.size(); ++i) {
    if (arriving[i] == 0) continue;
    lines.emplace_back().set("product_id", view.lines[i].product).set("quantity", arriving[i]);
  }
  return lines;
}

void tell_receipt(const Work& work, const PurchaseView& view, PurchaseStatus was,
                  const std::vector<std::int64_t>& arriving) {
  json::Object before, after;
  before.set("status", purchase_status_name(was));
  after.set("status", purchase_status_name(view.row.status)).set("number", view.row.number);
  after.set("lines", told_lines(view, arriving));
  auto data = told(view.row);
  data.set("lines", told_lines(view, arriving));
  const bool whole = view.row.status == PurchaseStatus::received;
  record(work,
         {whole ? "purchase_request.received" : "purchase_request.partially_received", "purchase_request",
          view.row.id.bytes(), std::move(before), std::move(after), std::move(data)});
}

// What the ledger refuses is a level that would be too large.
void post_line(const Work& work, const MovementForm& form) {
  try {
    move_stock(work, form);
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::validation_failed) throw;
    throw ApiError(ErrorCode::conflict, "There would be more in stock than there can be");
  }
}

// The rows of the products are locked in one order by all.
void post_lines(const Work& work, const PurchaseView& view, WarehouseId to,
                const std::vector<std::int64_t>& arriving) {
  std::vector<std::size_t> order(view.lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return view.lines[a].product < view.lines[b].product;
  });
  for (const auto i : order) {
    if (arriving[i] == 0) continue;
    const auto& line = view.lines[i];
    if (!store::receive_line(work.txn, work.scope, view.row.id, line.position, arriving[i]))
      throw ApiError(ErrorCode::conflict, "More than is still to come");
    MovementForm form;
    form.product = line.product;
    form.warehouse = to;
    form.quantity = arriving[i];
    form.reason = "Purchase request " + std::to_string(view.row.number);
    post_line(work, form);
  }
}

}  // namespace

PurchaseView receive_purchase_request(const Work& work, PurchaseRequestId id, const ReceiptForm& form) {
  // Its row first: of two receipts the second sees what the first has left to come.
  auto row = store::lock_row(work.txn, work.scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  PurchaseView view{*std::move(row), store::purchase_lines(work.txn, work.scope, id),
                    store::purchase_history(work.txn, work.scope, id)};
  require_expected(work.context, view.row.revision);
  require_status_before(view, PurchaseStep::receive);
  const auto to = destination(view, form.warehouse);
  if (!modules::name_of_warehouse(work.txn, work.scope, to))
    refuse_purchase("/warehouse_id", "no such warehouse");
  const auto arriving = arriving_of(view, form);
  const auto was = view.row.status;
  const auto after =
      is_complete(view, arriving) ? PurchaseStatus::received : PurchaseStatus::partially_received;
  if (after == PurchaseStatus::partially_received) require_room(view);
  write_request([&] {
    if (!store::receive_step(work.txn, work.scope, id, after, to, work.context.now))
      throw ApiError(ErrorCode::invalid_transition, "Somebody else was faster");
  });
  post_lines(work, view, to, arriving);
  view = find_purchase_request(work.txn, work.scope, id);
  note(work, view, "");
  tell_receipt(work, view, was, arriving);
  return view;
}

}  // namespace tenantd::service
