#include "tenantd/service/stock.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/service/changes.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse(const char* pointer, const char* why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

void judge(const MovementForm& form) {
  const bool transfer = form.type == MovementType::transfer;
  if (transfer && !form.to_warehouse) refuse("/to_warehouse_id", "a transfer names where to");
  if (!transfer && form.to_warehouse) refuse("/to_warehouse_id", "only a transfer names where to");
  if (transfer && *form.to_warehouse == form.warehouse)
    refuse("/to_warehouse_id", "is where it lies already");
}

// Writes the level at one end of a movement and returns it.
std::int64_t change_level(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse,
                          MovementType type, std::int64_t quantity, const char* pointer, TimePoint now) {
  const auto level = store::level_at(txn, scope, product, warehouse);
  const auto after = level_after(type, level, quantity);
  if (!after) {
    const bool falls = type == MovementType::out || type == MovementType::transfer;
    throw ApiError(ErrorCode::insufficient_stock,
                   falls ? "There are " + std::to_string(level) + " there" : "A level cannot be that high");
  }
  try {
    store::set_level(txn, scope, product, warehouse, *after, now);
  } catch (const db::ForeignKeyError&) {
    refuse(pointer, "no such warehouse");
  }
  return *after;
}

Values told(const store::Movement& m) {
  Values values;
  values.set("product_id", m.product)
      .set("warehouse_id", m.warehouse)
      .set("to_warehouse_id", m.to_warehouse)
      .set("type", movement_type_name(m.type))
      .set("quantity", m.quantity)
      .set("level_after", m.level_after);
  return values;
}

// Keeps the product's own number, and tells once when it becomes low.
void change_total(db::Txn& txn, const Context& context, const TenantScope& scope, store::Product& product,
                  std::int64_t by) {
  const bool was_low = product.low_since.has_value();
  product.quantity += by;
  product.low_since = low_since(product, context.now);
  store::set_quantity(txn, scope, product);
  if (!was_low && product.low_since)
    record(txn, context, scope,
           {"stock.low",
            "product",
            product.id.bytes(),
            {},
            {},
            std::move(Values{}
                          .set("sku", product.sku)
                          .set("quantity", product.quantity)
                          .set("reorder_level", product.reorder_level))});
}

}  // namespace

std::optional<TimePoint> low_since(const store::Product& product, TimePoint now) {
  if (!product.reorder_level || product.quantity > *product.reorder_level) return std::nullopt;
  return product.low_since.value_or(now);
}

store::Movement move_stock(db::Txn& txn, const Context& context, const TenantScope& scope,
                           const MovementForm& form) {
  judge(form);
  auto product = store::lock_row(txn, scope, form.product);
  if (!product) refuse("/product_id", "no such product");
  store::Movement movement{crypto::new_id<MovementId>(),
                           form.product,
                           form.warehouse,
                           form.to_warehouse,
                           form.type,
                           form.quantity,
                           0,
                           0,
                           form.reason,
                           scope.user(),
                           context.now};
  const auto before = store::level_at(txn, scope, form.product, form.warehouse);
  movement.level_after = change_level(txn, scope, form.product, form.warehouse, form.type, form.quantity,
                                      "/warehouse_id", context.now);
  movement.change = movement.level_after - before;
  auto total = movement.change;
  if (form.to_warehouse) {
    change_level(txn, scope, form.product, *form.to_warehouse, MovementType::in, form.quantity,
                 "/to_warehouse_id", context.now);
    total = 0;
  }
  if (product->quantity + total > kMostStock)
    throw ApiError(ErrorCode::insufficient_stock, "There cannot be as many");
  store::insert_movement(txn, scope, movement);
  if (total != 0) change_total(txn, context, scope, *product, total);
  record(txn, context, scope, {"stock.moved", "stock_movement", movement.id.bytes(), {}, told(movement)});
  return movement;
}

}  // namespace tenantd::service
