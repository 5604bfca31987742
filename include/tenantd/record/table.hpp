// A record whose rows have handlers of their own: read, written and shown by the field list, as their own
// type.
#pragma once

#include <string>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/record/json.hpp"
#include "tenantd/record/rows.hpp"

namespace tenantd::record {

template <class Row>
class Table {
 public:
  explicit constexpr Table(const Record& record) : record_(record) {}

  std::optional<Row> find(db::Txn& txn, const TenantScope& scope, const UuidBytes& id) const {
    return row_as<Row>(record::find(record_, txn, scope, id));
  }
  // The same, locked until the commit.
  std::optional<Row> lock(db::Txn& txn, const TenantScope& scope, const UuidBytes& id) const {
    return row_as<Row>(record::lock(record_, txn, scope, id));
  }
  std::vector<Row> read(db::Rows rows) const { return rows_as(read_all(record_, std::move(rows))); }
  // The first `limit` of all, in the order of their making.
  std::vector<Row> list(db::Txn& txn, const TenantScope& scope, std::int64_t limit) const {
    return rows_as(record::list(record_, txn, scope, {}, std::nullopt, limit));
  }
  // These three throw as record::insert and so on.
  void insert(db::Txn& txn, const TenantScope& scope, const Row& row) const {
    record::insert(record_, &row, txn, scope);
  }
  void update(db::Txn& txn, const TenantScope& scope, const Row& row) const {
    record::update(record_, &row, txn, scope);
  }
  bool erase(db::Txn& txn, const TenantScope& scope, const UuidBytes& id) const {
    return record::erase(record_, txn, scope, id);
  }

  void put(json::Writer& out, const Row& row) const { record::put(out, record_, &row); }
  void put(json::Writer& out, const Row& row, const Secret& shown) const {
    record::put(out, record_, &row, shown.reveal());
  }
  void fill(Row& row, const api::JsonValue& body) const { record::fill(record_, &row, body); }
  void fill_given(Row& row, const api::JsonValue& body) const { record::fill_given(record_, &row, body); }
  json::Object audit_values(const Row& row) const { return record::audit_values(record_, &row); }

 private:
  static std::vector<Row> rows_as(std::vector<Object> objects) {
    std::vector<Row> rows;
    for (auto& object : objects) rows.push_back(std::move(object.as<Row>()));
    return rows;
  }

  const Record& record_;
};

// "SELECT columns FROM table rest", made once: a prepared statement is known by where its text stands.
class Select {
 public:
  Select(const Record& record, std::string_view name, std::string_view rest, std::string_view from = {})
      : name_(name),
        text_("SELECT " + columns_of(record) + " FROM " + std::string{from.empty() ? record.name : from} +
              ' ' + std::string{rest}) {}
  Select(const Select&) = delete;
  Select& operator=(const Select&) = delete;

  operator db::Sql() const { return {name_, text_}; }  // NOLINT

 private:
  std::string name_, text_;
};

}  // namespace tenantd::record
