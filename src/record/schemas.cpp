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
    case Kind::names:
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

void put_choices(json::Writer& out, const Field& field, bool numbers = false) {
  out.key("enum").begin_array();
  for (const auto name : field.choices) out.value(name);
  if (numbers)
    for (std::size_t i = 0; i < field.choices.size(); ++i) out.value(std::to_string(i));
  out.end_array();
}

void put_bounds(json::Writer& out, const Field& field) {
  const bool text = field.is_text(), several = field.kind == Kind::names;
  const auto* least = text ? "minLength" : several ? "minItems" : "minimum";
  const auto* most = text ? "maxLength" : several ? "maxItems" : "maximum";
  if (text || several ? field.least > 0 : field.most > 0) out.field(least, field.least);
  if (field.most > 0) out.field(most, field.most);
  if (!field.pattern.empty()) out.field("pattern", field.pattern);
  if (!field.pattern_says.empty()) out.field("x-pattern-says", field.pattern_says);
}

void put_each_name(json::Writer& out, const Field& field) {
  out.key("items").begin_object().field("type", "string");
  if (field.each_least > 0) out.field("minLength", field.each_least);
  if (field.each_most > 0) out.field("maxLength", field.each_most);
  out.end_object();
}

// What a request may hold there.
void put_request_field(json::Writer& out, const Field& field) {
  out.key(field.name).begin_object();
  put_type(out, field);
  if (field.kind == Kind::name) out.field("format", "name");
  if (field.kind == Kind::text) out.field("format", "text");
  if (field.kind == Kind::id) out.field("minLength", 36).field("maxLength", 36).field("format", "uuid");
  if (field.kind == Kind::choice) put_choices(out, field, field.is_numbered);
  if (field.kind == Kind::tags) out.field("maxItems", kMostTags).key("items").raw(kTypedTag);
  if (field.kind == Kind::names) out.field("uniqueItems", true);
  put_bounds(out, field);
  if (field.kind == Kind::names) put_each_name(out, field);
  if (!field.description.empty()) out.field("description", field.description);
  out.end_object();
}

// What a reply says there. Of what a request may hold too, the request's schema has the words.
void put_reply_field(json::Writer& out, const Field& field) {
  out.key(field.name).begin_object();
  put_type(out, field);
  if (field.kind == Kind::number || field.kind == Kind::time) out.field("format", "int64");
  if (field.kind == Kind::id) out.field("format", "uuid");
  if (field.kind == Kind::choice) put_choices(out, field);
  if (field.kind == Kind::tags || field.kind == Kind::names) {
    out.key("items").begin_object().field("type", "string");
    if (!field.each_description.empty()) out.field("description", field.each_description);
    out.end_object();
  }
  if (field.kind == Kind::time)
    out.field("description", "Seconds since 1970");
  else if (!field.in(kBody) && !field.description.empty())
    out.field("description", field.description);
  if (field.is_live) out.field("x-live", true);
  out.end_object();
}

void put_example_text(json::Writer& out, const Field& field) {
  if (field.kind == Kind::tags)
    out.field(field.name, split_tags(field.example_text));
  else if (field.kind == Kind::names)
    out.field(field.name, names_in(field.example_text));
  else
    out.field(field.name, field.example_text);
}

// Of one body, from what the fields say.
std::string field_examples(const Record& record) {
  json::Writer out;
  out.begin_array().begin_object();
  for (const auto& field : record.fields) {
    if (!field.example_text.empty()) put_example_text(out, field);
    if (field.example_number) out.field(field.name, *field.example_number);
  }
  out.end_object().end_array();
  return out.text();
}

void begin(json::Writer& out, const std::string& title) {
  out.begin_object().field("title", title).field("type", "object");
}

void begin_request(json::Writer& out, const Record& record, const std::string& title) {
  begin(out, title);
  out.field("additionalProperties", false).key("properties").begin_object();
  out.key("org_id").raw(kOrgId);
  for (const auto& field : record.fields)
    if (field.in(kBody)) put_request_field(out, field);
  out.end_object();
}

std::string request_schema(const Record& record) {
  json::Writer out;
  begin_request(out, record, camel_case(record.name));
  out.key("required").begin_array();
  for (const auto& field : record.fields)
    if (field.in(kBody) && field.is_required()) out.value(field.name);
  out.end_array();
  const auto& examples = record.examples.body;
  out.key("examples").raw(examples.empty() ? field_examples(record) : examples).end_object();
  return out.text();
}

// Of a body that names what it changes.
std::string change_schema(const Record& record) {
  json::Writer out;
  begin_request(out, record, "Changed " + spoken(record.name));
  out.key("examples").raw(record.examples.change).end_object();
  return out.text();
}

void put_secret(json::Writer& out, const ShownOnce& secret) {
  out.key(secret.name).begin_object().field("type", "string").field("pattern", secret.pattern);
  out.field("description", secret.says).end_object();
}

std::string reply_schema(const Record& record, const ShownOnce* secret = nullptr) {
  json::Writer out;
  begin(out, camel_case(record.name) + (secret == nullptr ? "" : " with its secret"));
  if (record.changes()) out.field("x-etag", true);
  out.field("additionalProperties", false);
  out.key("required").begin_array().value("id");
  for (const auto& field : record.fields)
    if (field.in(kReply)) out.value(field.name);
  // Of a row that never changes they are fields like the others.
  if (record.changes()) out.value("created_at").value("updated_at");
  if (secret != nullptr) out.value(secret->name);
  out.end_array().key("properties").begin_object();
  put_reply_field(out, record.id);
  for (const auto& field : record.fields)
    if (field.in(kReply)) put_reply_field(out, field);
  if (record.changes()) out.key("created_at").raw(kSeconds).key("updated_at").raw(kSeconds);
  if (secret != nullptr) put_secret(out, *secret);
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
  out.key("total_is_exact")
      .raw(
          R"({"type":"boolean","description":"false: there are more than `total`, where counting stopped; absent: total is exact"})");
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
  if (!record.examples.change.empty()) schemas.push_back({"change_" + one, change_schema(record)});
  if (!record.shown_once.name.empty())
    schemas.push_back({"reply/new_" + one, reply_schema(record, &record.shown_once)});
  return schemas;
}

}  // namespace tenantd::record
