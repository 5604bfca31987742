// Rows of a record in the database: columns are read by their names, and the organization comes first.
#include "tenantd/record/rows.hpp"

#include "record/statements.hpp"

namespace tenantd::record {
namespace {

Value bytes_of(OrgId org) { return org.bytes(); }

// The columns of one answer, looked up by name once.
class Reader {
 public:
  Reader(const Record& record, const db::Rows& rows) : record_(record), rows_(rows) {
    for (const auto* field : record.statements(record).read())
      columns_.push_back({field, rows.column(field->column())});
  }

  Object row() const {
    Object object{record_};
    for (const auto& [field, column] : columns_) read(object, *field, column);
    return object;
  }

 private:
  void read(Object& object, const Field& field, unsigned column) const {
    if (rows_.is_null(column)) return object.set(field, nullptr);
    switch (field.kind) {
      case Kind::name:
      case Kind::text:
      case Kind::code:
      case Kind::tags:
      case Kind::names:
      case Kind::digest:
      case Kind::email: return object.set(field, std::string_view{rows_.text(column)});
      case Kind::number:
      case Kind::choice:
      case Kind::time: return object.set(field, rows_.integer(column));
      case Kind::flag: return object.set(field, rows_.flag(column));
      case Kind::id: return object.set(field, rows_.id<OrgId>(column).bytes());
    }
  }

  struct Column {
    const Field* field;
    unsigned number;
  };
  const Record& record_;
  const db::Rows& rows_;
  std::vector<Column> columns_;
};

std::optional<Object> first(const Record& record, db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return Reader{record, rows}.row();
}

// The parameters of Statements::wanted().
void add_wanted(std::vector<Value>& values, const Statements& sql, const Filter& filter) {
  const std::size_t times = sql.searches() == 0 ? 0 : sql.searches() + 1;
  for (std::size_t i = 0; i < times; ++i)
    filter.q ? values.emplace_back(std::string_view{*filter.q}) : values.emplace_back(nullptr);
  for (std::size_t i = 0; i < sql.filters(); ++i)
    values.insert(values.end(), 2, filter.values.empty() ? Value{nullptr} : filter.values.at(i));
}

}  // namespace

std::optional<Object> find(const Record& record, db::Txn& txn, const TenantScope& scope,
                           const UuidBytes& id) {
  const std::array<Value, 2> one{bytes_of(scope.org()), id};
  return first(record, txn.query(record.statements(record).find(), std::span<const Value>{one}));
}

std::optional<Object> lock(const Record& record, db::Txn& txn, const TenantScope& scope,
                           const UuidBytes& id) {
  const std::array<Value, 2> one{bytes_of(scope.org()), id};
  return first(record, txn.lock(record.statements(record).lock(), std::span<const Value>{one}));
}

bool hold(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id) {
  const std::array<Value, 2> one{bytes_of(scope.org()), id};
  return txn.lock(record.statements(record).hold(), std::span<const Value>{one}).next();
}

std::vector<Object> read_all(const Record& record, db::Rows rows) {
  const Reader reader{record, rows};
  std::vector<Object> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(reader.row());
  return found;
}

std::vector<Object> list(const Record& record, db::Txn& txn, const TenantScope& scope, const Filter& filter,
                         const std::optional<store::Keyset>& from, std::int64_t limit) {
  const auto& sql = record.statements(record);
  const auto start = from.value_or(store::Keyset{from_unix(-1), {}});
  const Value time = unix_seconds(start.time);
  std::vector<Value> values{bytes_of(scope.org()), time, time, start.id};
  add_wanted(values, sql, filter);
  values.emplace_back(limit);
  auto rows = txn.query(filter.ranked ? sql.ranked() : sql.list(), std::span<const Value>{values});
  return read_all(record, std::move(rows));
}

store::Keyset keyset_of(const Object& row, bool ranked) {
  const auto& record = row.record();
  const auto seconds = std::get<std::int64_t>(row.get(ranked ? *ranked_field(record) : record.created_at()));
  return {from_unix(seconds), row.id()};
}

std::int64_t count(const Record& record, db::Txn& txn, const TenantScope& scope, const Filter& filter) {
  const auto& sql = record.statements(record);
  std::vector<Value> values{bytes_of(scope.org())};
  add_wanted(values, sql, filter);
  if (ranked_field(record) != nullptr) values.emplace_back(filter.ranked);
  auto rows = txn.query(sql.count(), std::span<const Value>{values});
  rows.next();
  return rows.integer(0);
}

std::vector<UuidBytes> named(const Record& record, db::Txn& txn, const TenantScope& scope,
                             std::string_view text) {
  const std::array<Value, 3> values{bytes_of(scope.org()), text, text};
  auto rows = txn.query(record.statements(record).named(), std::span<const Value>{values});
  std::vector<UuidBytes> found;
  while (rows.next()) found.push_back(rows.id<OrgId>(0).bytes());
  return found;
}

std::optional<UuidBytes> find_unique(const Record& record, db::Txn& txn, const TenantScope& scope,
                                     std::string_view value) {
  const std::array<Value, 2> values{bytes_of(scope.org()), value};
  auto rows = txn.query(record.statements(record).unique(), std::span<const Value>{values});
  return rows.next() ? std::optional{rows.id<OrgId>(0).bytes()} : std::nullopt;
}

}  // namespace tenantd::record
