#include "tenantd/record/json.hpp"

#include "record/words.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/project.hpp"

namespace tenantd::record {
namespace {

void put_tags(json::Writer& out, std::string_view joined) {
  out.begin_array();
  for (const auto& tag : split_tags(joined)) out.value(tag);
  out.end_array();
}

void put_plain(json::Writer& out, const Value& value) {
  if (const auto* id = std::get_if<UuidBytes>(&value)) {
    out.value(format_uuid(*id));
    return;
  }
  std::visit(
      [&](const auto& v) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(v)>, UuidBytes>) out.value(v);
      },
      value);
}

void put_field(json::Writer& out, const Field& field, const void* row) {
  const Value value = field.get(row);
  out.key(field.name);
  if (field.kind == Kind::choice) {
    out.value(field.chosen(value));
  } else if (field.kind == Kind::tags) {
    put_tags(out, text_of(value).value());
  } else if (field.kind == Kind::names) {
    out.value(names_in(value));
  } else if (const auto bytes = text_of(value); bytes && field.kind == Kind::digest) {
    out.value(to_hex(*bytes));
  } else {
    put_plain(out, value);
  }
}

void fill_email(void* row, const Field& field, const api::JsonValue& body) {
  const auto address = api::email_in(body, field.name).str();
  field.set(row, std::string_view{address});
}

// The number of a name, which the schema knows to be one.
std::int64_t number_of(const Field& field, std::string_view name) {
  if (field.is_numbered && name.size() == 1) return name.front() - '0';
  std::int64_t number = 0;
  while (field.choices[static_cast<std::size_t>(number)] != name) ++number;
  return number;
}

// Normalized and joined. Throws ApiError(validation_failed) at the tag that is none.
void fill_tags(void* row, const Field& field, const api::JsonValue& typed) {
  std::vector<std::string> tags;
  for (rapidjson::SizeType i = 0; i < typed.Size(); ++i) {
    auto tag = normalized_tag(json::view(typed[i]));
    if (!tag)
      api::refuse_field('/' + std::string{field.name} + '/' + std::to_string(i),
                        "must have between 1 and 40 characters, neither commas nor control characters");
    tags.push_back(*std::move(tag));
  }
  const auto joined = join_tags(std::move(tags));
  field.set(row, std::string_view{joined});
}

void refuse_fault(const Field& field, std::string_view text, std::size_t count, const std::string& pointer) {
  const auto wrong = field.fault == nullptr ? std::string_view{} : field.fault(text, count);
  if (!wrong.empty()) api::refuse_field(pointer, std::string{wrong});
}

void fill_text(void* row, const Field& field, std::string_view typed) {
  refuse_fault(field, typed, 1, '/' + std::string{field.name});
  field.set(row, typed);
}

void fill_names(void* row, const Field& field, const api::JsonValue& typed) {
  std::string joined;
  for (rapidjson::SizeType i = 0; i < typed.Size(); ++i) {
    const auto name = json::view(typed[i]);
    refuse_fault(field, name, typed.Size(), '/' + std::string{field.name} + '/' + std::to_string(i));
    joined.append(i == 0 ? "" : ",").append(name);
  }
  field.set(row, std::string_view{joined});
}

void fill_absent(void* row, const Field& field) {
  if (field.otherwise && field.kind == Kind::choice)
    return field.set(row, number_of(field, *field.otherwise));
  if (field.otherwise) return field.set(row, *field.otherwise);
  if (field.kind == Kind::tags) return field.set(row, std::string_view{});
  if (field.is_required()) api::refuse_field("/" + std::string{field.name}, "is required");
  field.set(row, nullptr);
}

// Validated: of the type that the schema names.
void fill_field(void* row, const Field& field, const api::JsonValue& body) {
  const auto* found = api::member(body, field.name);
  if (found == nullptr) return fill_absent(row, field);
  switch (field.kind) {
    case Kind::name:
    case Kind::text:
    case Kind::code: return fill_text(row, field, json::view(*found));
    case Kind::email: return fill_email(row, field, body);
    case Kind::number:
    case Kind::time: return field.set(row, found->GetInt64());
    case Kind::flag: return field.set(row, found->GetBool());
    case Kind::id: return field.set(row, api::id<OrgId>(body, field.name).bytes());
    case Kind::choice: return field.set(row, number_of(field, json::view(*found)));
    case Kind::tags: return fill_tags(row, field, *found);
    case Kind::names: return fill_names(row, field, *found);
    case Kind::digest: return;
  }
}

}  // namespace

void put_members(json::Writer& out, const Record& record, const void* row) {
  put_field(out, record.id, row);
  for (const auto& field : record.fields)
    if (field.in(kReply)) put_field(out, field, row);
  for (const auto& stamp : record.stamps)
    if (stamp.in(kReply)) put_field(out, stamp, row);
}

void put_body(json::Writer& out, const Object& row) {
  out.begin_object();
  for (const auto& field : row.record().fields)
    if (field.in(kBody) && !std::holds_alternative<std::nullptr_t>(row.get(field)))
      put_field(out, field, row.row());
  out.end_object();
}

void fill(const Record& record, void* row, const api::JsonValue& body) {
  for (const auto& field : record.fields)
    if (field.in(kBody)) fill_field(row, field, body);
  if (const auto judge = record.hooks.judge) judge(row);
}

void fill_given(const Record& record, void* row, const api::JsonValue& body) {
  for (const auto& field : record.fields)
    if (field.in(kBody) && api::member(body, field.name) != nullptr) fill_field(row, field, body);
  if (const auto judge = record.hooks.judge) judge(row);
}

Filter filter_of(const Record& record, const api::JsonValue& query) {
  Filter filter{api::maybe_text(query, "q")};
  for (const auto& field : record.fields) {
    if (!field.is_filter) continue;
    const auto id = api::maybe_id<OrgId>(query, field.name);
    filter.values.push_back(id ? Value{id->bytes()} : Value{nullptr});
  }
  const auto* rank = ranked_field(record);
  const auto* asked = rank == nullptr ? nullptr : api::member(query, rank->ranking);
  filter.ranked = asked != nullptr && asked->GetBool();
  return filter;
}

}  // namespace tenantd::record
