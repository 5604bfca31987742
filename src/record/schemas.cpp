// The schemas of a record: the body of POST and PUT, one row as a reply, and a page of them.
#include "record/words.hpp"
#include "tenantd/base/csv.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/domain/project.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::record {
namespace {

constexpr const char* kOrgId = R"({"type":"string","minLength":36,"maxLength":36,"format":"uuid"})";
constexpr const char* kTypedTag = R"({"type":"string","format":"name","minLength":1,"maxLength":60})";
constexpr const char* kSeconds = R"({"type":"integer","format":"int64","description":"Seconds since 1970"})";

std::string_view type_of(const Field& field) {
  switch (field.kind) {
    case Kind::number:
    case Kind::time: return "integer";
    case Kind::flag: return "boolean";
    case Kind::name:
    case Kind::text:
    case Kind::code:
    case Kind::email:
    case Kind::choice:
    case Kind::digest:
    case Kind::id: return "string";
    case Kind::tags: return "array";
  }
  return {};
}

void put_type(json::Writer& out, const Field& field) {
  out.key("type");
  if (!field.maybe) {
    out.value(type_of(field));
    return;
  }
  out.begin_array().value(type_of(field)).value("null").end_array();
}

void put_names(json::Writer& out, const Field& field) {
  out.key("enum").begin_array();
  for (const auto name : field.choices) out.value(name);
  out.end_array();
}

void put_bounds(json::Writer& out, const Field& field) {
  const bool text = field.is_text();
  if (text ? field.least > 0 : field.most > 0) out.field(text ? "minLength" : "minimum", field.least);
  if (field.most > 0) out.field(text ? "maxLength" : "maximum", field.most);
  if (!field.pattern.empty()) out.field("pattern", field.pattern);
  if (!field.pattern_says.empty()) out.field("x-pattern-says", field.pattern_says);
}

// What a request may hold there.
void put_request_field(json::Writer& out, const Field& field) {
  out.key(field.name).begin_object();
  put_type(out, field);
  if (field.kind == Kind::name) out.field("format", "name");
  if (field.kind == Kind::text) out.field("format", "text");
  if (field.kind == Kind::id) out.field("minLength", 36).field("maxLength", 36).field("format", "uuid");
  if (field.kind == Kind::choice) put_names(out, field);
  if (field.kind == Kind::tags) out.field("maxItems", kMostTags).key("items").raw(kTypedTag);
  put_bounds(out, field);
  if (!field.description.empty()) out.field("description", field.description);
  out.end_object();
}

// What a reply says there. Of what a request may hold too, the request's schema has the words.
void put_reply_field(json::Writer& out, const Field& field) {
  out.key(field.name).begin_object();
  put_type(out, field);
  if (field.kind == Kind::number || field.kind == Kind::time) out.field("format", "int64");
  if (field.kind == Kind::id) out.field("format", "uuid");
  if (field.kind == Kind::choice) put_names(out, field);
  if (field.kind == Kind::tags) out.key("items").raw(R"({"type":"string"})");
  if (field.kind == Kind::time)
    out.field("description", "Seconds since 1970");
  else if (!field.in(kBody) && !field.description.empty())
    out.field("description", field.description);
  out.end_object();
}

void put_example_text(json::Writer& out, const Field& field) {
  if (field.kind == Kind::tags)
    out.field(field.name, split_tags(field.example_text));
  else
    out.field(field.name, field.example_text);
}

void put_example(json::Writer& out, const Record& record) {
  out.key("examples").begin_array().begin_object();
  for (const auto& field : record.fields) {
    if (!field.example_text.empty()) put_example_text(out, field);
    if (field.example_number) out.field(field.name, *field.example_number);
  }
  out.end_object().end_array();
}

void begin(json::Writer& out, const std::string& title) {
  out.begin_object().field("title", title).field("type", "object");
}

std::string request_schema(const Record& record) {
  json::Writer out;
  begin(out, camel_case(record.name));
  out.field("additionalProperties", false).key("properties").begin_object();
  out.key("org_id").raw(kOrgId);
  for (const auto& field : record.fields)
    if (field.in(kBody)) put_request_field(out, field);
  out.end_object().key("required").begin_array();
  for (const auto& field : record.fields)
    if (field.in(kBody) && field.is_required()) out.value(field.name);
  out.end_array();
  put_example(out, record);
  out.end_object();
  return out.text();
}

std::string reply_schema(const Record& record) {
  json::Writer out;
  begin(out, camel_case(record.name));
  out.field("x-etag", true).field("additionalProperties", false);
  out.key("required").begin_array().value("id");
  for (const auto& field : record.fields)
    if (field.in(kReply)) out.value(field.name);
  out.value("created_at").value("updated_at").end_array();
  out.key("properties").begin_object();
  put_reply_field(out, record.id);
  for (const auto& field : record.fields)
    if (field.in(kReply)) put_reply_field(out, field);
  out.key("created_at").raw(kSeconds).key("updated_at").raw(kSeconds);
  out.end_object().end_object();
  return out.text();
}

std::string page_schema(const Record& record, std::string_view many) {
  json::Writer out;
  begin(out, camel_case(many));
  out.field("additionalProperties", false).key("required").raw(R"(["items","next_cursor"])");
  out.key("properties").begin_object();
  out.key("items").begin_object().field("type", "array").key("items").begin_object();
  out.field("$ref", "reply/" + std::string{record.name}).end_object().end_object();
  out.key("next_cursor")
      .raw(R"({"type":["string","null"],"description":"For the page after this one; null: there is none"})");
  out.key("total").raw(R"({"type":"integer","description":"With include_total=true"})");
  out.end_object().end_object();
  return out.text();
}

std::string example_of(const Field& field) {
  return field.example_number ? std::to_string(*field.example_number) : std::string{field.example_text};
}

// A file of the body's example, as another row: what the body has made would not be changed by it.
std::string example_file(const Record& record) {
  std::string head, row;
  for (const auto& field : record.fields) {
    auto cell = field.in(kBody) ? example_of(field) : std::string{};
    if (cell.empty()) continue;
    if (field.is_unique) cell += "-2";
    head += (head.empty() ? "" : ",") + std::string{field.name};
    row += row.empty() ? "" : ",";
    append_csv(row, cell);
  }
  return head + "\r\n" + row + "\r\n";
}

std::string import_columns(const Record& record) {
  const auto* key = unique_field(record);
  std::string others;
  for (const auto& field : record.fields)
    if (field.in(kBody) && &field != key) others += (others.empty() ? "; " : ", ") + std::string{field.name};
  return std::string{key->name} + others;
}

// A file of rows in the place of a body.
std::string import_schema(const Record& record) {
  json::Writer out;
  begin(out, camel_case(record.name) + "Import");
  out.field("x-controls", true).field("additionalProperties", false).key("properties").begin_object();
  out.key("org_id").raw(kOrgId);
  out.key("csv").begin_object().field("type", "string").field("minLength", 1).field("maxLength", 262144);
  out.field("description", "A header row that names the columns (" + import_columns(record) +
                               ") and up to 1000 rows; fields between commas, semicolons or tabs; also as a "
                               "body of text/csv");
  out.end_object().end_object().key("required").begin_array().value("csv").end_array();
  out.key("examples").begin_array().begin_object().field("csv", example_file(record)).end_object();
  out.end_array().end_object();
  return out.text();
}

}  // namespace

std::vector<api::SchemaText> schemas_of(const Resource& resource) {
  const auto& record = resource.record;
  const std::string one{record.name}, many = many_of(resource);
  std::vector<api::SchemaText> schemas{{one, request_schema(record)},
                                       {"reply/" + one, reply_schema(record)},
                                       {"reply/" + many, page_schema(record, many)}};
  if (unique_field(record) != nullptr && !resource.options.own_files)
    schemas.push_back({one + "_import", import_schema(record)});
  return schemas;
}

}  // namespace tenantd::record
