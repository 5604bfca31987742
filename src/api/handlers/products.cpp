#include "products.hpp"

#include "catalog.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/products";

void put(JsonOut& json, const store::Product& p) {
  json.begin_object()
      .field("id", p.id)
      .field("sku", p.sku)
      .field("name", p.name)
      .field("unit", p.unit)
      .field("reorder_level", p.reorder_level)
      .field("supplier_id", p.supplier)
      .field("price_minor", p.price_minor)
      .field("currency", p.currency)
      .field("quantity", p.quantity)
      .field("low", p.low_since.has_value())
      .field("created_at", p.created_at)
      .field("updated_at", p.updated_at)
      .end_object();
}

store::ProductFilter filter_of(const JsonValue& query) {
  store::ProductFilter filter{maybe_text(query, "q"), maybe_id<SupplierId>(query, "supplier_id")};
  if (const auto* low = member(query, "low")) filter.low = low->GetBool();
  return filter;
}

Response list_by(const Request& request, const TenantScope& scope, Txn& txn,
                 const store::ProductFilter& filter) {
  return list_reply(request, scope, txn, filter, put,
                    [&](const auto& product) { return store::place_of(product, filter); });
}

}  // namespace

void fill(store::Product& p, const JsonValue& body) {
  p.sku = text(body, "sku");
  p.name = text(body, "name");
  p.unit = maybe_text(body, "unit").value_or("piece");
  p.reorder_level = maybe_number(body, "reorder_level");
  p.supplier = maybe_id<SupplierId>(body, "supplier_id");
  p.price_minor = maybe_number(body, "price_minor");
  p.currency = maybe_text(body, "currency");
  if (p.price_minor.has_value() != p.currency.has_value())
    refuse_field(p.currency ? "/price_minor" : "/currency", "price_minor and currency go together");
}

Response list_products(const Request& request, const TenantScope& scope, Txn& txn) {
  return list_by(request, scope, txn, filter_of(request.query));
}

// The same rows as products?low=true, for those who may read stock.
Response list_low_stock(const Request& request, const TenantScope& scope, Txn& txn) {
  auto filter = filter_of(request.query);
  filter.low = true;
  return list_by(request, scope, txn, filter);
}

Response make_product(const Request& request, const TenantScope& scope, Txn& txn) {
  store::Product product;
  fill(product, request.body);
  return row_reply(service::make_row(txn, request.context, scope, std::move(product)), kPath, put, 201);
}

Response show_product(const Request& request, const TenantScope& scope, Txn& txn) {
  return show_reply(scope, txn, path_id<ProductId>(request, "product_id"), put);
}

Response change_product(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto edit = [&](store::Product& p) { fill(p, request.body); };
  return change_reply<store::Product>(request, scope, txn, path_id<ProductId>(request, "product_id"), edit,
                                      put);
}

Response delete_product(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_row(txn, request.context, scope, path_id<ProductId>(request, "product_id"));
  return no_content();
}

}  // namespace tenantd::api::handlers
