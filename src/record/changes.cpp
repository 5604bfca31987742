// Making, changing and removing rows of a record: written, and told in the same transaction.
#include "tenantd/effects/changes.hpp"

#include "record/statements.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/record/rows.hpp"

namespace tenantd::record {
namespace {

void set_value(json::Object& values, std::string_view name, const Value& value) {
  if (const auto* id = std::get_if<UuidBytes>(&value)) {
    values.set(name, format_uuid(*id));
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    values.set(name, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    values.set(name, *number);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    values.set(name, *flag);
  } else {
    values.set(name, nullptr);
  }
}

json::Object audit_values(const Object& row) {
  json::Object values;
  for (const auto& field : row.record().fields)
    if (field.in(kAudited)) set_value(values, field.name, row.get(field));
  return values;
}

// The constraint names the refusal. A server that does not tell the name leaves one that is alone.
[[noreturn]] void refuse_constraint(const Record& record, const std::string& key) {
  for (const auto& refusal : record.refusals) {
    if (refusal.constraint != key && !(key.empty() && record.refusals.count == 1)) continue;
    ApiError error{refusal.code};
    if (!refusal.pointer.empty()) error.add_field(std::string{refusal.pointer}, std::string{refusal.says});
    throw ApiError{error};
  }
  throw;
}

template <class Write>
void write(const Record& record, Write&& write_row) {
  try {
    write_row();
  } catch (const db::DuplicateKey& e) {
    refuse_constraint(record, e.key);
  } catch (const db::ForeignKeyError& e) {
    refuse_constraint(record, e.key);
  }
}

void add_written(std::vector<Value>& values, const Object& row) {
  const auto& record = row.record();
  for (const auto* field : record.statements(record).written()) values.push_back(row.get(*field));
}

void insert(const Object& row, db::Txn& txn, const TenantScope& scope) {
  const auto& record = row.record();
  std::vector<Value> values{scope.org().bytes(), row.id(), row.get(record.created_at),
                            row.get(record.updated_at)};
  add_written(values, row);
  txn.execute(record.statements(record).insert(), std::span<const Value>{values});
}

void update(const Object& row, db::Txn& txn, const TenantScope& scope) {
  const auto& record = row.record();
  std::vector<Value> values;
  add_written(values, row);
  values.insert(values.end(), {row.get(record.updated_at), scope.org().bytes(), row.id()});
  txn.execute(record.statements(record).update(), std::span<const Value>{values});
}

void tell(const Object& row, db::Txn& txn, const service::Context& context, const TenantScope& scope,
          std::string_view what, json::Object before, json::Object after) {
  const auto& record = row.record();
  const auto action = std::string{record.name} + '.' + std::string{what};
  service::record(txn, context, scope, {action, record.name, row.id(), std::move(before), std::move(after)});
}

void settle(Object& row, TimePoint now) {
  if (const auto hook = row.record().hooks.settle) hook(row.row(), now);
}

Object locked(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id) {
  auto row = lock(record, txn, scope, id);
  if (!row) throw ApiError(ErrorCode::not_found);
  return *std::move(row);
}

}  // namespace

void make(Object& row, db::Txn& txn, const service::Context& context, const TenantScope& scope) {
  const auto& record = row.record();
  row.set(record.id, crypto::new_id<EventId>().bytes());
  for (const auto* stamp : {&record.created_at, &record.updated_at})
    row.set(*stamp, unix_seconds(context.now));
  row.set(record.revision, std::int64_t{1});
  settle(row, context.now);
  write(record, [&] { insert(row, txn, scope); });
  tell(row, txn, context, scope, "created", {}, audit_values(row));
}

Object change(const Record& record, db::Txn& txn, const service::Context& context, const TenantScope& scope,
              const UuidBytes& id, const std::function<bool(std::int64_t revision)>& is_expected,
              const std::function<void(Object&)>& edit) {
  auto row = locked(record, txn, scope, id);
  if (!is_expected(row.revision())) throw ApiError(ErrorCode::precondition_failed);
  const Object before{record, row.row()};
  edit(row);
  row.set(record.updated_at, unix_seconds(context.now));
  settle(row, context.now);
  write(record, [&] { update(row, txn, scope); });
  row.set(record.revision, row.revision() + 1);
  tell(row, txn, context, scope, "updated", audit_values(before), audit_values(row));
  if (const auto hook = record.hooks.changed) hook(txn, context, scope, before.row(), row.row());
  return row;
}

void remove(const Record& record, db::Txn& txn, const service::Context& context, const TenantScope& scope,
            const UuidBytes& id) {
  const auto row = locked(record, txn, scope, id);
  const std::array<Value, 2> one{scope.org().bytes(), id};
  try {
    txn.execute(record.statements(record).remove(), std::span<const Value>{one});
  } catch (const db::ForeignKeyError&) {
    throw ApiError(ErrorCode::resource_in_use);
  }
  tell(row, txn, context, scope, "deleted", audit_values(row), {});
}

}  // namespace tenantd::record
