// A record whose rows have handlers of their own: read, written and shown by the field list, as their own
// type.
#pragma once

#include <string>
#include <vector>

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
  std::vector<Row> read(db::Rows rows) const {
    std::vector<Row> found;
    for (auto& object : read_all(record_, std::move(rows))) found.push_back(std::move(object.as<Row>()));
    return found;
  }
  // These three throw as record::insert and so on.
  void insert(db::Txn& txn, const TenantScope& scope, const Row& row) const {
    record::insert(record_, &row, txn, scope);
  }
  void update(db::Txn& txn, const TenantScope& scope, const Row& row) const {
    record::update(record_, &row, txn, scope);
  }
  void erase(db::Txn& txn, const TenantScope& scope, const UuidBytes& id) const {
    record::erase(record_, txn, scope, id);
  }

  void put(json::Writer& out, const Row& row) const { record::put(out, record_, &row); }
  void fill(Row& row, const api::JsonValue& body) const { record::fill(record_, &row, body); }
  json::Object audit_values(const Row& row) const { return record::audit_values(record_, &row); }

 private:
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
