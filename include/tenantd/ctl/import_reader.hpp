// The rows of an import, read front to back in bounded memory: CSV with a header row, JSONL (a JSON object a
// line), and what other systems export, UTF-8 with or without a byte order mark.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/csv.hpp"
#include "tenantd/identity/import.hpp"

namespace tenantd::ctl {

enum class ImportFormat {
  csv,
  jsonl,
  auth0,     // NDJSON of the password hashes' export, or of the users' export
  supabase,  // CSV of auth.users
  laravel,   // CSV of users
  firebase,  // JSON of auth:export
  keycloak   // JSON of a realm's export
};

// "csv", "auth0", …; nullopt for another word.
std::optional<ImportFormat> parse_import_format(std::string_view word);

struct ImportRecord {
  std::int64_t line = 0;  // where it begins, from 1
  service::ImportRow row;
  std::string problem;  // why it cannot be taken as a row; empty = it can

  // The first problem is the one that is told.
  void fault(std::string what) {
    if (problem.empty()) problem = std::move(what);
  }
};

// The file as a whole is no such file; `what()` is a sentence.
struct ImportFileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Returns a Firebase project's hash parameters, as its console shows them ("base64_signer_key: …" a line), in
// the form that the reader takes. Throws ImportFileError if one is missing.
std::string firebase_parameters(std::istream& config);

class JsonArray;

class ImportReader {
 public:
  static constexpr std::size_t kMaxRecordBytes = CsvReader::kMaxRecordBytes;

  // Reads the header. Throws ImportFileError if it lacks email, names a column twice, or names unknown ones.
  // `firebase`: firebase_parameters(), for hashes that Firebase has made.
  ImportReader(std::istream& in, ImportFormat format, std::string firebase = {});
  ~ImportReader();

  // False at the end. A record that cannot be read counts as one, with its problem. Throws ImportFileError if
  // an export has no list of people.
  bool next(ImportRecord& record);
  // Read so far.
  std::int64_t bytes() const;

 private:
  bool next_row(ImportRecord& record);
  bool next_line(ImportRecord& record);
  bool next_item(ImportRecord& record);
  void fill(ImportRecord& record, const std::vector<std::string>& fields) const;

  CsvReader in_;
  ImportFormat format_;
  std::string firebase_;
  CsvHeader header_;
  std::unique_ptr<JsonArray> array_;
};

}  // namespace tenantd::ctl
