#include "catalog.hpp"

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

}  // namespace

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

}  // namespace tenantd::api::handlers
