#include "catalog.hpp"
#include "tenantd/api/email_in.hpp"
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

}  // namespace

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

}  // namespace tenantd::api::handlers
