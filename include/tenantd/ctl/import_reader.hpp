// The rows of an import, read front to back in bounded memory: CSV (RFC 4180, with a header row) or JSONL (a
// JSON object a line), UTF-8 with or without a byte order mark.
#pragma once

#include <cstdint>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tenantd/base/csv.hpp"
#include "tenantd/service/import.hpp"

namespace tenantd::ctl {

enum class ImportFormat { csv, jsonl };

struct ImportRecord {
  std::int64_t line = 0;  // where it begins, from 1
  service::ImportRow row;
  std::string problem;  // why it cannot be read as a row; empty = it can
};

// The file as a whole is no such file; `what()` is a sentence.
struct ImportFileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ImportReader {
 public:
  static constexpr std::size_t kMaxRecordBytes = CsvReader::kMaxRecordBytes;

  // Reads the header. Throws ImportFileError if it lacks email, names a column twice, or one that is unknown.
  ImportReader(std::istream& in, ImportFormat format);

  // False at the end. A record that cannot be read counts as one, with its problem.
  bool next(ImportRecord& record);
  // Read so far.
  std::int64_t bytes() const { return in_.bytes(); }

 private:
  void fill(ImportRecord& record, const std::vector<std::string>& fields) const;
  static void parse_object(ImportRecord& record, const std::string& text);

  CsvReader in_;
  ImportFormat format_;
  std::vector<std::string service::ImportRow::*> columns_;
};

}  // namespace tenantd::ctl
