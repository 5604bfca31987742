#include "tenantd/modules/inventory/stock.hpp"

#include <algorithm>

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"

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
  if (form.quantity < 1 && form.type != MovementType::adjust) refuse("/quantity", "must be at least 1");
}

// What lies at `level` after so much was moved there or away.
std::int64_t after_moving(MovementType type, std::int64_t level, std::int64_t quantity) {
  if (const auto after = level_after(type, level, quantity)) return *after;
  if (type == MovementType::in || type == MovementType::adjust)
    refuse("/quantity", "would make more than there can be");
  throw ApiError(ErrorCode::insufficient_stock, "There are " + std::to_string(level) + " there");
}

// Writes the level at one end of a movement.
void write_level(db::Txn& txn, const TenantScope& scope, ProductId product, WarehouseId warehouse,
                 std::int64_t quantity, TimePoint now, const char* pointer) {
  try {
    store::set_level(txn, scope, product, warehouse, quantity, now);
  } catch (const db::ForeignKeyError&) {
    refuse(pointer, "no such warehouse");
  }
}

json::Object told(const store::Movement& m) {
  json::Object values;
  values.set("product_id", m.product)
      .set("warehouse_id", m.warehouse)
      .set("to_warehouse_id", m.to_warehouse)
      .set("type", movement_type_name(m.type))
      .set("quantity", m.quantity)
      .set("change", m.change)
      .set("level_after", m.level_after)
      .set("reason", m.reason);
  return values;
}

// Keeps the product's own number, and tells once when it becomes low.
void change_total(const Work& work, store::Product& product, std::int64_t by) {
  const auto before = product;
  product.quantity += by;
  product.low_since = low_since(product, work.context.now);
  store::set_quantity(work.txn, work.scope, product);
  tell_if_low(work, before, product);
}

}  // namespace

std::optional<TimePoint> low_since(const store::Product& product, TimePoint now) {
  if (!product.reorder_level || product.quantity > *product.reorder_level) return std::nullopt;
  return product.low_since.value_or(now);
}

void tell_if_low(const Work& work, const store::Product& before, const store::Product& product) {
  if (before.low_since || !product.low_since) return;
  Change change{"stock.low", "product", product.id.bytes()};
  change.data.set("sku", product.sku)
      .set("quantity", product.quantity)
      .set("reorder_level", product.reorder_level);
  record(work, change);
}

store::Movement move_held(const Work& work, store::Product& product, const MovementForm& form) {
  judge(form);
  const auto from = store::find_place(work.txn, work.scope, product.id, form.warehouse);
  const auto to =
      form.to_warehouse ? store::find_place(work.txn, work.scope, product.id, *form.to_warehouse) : from;
  store::Movement movement;
  movement.id = form.id.value_or(crypto::new_id<MovementId>());
  movement.product = product.id;
  movement.warehouse = form.warehouse;
  movement.to_warehouse = form.to_warehouse;
  movement.type = form.type;
  movement.quantity = form.quantity;
  movement.level_after = after_moving(form.type, from.quantity, form.quantity);
  movement.change = movement.level_after - from.quantity;
  movement.reason = form.reason;
  movement.created_by = work.scope.user();
  // Who waited for the product's lock is told as later than those who had it before, whenever it was asked.
  movement.created_at = std::max({work.context.now, from.updated_at, to.updated_at});
  const auto level_there = after_moving(MovementType::in, to.quantity, form.to_warehouse ? form.quantity : 0);
  const auto total = form.to_warehouse ? 0 : movement.change;
  if (product.quantity + total > kMostStock) refuse("/quantity", "would make more than there can be");

  write_level(work.txn, work.scope, product.id, form.warehouse, movement.level_after, movement.created_at,
              "/warehouse_id");
  if (form.to_warehouse)
    write_level(work.txn, work.scope, product.id, *form.to_warehouse, level_there, movement.created_at,
                "/to_warehouse_id");
  store::insert_movement(work.txn, work.scope, movement);
  record(work, {"stock.moved", "stock_movement", movement.id.bytes(), {}, told(movement)});
  if (total != 0) change_total(work, product, total);
  return movement;
}

store::Movement move_stock(const Work& work, const MovementForm& form) {
  judge(form);
  auto product = store::lock_row(work.txn, work.scope, form.product);
  if (!product) refuse("/product_id", "no such product");
  return move_held(work, *product, form);
}

}  // namespace tenantd::service
