#include "record/json.hpp"

#include "tenantd/api/email_in.hpp"

namespace tenantd::record {
namespace {

void put_field(json::Writer& out, const Field& field, const Object& row) {
  const Value value = row.get(field);
  out.key(field.name);
  if (const auto* id = std::get_if<UuidBytes>(&value)) {
    out.value(format_uuid(*id));
  } else {
    std::visit(
        [&](const auto& v) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(v)>, UuidBytes>) out.value(v);
        },
        value);
  }
}

void fill_email(Object& row, const Field& field, const api::JsonValue& body) {
  const auto address = api::email_in(body, field.name).str();
  row.set(field, std::string_view{address});
}

// Validated: of the type that the schema names.
void fill_field(Object& row, const Field& field, const api::JsonValue& body) {
  const auto* found = api::member(body, field.name);
  if (found == nullptr || found->IsNull()) {
    if (!field.otherwise.empty()) return row.set(field, field.otherwise);
    if (field.maybe) return row.set(field, nullptr);
    api::refuse_field("/" + std::string{field.name}, "is required");
  }
  switch (field.kind) {
    case Kind::name:
    case Kind::text:
    case Kind::code: return row.set(field, json::view(*found));
    case Kind::email: return fill_email(row, field, body);
    case Kind::number:
    case Kind::time: return row.set(field, found->GetInt64());
    case Kind::flag: return row.set(field, found->GetBool());
    case Kind::id: return row.set(field, api::id<OrgId>(body, field.name).bytes());
  }
}

}  // namespace

void put(json::Writer& out, const Object& row) {
  const auto& record = row.record();
  out.begin_object();
  put_field(out, record.id, row);
  for (const auto& field : record.fields)
    if (field.in(kReply)) put_field(out, field, row);
  put_field(out, record.created_at, row);
  put_field(out, record.updated_at, row);
  out.end_object();
}

void put_body(json::Writer& out, const Object& row) {
  out.begin_object();
  for (const auto& field : row.record().fields)
    if (field.in(kBody) && !std::holds_alternative<std::nullptr_t>(row.get(field)))
      put_field(out, field, row);
  out.end_object();
}

void fill(Object& row, const api::JsonValue& body) {
  for (const auto& field : row.record().fields)
    if (field.in(kBody)) fill_field(row, field, body);
}

}  // namespace tenantd::record
