#include "tenantd/record/files.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "record/words.hpp"
#include "tenantd/api/validate.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/record/json.hpp"

namespace tenantd::record {
namespace {

using api::Json;
using api::handlers::Cell;
using api::handlers::ExportFile;
using api::handlers::FileRow;
using api::handlers::Imported;
using api::handlers::ImportFile;

Cell cell_of(const Field& field) {
  if (!field.in(kBody)) return Cell::ours;
  if (field.kind == Kind::number || field.kind == Kind::time) return Cell::number;
  return field.kind == Kind::name || field.kind == Kind::text ? Cell::text : Cell::code;
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
  Import(const Resource& resource, const FileForm& form, const Request& request, const TenantScope& scope,
         db::Txn& txn, const ImportFile& file)
      : resource_(resource),
        record_(resource.record),
        key_(*unique_field(resource.record)),
        form_(form),
        request_(request),
        scope_(scope),
        txn_(txn),
        file_(file) {
    hold_rows();
  }

  Imported take(const FileRow& row) {
    const auto key = row.filled(key_.name).value_or("");
    const auto known = ids_.find(key);
    const auto held = known == ids_.end() ? held_.end() : held_.find(known->second);
    if (held == held_.end()) return make(row, key);
    if (!seen_.insert(held->first).second) refuse_again();
    return change(row, held->second);
  }

 private:
  // Locks those that the file names and that are there, in the order of their ids: two imports that name the
  // same ones wait for each other once.
  void hold_rows() {
    std::set<UuidBytes> ids;
    for (const auto& row : file_.rows()) {
      const auto key = row.filled(key_.name);
      if (!key || ids_.contains(*key)) continue;
      const auto id = find_unique(record_, txn_, scope_, *key);
      if (!id) continue;
      ids_.emplace(*key, *id);
      ids.insert(*id);
    }
    for (const auto& id : ids)
      if (auto row = lock(record_, txn_, scope_, id)) held_.emplace(id, *std::move(row));
  }

  [[noreturn]] void refuse_again() const {
    api::refuse_field('/' + std::string{key_.name}, "stands in a row above");
  }

  // What the row of the list becomes by the row of the file. Throws ApiError(validation_failed).
  void edit(Object& object, Json body, const FileRow& row) const {
    file_.fill(body, row);
    if (form_.read) form_.read(body, row);
    read_flags(body, record_);
    request_.schemas->take(record_.name, body);
    fill(object, body);
  }

  // True if the key is what the write was refused for.
  bool is_taken(const ApiError& e) const {
    return http_status(e.code()) == 409 && !e.fields().empty() &&
           e.fields().front().pointer == '/' + std::string{key_.name};
  }

  Imported make(const FileRow& row, const std::string& key) {
    if (!key.empty() && !made_.insert(key).second) refuse_again();
    Object object{record_};
    Json body;
    body.SetObject();
    edit(object, std::move(body), row);
    try {
      record::make(object, {txn_, request_.context, scope_});
    } catch (const ApiError& e) {
      if (!is_taken(e)) throw;
      // By a row above that spells it in another way, or by somebody else meanwhile: then it is changed.
      const auto id = find_unique(record_, txn_, scope_, key);
      if (id && seen_.contains(*id)) refuse_again();
      throw db::RetryableError("an imported row was taken meanwhile");
    }
    seen_.insert(object.id());
    return {Imported::Status::created, format_uuid(object.id())};
  }

  Imported change(const FileRow& row, const Object& held) const {
    Object object{record_, held.row()};
    edit(object, body_of(held), row);
    const auto id = format_uuid(held.id());
    if (same_body(object, held)) return {Imported::Status::unchanged, id};
    if (!scope_.permissions().has(resource_.options.rights.update)) throw ApiError(ErrorCode::forbidden);
    record::change(record_, {txn_, request_.context, scope_}, held.id(), [&](Object& current) {
      for (const auto& field : record_.fields)
        if (field.in(kBody)) current.set(field, object.get(field));
    });
    return {Imported::Status::updated, id};
  }

  const Resource& resource_;
  const Record& record_;
  const Field& key_;
  const FileForm& form_;
  const Request& request_;
  const TenantScope& scope_;
  db::Txn& txn_;
  const ImportFile& file_;
  std::map<std::string, UuidBytes> ids_;  // of those that were there, by the file's spelling
  std::map<UuidBytes, Object> held_;
  std::set<UuidBytes> seen_;
  std::set<std::string> made_;
};

const Field* find_field(const Record& record, std::string_view name) {
  if (name == record.id.name) return &record.id;
  for (const auto& field : record.fields)
    if (field.name == name) return &field;
  return nullptr;
}

void put_cell(ExportFile& file, const Field& field, const Value& value) {
  if (field.kind == Kind::choice) {
    file.text(field.chosen(value));
  } else if (const auto* id = std::get_if<UuidBytes>(&value)) {
    file.text(format_uuid(*id));
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    file.number(*number);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    file.text(*flag ? "true" : "false");
  } else {
    const auto shown = text_of(value).value_or("");
    file.text(field.kind == Kind::digest ? to_hex(shown) : std::string{shown});
  }
}

void put_row(ExportFile& file, const FileForm& form, const Object& row) {
  for (const auto& column : form.columns) {
    if (column.cell == Cell::typed) continue;
    const auto* field = find_field(row.record(), column.name);
    if (field != nullptr)
      put_cell(file, *field, row.get(*field));
    else
      file.text(form.cell(column.name, row));
  }
}

}  // namespace

FileForm file_form(const Record& record) {
  FileForm form;
  for (const auto& field : record.fields)
    if (field.in(kReply)) form.columns.push_back({field.name, cell_of(field)});
  form.columns.push_back({record.id.name, Cell::ours});
  return form;
}

Response import_rows(const Resource& resource, const FileForm& form, const Request& request,
                     const TenantScope& scope, db::Txn& txn) {
  const std::array required{unique_field(resource.record)->name};
  const ImportFile file{request.body, form.columns, required};
  Import import{resource, form, request, scope, txn, file};
  return api::handlers::import_reply(request, txn, file,
                                     [&](const FileRow& row) { return import.take(row); });
}

Response import_rows(const Resource& resource, const Request& request, const TenantScope& scope,
                     db::Txn& txn) {
  return import_rows(resource, file_form(resource.record), request, scope, txn);
}

Response export_rows(const Resource& resource, const FileForm& form, const std::vector<Object>& rows,
                     ExportFile file) {
  api::handlers::put_rows(
      file, rows, [&](ExportFile& out, const Object& row) { put_row(out, form, row); },
      [](const Object& row) { return keyset_of(row); });
  return std::move(file).reply(many_of(resource), std::string{resource.options.path} + "/export");
}

Response export_rows(const Resource& resource, const Request& request, const TenantScope& scope,
                     db::Txn& txn) {
  const auto form = file_form(resource.record);
  ExportFile file{request, form.columns};
  const auto rows = list(resource.record, txn, scope, {}, file.from(), file.wanted());
  return export_rows(resource, form, rows, std::move(file));
}

}  // namespace tenantd::record
