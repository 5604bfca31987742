#include "modules/inventory/catalog_handlers.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/warehouses";

void put(JsonOut& json, const store::Warehouse& w) {
  json.begin_object()
      .field("id", w.id)
      .field("name", w.name)
      .field("address", w.address)
      .field("created_at", w.created_at)
      .field("updated_at", w.updated_at)
      .end_object();
}

void fill(store::Warehouse& w, const JsonValue& body) {
  w.name = text(body, "name");
  w.address = maybe_text(body, "address");
}

Response list_warehouses(const Request& request, const TenantScope& scope, Txn& txn) {
  return list_reply(request, scope, txn, store::WarehouseFilter{maybe_text(request.query, "q")}, put);
}

Response make_warehouse(const Request& request, const TenantScope& scope, Txn& txn) {
  store::Warehouse warehouse;
  fill(warehouse, request.body);
  return row_reply(service::make_row(txn, request.context, scope, std::move(warehouse)), kPath, put, 201);
}

Response show_warehouse(const Request& request, const TenantScope& scope, Txn& txn) {
  return show_reply(scope, txn, path_id<WarehouseId>(request, "warehouse_id"), put);
}

Response change_warehouse(const Request& request, const TenantScope& scope, Txn& txn) {
  return change_reply<store::Warehouse>(
      request, scope, txn, path_id<WarehouseId>(request, "warehouse_id"),
      [&](store::Warehouse& w) { fill(w, request.body); }, put);
}

Response delete_warehouse(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_row(txn, request.context, scope, path_id<WarehouseId>(request, "warehouse_id"));
  return no_content();
}

constexpr auto kRows = section("Inventory", {
                                                {.method = GET,
                                                 .path = "/api/v1/warehouses",
                                                 .handler = list_warehouses,
                                                 .permission = warehouses_read,
                                                 .rate = Rate::read,
                                                 .query = "catalog_query",
                                                 .reply = ok("warehouses"),
                                                 .refuses = nothing,
                                                 .summary = "Warehouses"},
                                                {.method = POST,
                                                 .path = "/api/v1/warehouses",
                                                 .handler = make_warehouse,
                                                 .permission = warehouses_create,
                                                 .rate = Rate::write,
                                                 .body = "warehouse",
                                                 .reply = made("warehouse"),
                                                 .refuses = {limit_reached},
                                                 .summary = "Add a warehouse"},
                                                {.method = GET,
                                                 .path = "/api/v1/warehouses/{warehouse_id}",
                                                 .handler = show_warehouse,
                                                 .permission = warehouses_read,
                                                 .rate = Rate::read,
                                                 .reply = ok("warehouse"),
                                                 .refuses = {not_found},
                                                 .summary = "A warehouse"},
                                                {.method = PUT,
                                                 .path = "/api/v1/warehouses/{warehouse_id}",
                                                 .handler = change_warehouse,
                                                 .permission = warehouses_update,
                                                 .rate = Rate::write,
                                                 .body = "warehouse",
                                                 .reply = ok("warehouse"),
                                                 .refuses = {not_found},
                                                 .summary = "Replace a warehouse; If-Match takes its ETag"},
                                                {.method = DELETE_,
                                                 .path = "/api/v1/warehouses/{warehouse_id}",
                                                 .handler = delete_warehouse,
                                                 .permission = warehouses_delete,
                                                 .rate = Rate::write,
                                                 .reply = done(),
                                                 .refuses = {not_found, resource_in_use},
                                                 .summary = "Remove a warehouse that nothing names"},
                                            });

}  // namespace

std::span<const Route> warehouses_rows() { return kRows; }

}  // namespace tenantd::api::handlers
