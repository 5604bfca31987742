#include "modules/inventory/catalog_handlers.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/email.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/suppliers";

void put(JsonOut& json, const store::Supplier& s) {
  json.begin_object()
      .field("id", s.id)
      .field("name", s.name)
      .field("email", s.email)
      .field("phone", s.phone)
      .field("address", s.address)
      .field("created_at", s.created_at)
      .field("updated_at", s.updated_at)
      .end_object();
}

void fill(store::Supplier& s, const JsonValue& body) {
  s.name = text(body, "name");
  s.email = maybe_text(body, "email");
  if (s.email) s.email = email_in(body, "email").str();
  s.phone = maybe_text(body, "phone");
  s.address = maybe_text(body, "address");
}

Response list_suppliers(const Request& request, const TenantScope& scope, Txn& txn) {
  return list_reply(request, scope, txn, store::SupplierFilter{maybe_text(request.query, "q")}, put);
}

Response make_supplier(const Request& request, const TenantScope& scope, Txn& txn) {
  store::Supplier supplier;
  fill(supplier, request.body);
  return row_reply(service::make_row(txn, request.context, scope, std::move(supplier)), kPath, put, 201);
}

Response show_supplier(const Request& request, const TenantScope& scope, Txn& txn) {
  return show_reply(scope, txn, path_id<SupplierId>(request, "supplier_id"), put);
}

Response change_supplier(const Request& request, const TenantScope& scope, Txn& txn) {
  return change_reply<store::Supplier>(
      request, scope, txn, path_id<SupplierId>(request, "supplier_id"),
      [&](store::Supplier& s) { fill(s, request.body); }, put);
}

Response delete_supplier(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_row(txn, request.context, scope, path_id<SupplierId>(request, "supplier_id"));
  return no_content();
}

constexpr auto kRows = section("Inventory", {
                                                {.method = GET,
                                                 .path = "/api/v1/suppliers",
                                                 .handler = list_suppliers,
                                                 .permission = suppliers_read,
                                                 .rate = Rate::read,
                                                 .query = "catalog_query",
                                                 .reply = ok("suppliers"),
                                                 .refuses = nothing,
                                                 .summary = "Suppliers"},
                                                {.method = POST,
                                                 .path = "/api/v1/suppliers",
                                                 .handler = make_supplier,
                                                 .permission = suppliers_create,
                                                 .rate = Rate::write,
                                                 .body = "supplier",
                                                 .reply = made("supplier"),
                                                 .refuses = {limit_reached},
                                                 .summary = "Add a supplier"},
                                                {.method = GET,
                                                 .path = "/api/v1/suppliers/{supplier_id}",
                                                 .handler = show_supplier,
                                                 .permission = suppliers_read,
                                                 .rate = Rate::read,
                                                 .reply = ok("supplier"),
                                                 .refuses = {not_found},
                                                 .summary = "A supplier"},
                                                {.method = PUT,
                                                 .path = "/api/v1/suppliers/{supplier_id}",
                                                 .handler = change_supplier,
                                                 .permission = suppliers_update,
                                                 .rate = Rate::write,
                                                 .body = "supplier",
                                                 .reply = ok("supplier"),
                                                 .refuses = {not_found},
                                                 .summary = "Replace a supplier; If-Match takes its ETag"},
                                                {.method = DELETE_,
                                                 .path = "/api/v1/suppliers/{supplier_id}",
                                                 .handler = delete_supplier,
                                                 .permission = suppliers_delete,
                                                 .rate = Rate::write,
                                                 .reply = done(),
                                                 .refuses = {not_found, resource_in_use},
                                                 .summary = "Remove a supplier that nothing names"},
                                            });

}  // namespace

std::span<const Route> suppliers_rows() { return kRows; }

}  // namespace tenantd::api::handlers
