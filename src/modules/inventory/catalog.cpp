#include "modules/inventory/catalog.hpp"

#include "tenantd/modules/inventory/stock.hpp"

namespace tenantd::service {

json::Object values_of(const store::Product& p) {
  json::Object values;
  values.set("sku", p.sku)
      .set("name", p.name)
      .set("unit", p.unit)
      .set("reorder_level", p.reorder_level)
      .set("supplier_id", p.supplier)
      .set("price_minor", p.price_minor)
      .set("currency", p.currency);
  return values;
}

void derive(store::Product& product, TimePoint now) { product.low_since = low_since(product, now); }

void tell_besides(db::Txn& txn, const Context& context, const TenantScope& scope,
                  const store::Product& before, const store::Product& product) {
  tell_if_low(txn, context, scope, before, product);
}

void write_catalog(const std::function<void()>& write) {
  try {
    write();
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::sku_taken).field("/sku", "another product has it");
  } catch (const db::ForeignKeyError&) {
    throw ApiError(ErrorCode::validation_failed).field("/supplier_id", "no such supplier");
  }
}

}  // namespace tenantd::service
