// A described list as files of rows (CSV): one row of a file is the body that would make it, and the field
// that is unique says which row of the list it is.
#include <algorithm>
#include <map>
#include <set>

#include "record/json.hpp"
#include "record/words.hpp"
#include "tenantd/api/csv_files.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::record {
namespace {

using api::Json;
using api::handlers::Cell;
using api::handlers::Column;
using api::handlers::ExportFile;
using api::handlers::FileRow;
using api::handlers::Imported;
using api::handlers::ImportFile;

Cell cell_of(const Field& field) {
  if (!field.in(kBody)) return Cell::ours;
  if (field.kind == Kind::number || field.kind == Kind::time) return Cell::number;
  return field.kind == Kind::name || field.kind == Kind::text ? Cell::text : Cell::code;
}

std::vector<Column> columns_of(const Record& record) {
  std::vector<Column> columns;
  for (const auto& field : record.fields)
    if (field.in(kReply)) columns.push_back({field.name, cell_of(field)});
  columns.push_back({"id", Cell::ours});
  return columns;
}

// The body that would make this row.
Json body_of(const Object& row) {
  json::Writer out;
  put_body(out, row);
  return api::parse_json(out.text());
}

bool same_body(const Object& a, const Object& b) {
  const auto& fields = a.record().fields;
  return std::all_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return !field.in(kBody) || a.get(field) == b.get(field); });
}

// A file has words only.
void read_flags(Json& body, const Record& record) {
  for (const auto& field : record.fields) {
    if (field.kind != Kind::flag || !field.in(kBody)) continue;
    const auto* found = api::member(body, field.name);
    if (found == nullptr || !found->IsString()) continue;
    const auto word = json::view(*found);
    if (word == "true" || word == "false") const_cast<api::JsonValue*>(found)->SetBool(word == "true");
  }
}

class Import {
 public:
  Import(const Resource& resource, const Request& request, const TenantScope& scope, db::Txn& txn,
         const ImportFile& file)
      : resource_(resource),
        record_(resource.record),
        key_(*unique_field(resource.record)),
        request_(request),
        scope_(scope),
        txn_(txn),
        file_(file) {
    hold_rows();
  }

  Imported take(const FileRow& row) {
    const auto key = row.filled(key_.name).value_or("");
    const auto id = find_unique(record_, txn_, scope_, key);
    if (!key.empty() && !seen_.insert(id ? format_uuid(*id) : key).second)
      api::refuse_field('/' + std::string{key_.name}, "stands in a row above");
    const auto held = id ? held_.find(*id) : held_.end();
    return held == held_.end() ? make(row) : change(row, held->second);
  }

 private:
  // Locks those that the file names and that are there, in the order of their ids: two imports that name the
  // same ones wait for each other once.
  void hold_rows() {
    std::set<UuidBytes> ids;
    for (const auto& row : file_.rows())
      if (const auto key = row.filled(key_.name))
        if (const auto id = find_unique(record_, txn_, scope_, *key)) ids.insert(*id);
    for (const auto& id : ids)
      if (auto row = lock(record_, txn_, scope_, id)) held_.emplace(id, *std::move(row));
  }

  // What the row of the list becomes by the row of the file. Throws ApiError(validation_failed).
  void edit(Object& object, Json body, const FileRow& row) const {
    file_.fill(body, row);
    read_flags(body, record_);
    request_.schemas->take(record_.name, body);
    fill(object, body);
  }

  Imported make(const FileRow& row) const {
    Object object{record_};
    Json body;
    body.SetObject();
    edit(object, std::move(body), row);
    try {
      record::make(object, txn_, request_.context, scope_);
    } catch (const ApiError& e) {
      // Somebody else has made it meanwhile: then it is there to be changed.
      const auto pointer = '/' + std::string{key_.name};
      if (http_status(e.code()) == 409 && !e.fields().empty() && e.fields().front().pointer == pointer)
        throw db::RetryableError("an imported row was taken meanwhile");
      throw;
    }
    return {Imported::Status::created, format_uuid(object.id())};
  }

  Imported change(const FileRow& row, const Object& held) const {
    Object object{record_, held.row()};
    edit(object, body_of(held), row);
    const auto id = format_uuid(held.id());
    if (same_body(object, held)) return {Imported::Status::unchanged, id};
    if (!scope_.permissions().has(resource_.options.rights.update)) throw ApiError(ErrorCode::forbidden);
    record::change(
        record_, txn_, request_.context, scope_, held.id(), [](std::int64_t) { return true; },
        [&](Object& current) {
          for (const auto& field : record_.fields)
            if (field.in(kBody)) current.set(field, object.get(field));
        });
    return {Imported::Status::updated, id};
  }

  const Resource& resource_;
  const Record& record_;
  const Field& key_;
  const Request& request_;
  const TenantScope& scope_;
  db::Txn& txn_;
  const ImportFile& file_;
  std::map<UuidBytes, Object> held_;
  std::set<std::string> seen_;
};

void put_cell(ExportFile& file, const Value& value) {
  if (const auto* id = std::get_if<UuidBytes>(&value)) {
    file.text(format_uuid(*id));
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    file.number(*number);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    file.text(*flag ? "true" : "false");
  } else {
    const auto* text = std::get_if<std::string_view>(&value);
    file.text(text != nullptr ? *text : std::string_view{});
  }
}

void put_row(ExportFile& file, const Object& row) {
  const auto& record = row.record();
  for (const auto& field : record.fields)
    if (field.in(kReply)) put_cell(file, row.get(field));
  put_cell(file, row.get(record.id));
}

}  // namespace

Response import_rows(const Resource& resource, const Request& request, const TenantScope& scope,
                     db::Txn& txn) {
  const auto columns = columns_of(resource.record);
  const std::array required{unique_field(resource.record)->name};
  const ImportFile file{request.body, columns, required};
  Import import{resource, request, scope, txn, file};
  return api::handlers::import_reply(request, txn, file,
                                     [&](const FileRow& row) { return import.take(row); });
}

Response export_rows(const Resource& resource, const Request& request, const TenantScope& scope,
                     db::Txn& txn) {
  const auto columns = columns_of(resource.record);
  ExportFile file{request, columns};
  const auto rows = list(resource.record, txn, scope, std::nullopt, file.from(), file.wanted());
  api::handlers::put_rows(file, rows, put_row, place_of);
  const auto name = many_of(resource);
  return std::move(file).reply(name, std::string{resource.options.path} + "/export");
}

}  // namespace tenantd::record
