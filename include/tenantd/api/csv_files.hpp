// Files of rows, as spreadsheets write them (CSV, RFC 4180). Each imported row is held against the schema of
// the body that makes one such row, and what is exported is a file that an import takes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tenantd/api/encode.hpp"
#include "tenantd/api/request.hpp"
#include "tenantd/base/csv.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::api::handlers {

inline constexpr std::size_t kFileRows = 1000;  // of one file, either way
inline constexpr std::size_t kFileBytes =
    200 * 1024;  // of an exported one, about: no more than an import takes

enum class Cell {
  text,    // a member of the body
  code,    // the same, in which no blank at an end means anything
  number,  // the same, a whole number
  name,    // stands for an id, or for what no body has: the import knows
  typed,   // an import takes it, an export has another for it
  ours,    // an export says it, an import passes over it
};

struct Column {
  std::string_view name;
  Cell cell;
};

struct FileRow {
  std::int64_t line = 0;
  std::map<std::string_view, std::string> cells;  // by the columns that the file has
  std::string problem;                            // why it cannot be read; empty = it can

  // nullopt if the file has no such column, or nothing in it.
  std::optional<std::string> filled(std::string_view column) const;
};

class ImportFile {
 public:
  // Reads the body's file. Throws ApiError(validation_failed) at /csv if it has no header row, a column
  // twice or ones that are unknown, none of `required`, or too many rows.
  ImportFile(const JsonValue& body, std::span<const Column> columns,
             std::span<const std::string_view> required);

  const std::vector<FileRow>& rows() const { return rows_; }
  const std::vector<std::string>& ignored() const { return ignored_; }
  // Puts what the row says into `body`, on top of what is there: an empty cell takes a member away.
  void fill(Json& body, const FileRow& row) const;

 private:
  void read_header(const std::vector<std::string>& names, std::span<const std::string_view> required);
  void add_row(std::int64_t line, const std::vector<std::string>& fields, const std::string& problem);

  std::span<const Column> columns_;
  CsvHeader header_;
  std::vector<std::string> ignored_;
  std::vector<FileRow> rows_;
};

// What became of a row.
struct Imported {
  enum class Status { created, updated, unchanged } status;
  std::string id;
};

// Takes the rows in their order, in one transaction: all of them or, unless the query says otherwise, none.
// A row for which `take` throws ApiError is refused; it shall have written nothing then.
Response import_reply(const Request& request, db::Txn& txn, const ImportFile& file,
                      const std::function<Imported(const FileRow&)>& take);

// One file of an export, in the order of a list.
class ExportFile {
 public:
  ExportFile(const Request& request, std::span<const Column> columns);

  const std::optional<store::Keyset>& from() const { return page_.from; }
  // Rows to read: one more than there shall be.
  std::int64_t wanted() const { return page_.limit + 1; }
  // True once no more rows go into it. `next`: where the list goes on after the last one that went in.
  bool full() const { return rows_ == page_.limit || body_.size() >= kFileBytes; }
  void end_at(const store::Keyset& last) { next_ = make_cursor(last); }

  ExportFile& text(std::string_view value);
  ExportFile& maybe(const std::optional<std::string>& value) {
    return text(value ? std::string_view{*value} : std::string_view{});
  }
  ExportFile& number(std::optional<std::int64_t> value);
  template <class Tag>
  ExportFile& id(const std::optional<Id<Tag>>& value) {
    return text(value ? value->str() : std::string{});
  }
  void end_row();

  // `name`: of the file, without its end. `path`: where the rest is asked for.
  Response reply(const std::string& name, const std::string& path) &&;

 private:
  void begin_cell();

  const Request& request_;
  Page page_;
  std::string body_;
  std::string next_;
  std::int64_t rows_ = 0;
  bool begun_ = false;
};

// Fills the file with what `read` answers. `put(file, row)` writes one, `keyset(row)` is where it stands.
template <class Row, class Put, class Keyset>
void put_rows(ExportFile& file, const std::vector<Row>& rows, Put&& put, Keyset&& keyset) {
  const Row* last = nullptr;
  for (const auto& row : rows) {
    if (last != nullptr && file.full()) return file.end_at(keyset(*last));
    put(file, row);
    file.end_row();
    last = &row;
  }
}

}  // namespace tenantd::api::handlers
