#include "modules/inventory/products_handlers.hpp"
#include "tenantd/api/rows.hpp"

#include "modules/inventory/catalog_handlers.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/products";

}  // namespace

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

namespace {

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

namespace {

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

constexpr auto kRows = section("Inventory", {
                                                {.method = GET,
                                                 .path = "/api/v1/products",
                                                 .handler = list_products,
                                                 .permission = products_read,
                                                 .rate = Rate::read,
                                                 .query = "products_query",
                                                 .reply = ok("products"),
                                                 .refuses = nothing,
                                                 .summary = "Products"},
                                                {.method = POST,
                                                 .path = "/api/v1/products",
                                                 .handler = make_product,
                                                 .permission = products_create,
                                                 .rate = Rate::write,
                                                 .body = "product",
                                                 .reply = made("product"),
                                                 .refuses = {sku_taken, limit_reached},
                                                 .summary = "Add a product"},
                                                {.method = GET,
                                                 .path = "/api/v1/products/{product_id}",
                                                 .handler = show_product,
                                                 .permission = products_read,
                                                 .rate = Rate::read,
                                                 .reply = ok("product"),
                                                 .refuses = {not_found},
                                                 .summary = "A product"},
                                                {.method = PUT,
                                                 .path = "/api/v1/products/{product_id}",
                                                 .handler = change_product,
                                                 .permission = products_update,
                                                 .rate = Rate::write,
                                                 .body = "product",
                                                 .reply = ok("product"),
                                                 .refuses = {not_found, sku_taken},
                                                 .summary = "Replace a product; If-Match takes its ETag"},
                                                {.method = DELETE_,
                                                 .path = "/api/v1/products/{product_id}",
                                                 .handler = delete_product,
                                                 .permission = products_delete,
                                                 .rate = Rate::write,
                                                 .reply = done(),
                                                 .refuses = {not_found, resource_in_use},
                                                 .summary = "Remove a product that nothing names"},
                                                {.method = GET,
                                                 .path = "/api/v1/stock-movements/low-stock",
                                                 .handler = list_low_stock,
                                                 .permission = stock_read,
                                                 .rate = Rate::read,
                                                 .query = "low_stock_query",
                                                 .reply = ok("products"),
                                                 .refuses = nothing,
                                                 .summary = "Products at or under their reorder level"},
                                            });

}  // namespace

std::span<const Route> products_rows() { return kRows; }

}  // namespace tenantd::api::handlers
