#include "tenantd/api/csv_files.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

[[noreturn]] void refuse_file(const std::string& why) { refuse_field("/csv", why); }

// What is told of a row.
struct Told {
  std::int64_t line;
  std::string_view status;
  std::optional<std::string> id, code, column, detail;
};

Told refusal(const FileRow& row, const ApiError& error) {
  Told told{row.line, "refused", {}, std::string{error_name(error.code())}, {}, {}};
  told.detail = error.public_text().empty() ? std::string{error_title(error.code())} : error.public_text();
  if (!error.fields().empty()) {
    const auto& [pointer, detail] = error.fields().front();
    if (pointer.size() > 1) told.column = pointer.substr(1);
    told.detail = detail;
  }
  return told;
}

constexpr std::array<std::string_view, 3> kStatus{"created", "updated", "unchanged"};

Told take_row(const FileRow& row, const std::function<Imported(const FileRow&)>& take) {
  try {
    if (!row.problem.empty()) throw ApiError(ErrorCode::validation_failed, row.problem);
    const auto [status, id] = take(row);
    return {row.line, kStatus.at(static_cast<std::size_t>(status)), id, {}, {}, {}};
  } catch (const ApiError& e) {
    if (http_status(e.code()) >= 500) throw;
    return refusal(row, e);
  }
}

std::int64_t count_of(const std::vector<Told>& rows, std::string_view status) {
  return std::count_if(rows.begin(), rows.end(), [&](const Told& row) { return row.status == status; });
}

Response report(const std::vector<Told>& rows, bool applied, const ImportFile& file) {
  JsonOut json;
  json.begin_object().field("applied", applied);
  for (const char* status : {"created", "updated", "unchanged", "refused"})
    json.field(status, count_of(rows, status));
  json.key("ignored_columns").begin_array();
  for (const auto& name : file.ignored()) json.value(name);
  json.end_array().key("rows").begin_array();
  for (const auto& row : rows)
    json.begin_object()
        .field("line", row.line)
        .field("status", row.status)
        .field("id", applied || row.status != "created" ? row.id : std::nullopt)
        .field("code", row.code)
        .field("column", row.column)
        .field("detail", row.detail)
        .end_object();
  json.end_array().end_object();
  return reply(json);
}

}  // namespace

std::optional<std::string> FileRow::filled(std::string_view column) const {
  const auto found = cells.find(column);
  return found == cells.end() || found->second.empty() ? std::nullopt : std::optional{found->second};
}

ImportFile::ImportFile(const JsonValue& body, std::span<const Column> columns,
                       std::span<const std::string_view> required)
    : columns_(columns) {
  std::istringstream in{api::text(body, "csv")};
  CsvReader reader{*in.rdbuf()};
  std::vector<std::string> fields;
  std::string problem;
  if (!reader.next(fields, problem)) refuse_file("has no header row");
  if (!problem.empty()) refuse_file("has a header row that " + problem);
  read_header(fields, required);
  for (;;) {
    const auto line = reader.line();
    problem.clear();
    if (!reader.next(fields, problem)) return;
    if (problem.empty() && is_blank_csv_row(fields)) continue;
    if (rows_.size() == kFileRows) refuse_file("has more than " + std::to_string(kFileRows) + " rows");
    add_row(line, fields, problem);
  }
}

void ImportFile::read_header(const std::vector<std::string>& names,
                             std::span<const std::string_view> required) {
  std::vector<std::string_view> known;
  for (const auto& column : columns_) known.push_back(column.name);
  header_ = read_csv_header(names, known);
  if (!header_.problem.empty()) refuse_file("has a header row that " + header_.problem);
  for (const auto& at : header_.columns)
    if (at && columns_[*at].cell == Cell::ours) ignored_.emplace_back(columns_[*at].name);
  // "sku or product_id": one of them must be there.
  const auto is_there = [&](std::string_view word) {
    const auto found = std::find(known.begin(), known.end(), word);
    return found != known.end() && header_.has(static_cast<std::size_t>(found - known.begin()));
  };
  for (const auto alternatives : required) {
    const auto words = split(alternatives, ' ');
    if (std::none_of(words.begin(), words.end(), is_there))
      refuse_file("lacks the column " + std::string{alternatives});
  }
}

