// Rows of a record: in the database, and how they are made, changed and removed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenantd/base/json.hpp"
#include "tenantd/effects/keyset.hpp"
#include "tenantd/record/record.hpp"

namespace tenantd::record {

// One row of a record, of its own type.
class Object {
 public:
  explicit Object(const Record& record, const void* like = nullptr)
      : record_(&record), row_(record.make(like)) {}
  Object(Object&& other) noexcept : record_(other.record_), row_(std::exchange(other.row_, nullptr)) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  Object& operator=(Object&&) = delete;
  ~Object() {
    if (row_ != nullptr) record_->destroy(row_);
  }

  const Record& record() const { return *record_; }
  void* row() { return row_; }
  const void* row() const { return row_; }
  template <class Row>
  Row& as() {
    return *static_cast<Row*>(row_);
  }
  template <class Row>
  const Row& as() const {
    return *static_cast<const Row*>(row_);
  }
  Value get(const Field& field) const { return field.get(row_); }
  void set(const Field& field, const Value& value) { field.set(row_, value); }
  UuidBytes id() const { return std::get<UuidBytes>(get(record_->id)); }
  std::int64_t revision() const { return std::get<std::int64_t>(get(record_->revision())); }

 private:
  const Record* record_;
  void* row_;
};

// --- rows in the database ---

std::optional<Object> find(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);
// The same, locked until the commit.
std::optional<Object> lock(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);
// True if it is there, which it stays until the commit.
bool hold(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);

// All that an answer holds; its columns are found by their names.
std::vector<Object> read_all(const Record& record, db::Rows rows);
// What such a statement selects: "id, revision, …".
std::string columns_of(const Record& record);

// Which rows of a list.
struct Filter {
  std::optional<std::string> q = {};  // text that a searched field holds, without case
  std::vector<Value> values = {};  // of the filtered fields in their order; nullptr: any. Empty: any of all
  bool ranked = false;             // only those that have the ranked field, in its order
};
// In the order of their making, unless ranked.
std::vector<Object> list(const Record& record, db::Txn& txn, const TenantScope& scope, const Filter& filter,
                         const std::optional<store::Keyset>& from, std::int64_t limit);
// Where a list goes on after `row`.
store::Keyset keyset_of(const Object& row, bool ranked = false);
std::int64_t count(const Record& record, db::Txn& txn, const TenantScope& scope, const Filter& filter);

// Those whose `name` is exactly this; two at most, which is enough to see that it says too little.
std::vector<UuidBytes> named(const Record& record, db::Txn& txn, const TenantScope& scope,
                             std::string_view text);

// The row whose unique field is this, as the schema compares.
std::optional<UuidBytes> find_unique(const Record& record, db::Txn& txn, const TenantScope& scope,
                                     std::string_view value);

// The row as its own type.
template <class Row>
std::optional<Row> row_as(std::optional<Object> object) {
  return object ? std::optional{std::move(object->as<Row>())} : std::nullopt;
}

template <class AnyId>
std::vector<AnyId> ids_named(const Record& record, db::Txn& txn, const TenantScope& scope,
                             std::string_view text) {
  std::vector<AnyId> ids;
  for (const auto& id : named(record, txn, scope, text)) ids.emplace_back(id);
  return ids;
}

// --- making, changing and removing: written, told to the audit and to the events, in one transaction ---

// What the audit row tells of it.
json::Object audit_values(const Record& record, const void* row);
// Throws what a write that the constraint forbids is refused with; std::logic_error if the record does not
// say.
[[noreturn]] void refuse(const Record& record, std::string_view constraint);
// Only write it. Throw ApiError: what the record's constraints refuse with; erase(): resource_in_use.
void insert(const Record& record, const void* row, db::Txn& txn, const TenantScope& scope);
void update(const Record& record, const void* row, db::Txn& txn, const TenantScope& scope);
// Returns false if it was not there.
bool erase(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id);

// Gives the row an id and times of its own. Throws ApiError: what the record's hooks and constraints refuse
// with.
void make(Object& row, const service::Work& work);
// Changes the row by `edit`, once nobody else can. Throws ApiError: not_found,
// precondition_failed, and as make().
Object change(const Record& record, const service::Work& work, const UuidBytes& id,
              const std::function<void(Object&)>& edit);
// Throws ApiError: not_found, precondition_failed, resource_in_use.
void remove(const Record& record, const service::Work& work, const UuidBytes& id);

}  // namespace tenantd::record
