// Making, changing and removing rows that an organization keeps lists of (products):
// one way for all of them. A row type joins in by its store's insert_row, lock_row, update_row and
// delete_row, and by values_of() and resource_name() below.
#pragma once

#include <functional>
#include <string>
#include <type_traits>

#include "modules/inventory/products_store.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"

namespace tenantd::service {

json::Object values_of(const store::Product& product);

// "product": of the events product.created, product.updated, product.deleted.
constexpr std::string_view resource_name(const store::Product&) { return "product"; }

// What follows from a row's other values is set before it is written, and what its change means besides is
// told after it: since when a product is low, and that it has become so.
template <class Row>
void derive(Row&, TimePoint) {}
void derive(store::Product& product, TimePoint now);
template <class Row>
void tell_besides(db::Txn&, const Context&, const TenantScope&, const Row& /*before*/, const Row&) {}
void tell_besides(db::Txn& txn, const Context& context, const TenantScope& scope,
                  const store::Product& before, const store::Product& product);

// Runs a write and says what the schema refuses: 409 sku_taken, or 422 for what the row names and is not
// there.
void write_catalog(const std::function<void()>& write);

template <class Row>
void tell(db::Txn& txn, const Context& context, const TenantScope& scope, const Row& row,
          std::string_view what, json::Object before, json::Object after) {
  const auto action = std::string{resource_name(row)} + '.' + std::string{what};
  record(txn, context, scope,
         {action, resource_name(row), row.id.bytes(), std::move(before), std::move(after)});
}

// Makes the row, with an id and times of its own. Throws ApiError: sku_taken, validation_failed.
template <class Row>
Row make_row(db::Txn& txn, const Context& context, const TenantScope& scope, Row row) {
  row.id = crypto::new_id<std::remove_cvref_t<decltype(row.id)>>();
  row.created_at = row.updated_at = context.now;
  row.revision = 1;
  derive(row, context.now);
  write_catalog([&] { store::insert_row(txn, scope, row); });
  tell(txn, context, scope, row, "created", {}, values_of(row));
  return row;
}

// Changes the row by `edit`, once nobody else can. `is_expected` judges its revision. Throws ApiError:
// not_found, precondition_failed, sku_taken, validation_failed.
template <class Row, class RowId>
Row change_row(db::Txn& txn, const Context& context, const TenantScope& scope, RowId id,
               const std::function<bool(std::int64_t revision)>& is_expected,
               const std::function<void(Row&)>& edit) {
  auto row = store::lock_row(txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  if (!is_expected(row->revision)) throw ApiError(ErrorCode::precondition_failed);
  const Row before = *row;
  edit(*row);
  row->updated_at = context.now;
  derive(*row, context.now);
  write_catalog([&] { store::update_row(txn, scope, *row); });
  ++row->revision;
  tell(txn, context, scope, *row, "updated", values_of(before), values_of(*row));
  tell_besides(txn, context, scope, before, *row);
  return *std::move(row);
}

// Throws ApiError: not_found, resource_in_use.
template <class RowId>
void remove_row(db::Txn& txn, const Context& context, const TenantScope& scope, RowId id) {
  const auto row = store::lock_row(txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  try {
    store::delete_row(txn, scope, id);
  } catch (const db::ForeignKeyError&) {
    throw ApiError(ErrorCode::resource_in_use);
  }
  tell(txn, context, scope, *row, "deleted", values_of(*row), {});
}

}  // namespace tenantd::service