void ImportFile::add_row(std::int64_t line, const std::vector<std::string>& fields,
                         const std::string& problem) {
  const auto fault = problem.empty() ? csv_row_problem(fields, header_) : problem;
  FileRow row{line, {}, fault.empty() ? "" : "The row " + fault};
  for (std::size_t i = 0; i < std::min(fields.size(), header_.columns.size()); ++i) {
    if (!header_.columns[i]) continue;
    const auto& [name, cell] = columns_[*header_.columns[i]];
    const auto value = unguarded(fields[i]);
    row.cells.emplace(name, cell == Cell::text ? value : trim(value));
  }
  rows_.push_back(std::move(row));
}

void ImportFile::fill(Json& body, const FileRow& row) const {
  auto& memory = body.GetAllocator();
  for (const auto& at : header_.columns) {
    if (!at) continue;
    const auto& [name, cell] = columns_[*at];
    if (cell != Cell::text && cell != Cell::code && cell != Cell::number) continue;
    const auto member = rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    body.RemoveMember(JsonValue{member});
    const auto value = row.filled(name);
    if (!value) continue;
    // What is no number stays text, for the schema to refuse.
    const auto number = cell == Cell::number ? parse_int(*value) : std::nullopt;
    body.AddMember(member, number ? JsonValue{*number} : JsonValue{*value, memory}, memory);
  }
}

Response import_reply(const Request& request, db::Txn& txn, const ImportFile& file,
                      const std::function<Imported(const FileRow&)>& take) {
  struct Undo {};
  const bool skip = maybe_text(request.query, "on_error") == "skip";
  std::vector<Told> rows;
  try {
    txn.savepoint([&] {
      for (const auto& row : file.rows()) rows.push_back(take_row(row, take));
      if (!skip && count_of(rows, "refused") > 0) throw Undo{};
    });
  } catch (const Undo&) {
    return report(rows, false, file);
  }
  return report(rows, true, file);
}

ExportFile::ExportFile(const Request& request, std::span<const Column> columns)
    : request_(request), page_(page_of(request.query)) {
  if (member(request.query, "limit") == nullptr) page_.limit = kFileRows;
  // Some spreadsheets take a file for UTF-8 only if it says so.
  if (const auto* bom = member(request.query, "bom"); bom != nullptr && bom->GetBool())
    body_ = "\xEF\xBB\xBF";
  for (const auto& column : columns)
    if (column.cell != Cell::typed) text(column.name);
  end_row();
  rows_ = 0;
}

void ExportFile::begin_cell() {
  if (begun_) body_ += ',';
  begun_ = true;
}

ExportFile& ExportFile::text(std::string_view value) {
  begin_cell();
  append_csv(body_, guarded(value));
  return *this;
}

ExportFile& ExportFile::number(std::optional<std::int64_t> value) {
  begin_cell();
  if (value) body_ += std::to_string(*value);
  return *this;
}

void ExportFile::end_row() {
  body_ += "\r\n";
  begun_ = false;
  ++rows_;
}

Response ExportFile::reply(const std::string& name, const std::string& path) && {
  Response response;
  response.content_type = "text/csv; charset=utf-8; header=present";
  response.body = std::move(body_);
  response.header("Content-Disposition", "attachment; filename=\"" + name + ".csv\"");
  if (next_.empty()) return response;
  // Every parameter is of characters that a URI takes as they are.
  std::string uri = path + '?';
  for (const auto& [key, value] : request_.http.query)
    if (key != "cursor") uri += key + '=' + value + '&';
  response.header("Link", '<' + uri + "cursor=" + next_ + ">; rel=\"next\"");
  return response;
}

}  // namespace tenantd::api::handlers
