// A product: all there is about it but its table (sql/), its files (product_files.cpp), its movements
// (stock.cpp) and its test.
#include "modules/inventory/product.hpp"

#include "modules/inventory/product_files.hpp"
#include "tenantd/api/json.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/stock.hpp"
#include "tenantd/modules/inventory/stock.hpp"
#include "tenantd/record/json.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::modules {
namespace {

using namespace tenantd::record;
using store::Product;

bool is_low(const Product& product) { return product.low_since.has_value(); }

void judge(const void* row) {
  const auto& product = *static_cast<const Product*>(row);
  if (product.price_minor.has_value() != product.currency.has_value())
    api::refuse_field(product.currency ? "/price_minor" : "/currency",
                      "price_minor and currency go together");
}

void settle(void* row, TimePoint now) {
  auto& product = *static_cast<Product*>(row);
  product.low_since = service::low_since(product, now);
}

void changed(const service::Work& work, const void* before, const void* after) {
  service::tell_if_low(work, *static_cast<const Product*>(before), *static_cast<const Product*>(after));
}

constexpr auto kProduct = record::record<Product>(
    "product",
    code<&Product::sku>("sku")
        .length(1, 64)
        .matches(
            "^[!-~]+( [!-~]+)*$",
            "must be ASCII letters, digits and signs, with single blanks between them and none at the ends")
        .says("No other product of the organization has it")
        .searched()
        .unique()
        .example("M6-25"),
    name<&Product::name>("name").length(1, 200).searched().example("Bolt M6 x 25"),
    name<&Product::unit>("unit")
        .length(1, 20)
        .unless_given("piece")
        .says("What one of it is: piece, kg, m; piece unless given")
        .example("piece"),
    number<&Product::reorder_level>("reorder_level")
        .range(0, kMostStock)
        .says("At or under it the product is low; null: never")
        .example(100),
    reference<&Product::supplier>("supplier_id").filtered(),
    number<&Product::price_minor>("price_minor")
        .range(0, 9'000'000'000'000'000)
        .says("In the smallest unit of the currency")
        .example(12),
    code<&Product::currency>("currency")
        .length(3, 3)
        .matches("^[A-Z]{3}$", "must be three capital letters, such as EUR")
        .says("ISO 4217")
        .example("EUR"),
    number<&Product::quantity>("quantity").kept_elsewhere().says("Over all warehouses"),
    computed<is_low>("low", Kind::flag).says("At or under the reorder level"),
    time<&Product::low_since>("low_since").hidden().ranks("low"), Hooks{judge, settle, changed},
    refuses("product_sku", ErrorCode::sku_taken, "/sku", "another product has it"),
    refuses("product_has_supplier", ErrorCode::validation_failed, "/supplier_id", "no such supplier"));

constexpr auto kProducts = resource(kProduct, {.path = "/api/v1/products",
                                               .rights = rights::products,
                                               .section = "Inventory",
                                               .query = "products_query",
                                               .own_files = true});

Response import_products(const Request& request, const TenantScope& scope, db::Txn& txn) {
  return import_product_files(kProducts, request, scope, txn);
}

Response export_products(const Request& request, const TenantScope& scope, db::Txn& txn) {
  return export_product_files(kProducts, request, scope, txn);
}

constexpr Handlers with_files(Handlers handlers) {
  handlers.take = import_products;
  handlers.give = export_products;
  return handlers;
}

// The same rows as products?low=true, for those who may read stock.
Response list_low_stock(const Request& request, const TenantScope& scope, db::Txn& txn) {
  auto filter = filter_of(kProduct, request.query);
  filter.ranked = true;
  return list_reply(kProduct, request, scope, txn, filter);
}

}  // namespace

const Record& products = kProduct;

const api::Described& product_resource() {
  return described<kProducts>(with_files(handlers_of<kProducts>()));
}

}  // namespace tenantd::modules

namespace tenantd::store {
namespace {

constexpr db::Sql kSetQuantity{"product.set_quantity",
                               "UPDATE product SET quantity = ?, low_since = ? WHERE org_id = ? AND id = ?"};

}  // namespace

std::optional<Product> find_row(db::Txn& txn, const TenantScope& scope, ProductId id) {
  return record::row_as<Product>(record::find(modules::products, txn, scope, id.bytes()));
}

std::optional<ProductId> find_sku(db::Txn& txn, const TenantScope& scope, const std::string& sku) {
  const auto id = record::find_unique(modules::products, txn, scope, sku);
  return id ? std::optional{ProductId{*id}} : std::nullopt;
}

std::optional<Product> lock_row(db::Txn& txn, const TenantScope& scope, ProductId id) {
  return record::row_as<Product>(record::lock(modules::products, txn, scope, id.bytes()));
}

void set_quantity(db::Txn& txn, const TenantScope& scope, const Product& p) {
  txn.execute(kSetQuantity, p.quantity, p.low_since, scope.org(), p.id);
}

}  // namespace tenantd::store

namespace tenantd::api::handlers {
namespace {

constexpr auto kProductsRows =
    section("Inventory", {{.method = GET,
                           .path = "/api/v1/stock-movements/low-stock",
                           .handler = modules::list_low_stock,
                           .permission = stock_read,
                           .rate = Rate::read,
                           .query = "low_stock_query",
                           .reply = ok("products"),
                           .refuses = nothing,
                           .name = "listLowStock",
                           .summary = "Products at or under their reorder level"}});

}  // namespace

std::span<const Route> products_rows() { return kProductsRows; }

}  // namespace tenantd::api::handlers
