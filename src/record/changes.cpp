// Making, changing and removing rows of a record: written, and told in the same transaction.
#include "tenantd/effects/changes.hpp"

#include <algorithm>
#include <stdexcept>

#include "record/statements.hpp"
#include "record/words.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/record/rows.hpp"

namespace tenantd::record {
namespace {

void set_value(json::Object& values, const Field& field, const Value& value) {
  const auto name = field.name;
  if (field.kind == Kind::choice) {
    values.set(name, field.chosen(value));
  } else if (field.kind == Kind::names) {
    values.set(name, names_in(value));
  } else if (const auto* id = std::get_if<UuidBytes>(&value)) {
    values.set(name, format_uuid(*id));
  } else if (const auto text = text_of(value)) {
    values.set(name, field.kind == Kind::digest ? to_hex(*text) : std::string{*text});
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    values.set(name, *number);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    values.set(name, *flag);
  } else {
    values.set(name, nullptr);
  }
}

// True if the refusal is about a reference that the row has.
bool concerns_reference(const Record& record, const void* row, const Refusal& refusal) {
  return std::any_of(record.fields.begin(), record.fields.end(), [&](const Field& field) {
    return field.kind == Kind::id && refusal.pointer == '/' + std::string{field.name} &&
           std::holds_alternative<UuidBytes>(field.get(row));
  });
}

template <class Write>
void write(const Record& record, const void* row, Write&& write_row) {
  const auto refuse_first = [&](const auto& is_meant) {
    for (const auto& refusal : record.refusals)
      if (is_meant(refusal)) refuse(record, refusal.constraint);
  };
  try {
    write_row();
  } catch (const db::DuplicateKey& e) {
    refuse_first([&](const Refusal& refusal) { return refusal.constraint == e.key; });
    throw;
  } catch (const db::ForeignKeyError& e) {
    // MySQL does not name the constraint to an account that may not see the other table: then it is the first
    // reference that the row has.
    refuse_first([&](const Refusal& refusal) {
      return e.key.empty() ? concerns_reference(record, row, refusal) : refusal.constraint == e.key;
    });
    throw;
  }
}

void tell(const Object& row, const service::Work& work, std::string_view what, json::Object before,
          json::Object after) {
  const auto& record = row.record();
  const auto action = std::string{record.name} + '.' + std::string{what};
  service::record(work, {action, record.name, row.id(), std::move(before), std::move(after)});
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

json::Object audit_values(const Record& record, const void* row) {
  json::Object values;
  for (const auto& field : record.fields)
    if (field.in(kAudited)) set_value(values, field, field.get(row));
  return values;
}

void refuse(const Record& record, std::string_view constraint) {
  const auto refusal = std::find_if(record.refusals.begin(), record.refusals.end(),
                                    [&](const Refusal& r) { return r.constraint == constraint; });
  if (refusal == record.refusals.end())
    throw std::logic_error(std::string{record.name} + " does not say what " + std::string{constraint} +
                           " refuses with");
  ApiError error{refusal->code, std::string{refusal->text}};
  if (!refusal->pointer.empty()) error.add_field(std::string{refusal->pointer}, std::string{refusal->says});
  throw ApiError{error};
}

void insert(const Record& record, const void* row, db::Txn& txn, const TenantScope& scope) {
  const auto& sql = record.statements(record);
  std::vector<Value> values{scope.org().bytes()};
  for (const auto* field : sql.made()) values.push_back(field->get(row));
  write(record, row, [&] { txn.execute(sql.insert(), std::span<const Value>{values}); });
}

void update(const Record& record, const void* row, db::Txn& txn, const TenantScope& scope) {
  const auto& sql = record.statements(record);
  std::vector<Value> values;
  for (const auto* field : sql.written()) values.push_back(field->get(row));
  values.insert(values.end(), {record.updated_at().get(row), scope.org().bytes(), record.id.get(row)});
  write(record, row, [&] { txn.execute(sql.update(), std::span<const Value>{values}); });
}

bool erase(const Record& record, db::Txn& txn, const TenantScope& scope, const UuidBytes& id) {
  const std::array<Value, 2> one{scope.org().bytes(), id};
  try {
    return txn.execute(record.statements(record).remove(), std::span<const Value>{one}) == 1;
  } catch (const db::ForeignKeyError&) {
    throw ApiError(ErrorCode::resource_in_use);
  }
}

void make(Object& row, const service::Work& work) {
  const auto& record = row.record();
  row.set(record.id, crypto::new_id<EventId>().bytes());
  for (const auto* stamp : {&record.created_at(), &record.updated_at()})
    row.set(*stamp, unix_seconds(work.context.now));
  row.set(record.revision(), std::int64_t{1});
  settle(row, work.context.now);
  insert(record, row.row(), work.txn, work.scope);
  tell(row, work, "created", {}, audit_values(record, row.row()));
}

Object change(const Record& record, const service::Work& work, const UuidBytes& id,
              const std::function<void(Object&)>& edit) {
  auto row = locked(record, work.txn, work.scope, id);
  require_expected(work.context, row.revision());
  const Object before{record, row.row()};
  edit(row);
  row.set(record.updated_at(), unix_seconds(work.context.now));
  settle(row, work.context.now);
  update(record, row.row(), work.txn, work.scope);
  row.set(record.revision(), row.revision() + 1);
  tell(row, work, "updated", audit_values(record, before.row()), audit_values(record, row.row()));
  if (const auto hook = record.hooks.changed) hook(work, before.row(), row.row());
  return row;
}

void remove(const Record& record, const service::Work& work, const UuidBytes& id) {
  const auto row = locked(record, work.txn, work.scope, id);
  require_expected(work.context, row.revision());
  erase(record, work.txn, work.scope, id);
  tell(row, work, "deleted", audit_values(record, row.row()), {});
}

}  // namespace tenantd::record
