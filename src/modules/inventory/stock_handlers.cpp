#include "modules/inventory/stock_handlers.hpp"

#include <algorithm>

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/record/rows.hpp"

namespace tenantd::api::handlers {
namespace {

void put_movement(JsonOut& json, const store::Movement& m) {
  json.begin_object()
      .field("id", m.id)
      .field("product_id", m.product)
      .field("warehouse_id", m.warehouse)
      .field("to_warehouse_id", m.to_warehouse)
      .field("type", movement_type_name(m.type))
      .field("quantity", m.quantity)
      .field("change", m.change)
      .field("level_after", m.level_after)
      .field("reason", m.reason)
      .field("created_by", m.created_by)
      .field("created_at", m.created_at)
      .end_object();
}

// A page has as many places as it may have products, and more: an organization may have ten thousand
// warehouses, and each of its products in all of them.
constexpr std::int64_t kMostLevels = 5000;

using Levels = std::vector<store::Level>;

// What of a page is shown: whole products, or the one product that has more places than a page.
struct Shown {
  Page page;
  bool cut = false;  // its last product has more places
};
Shown cut_page(const Page& page, std::vector<record::Object>& products, Levels& levels) {
  Shown shown{page};
  if (static_cast<std::int64_t>(levels.size()) <= kMostLevels) return shown;
  // The first that is not there wholly.
  const auto part = levels.back().product;
  levels.pop_back();
  const auto begins = std::find_if(products.begin(), products.end(),
                                   [&](const auto& row) { return ProductId{row.id()} == part; });
  shown.cut = begins == products.begin();
  shown.page.limit = shown.cut ? 1 : begins - products.begin();
  while (static_cast<std::int64_t>(products.size()) > shown.page.limit + 1) products.pop_back();
  return shown;
}

// Of one product, whose places begin at `next`; behind them afterwards.
void put_levels(JsonOut& json, const store::Product& p, Levels::const_iterator& next,
                Levels::const_iterator end, bool cut) {
  json.begin_object()
      .field("product_id", p.id)
      .field("sku", p.sku)
      .field("name", p.name)
      .field("unit", p.unit)
      .field("quantity", p.quantity)
      .field("reorder_level", p.reorder_level)
      .field("low", p.low_since.has_value())
      .key("warehouses")
      .begin_array();
  for (; next != end && next->product == p.id; ++next)
    json.begin_object()
        .field("warehouse_id", next->warehouse)
        .field("name", next->warehouse_name)
        .field("quantity", next->quantity)
        .field("updated_at", next->updated_at)
        .end_object();
  json.end_array();
  if (cut) json.field("more_warehouses", true);
  json.end_object();
}

store::MovementFilter filter_of(const JsonValue& query) {
  store::MovementFilter filter{maybe_id<ProductId>(query, "product_id"),
                               maybe_id<WarehouseId>(query, "warehouse_id"), std::nullopt};
  if (const auto type = maybe_text(query, "type")) filter.type = parse_movement_type(*type);
  return filter;
}

}  // namespace

service::MovementForm form_of(const JsonValue& body) {
  service::MovementForm form;
  form.product = id<ProductId>(body, "product_id");
  form.warehouse = id<WarehouseId>(body, "warehouse_id");
  form.to_warehouse = maybe_id<WarehouseId>(body, "to_warehouse_id");
  form.type = parse_movement_type(text(body, "type")).value();
  form.quantity = maybe_number(body, "quantity").value();
  form.reason = maybe_text(body, "reason").value_or("");
  return form;
}

namespace {

Response list_movements(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const auto filter = filter_of(request.query);
  return page_reply(page, store::list_movements(txn, scope, filter, page.from, page.limit + 1), put_movement,
                    kKeysetInTime, [&] { return total_up_to(store::count_movements(txn, scope, filter)); });
}

Response show_movement(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto movement = store::find_movement(txn, scope, path_id<MovementId>(request, "movement_id"));
  if (!movement) throw ApiError(ErrorCode::not_found);
  JsonOut json;
  put_movement(json, *movement);
  return reply(json);
}

Response make_movement(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto movement = service::move_stock({txn, request.context, scope}, form_of(request.body));
  JsonOut json;
  put_movement(json, movement);
  return created(json, "/api/v1/stock-movements/" + movement.id.str());
}

Response list_stock_levels(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  const record::Filter filter{maybe_text(request.query, "q")};
  auto products = record::list(modules::products, txn, scope, filter, page.from, page.limit + 1);
  std::vector<ProductId> ids;
  for (const auto& product : products) ids.emplace_back(product.id());
  auto levels = store::levels_of(txn, scope, ids, maybe_id<WarehouseId>(request.query, "warehouse_id"),
                                 kMostLevels + 1);
  const auto shown = cut_page(page, products, levels);
  auto next = levels.cbegin();
  return page_reply(
      shown.page, std::move(products),
      [&](JsonOut& json, const record::Object& row) {
        put_levels(json, row.as<store::Product>(), next, levels.cend(), shown.cut);
      },
      [](const auto& row) { return record::keyset_of(row); },
      [&] { return total_up_to(record::count(modules::products, txn, scope, filter)); });
}

constexpr auto kStockRows =
    section("Inventory", {
                             {.method = GET,
                              .path = "/api/v1/stock-movements",
                              .handler = list_movements,
                              .permission = stock_read,
                              .rate = Rate::read,
                              .query = "movements_query",
                              .reply = ok("stock_movements"),
                              .refuses = nothing,
                              .summary = "Movements, newest first"},
                             {.method = POST,
                              .path = "/api/v1/stock-movements",
                              .handler = make_movement,
                              .permission = stock_create,
                              .rate = Rate::write,
                              .body = "stock_movement",
                              .reply = made("stock_movement"),
                              .refuses = {insufficient_stock, limit_reached},
                              .summary = "Move stock in, out, to another warehouse, or to what was counted"},
                             {.method = GET,
                              .path = "/api/v1/stock-movements/{movement_id}",
                              .handler = show_movement,
                              .permission = stock_read,
                              .rate = Rate::read,
                              .reply = ok("stock_movement"),
                              .refuses = {not_found},
                              .summary = "A movement"},
                             {.method = GET,
                              .path = "/api/v1/stock-levels",
                              .handler = list_stock_levels,
                              .permission = stock_read,
                              .rate = Rate::read,
                              .query = "levels_query",
                              .reply = ok("stock_levels"),
                              .refuses = nothing,
                              .summary = "How much lies where"},
                         });

}  // namespace

std::span<const Route> stock_rows() { return kStockRows; }

}  // namespace tenantd::api::handlers
