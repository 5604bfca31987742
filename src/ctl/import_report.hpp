// The rows that an import refused: line, e-mail address, reason. CSV, or JSONL if the file is named so. Made
// for the operator's eyes alone (0600), since it holds addresses.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace tenantd::ctl {

class ImportReport {
 public:
  // Without a file when `path` is empty.
  explicit ImportReport(std::string path) : path_(std::move(path)) {}

  // Begins the file, or, when an import goes on, keeps what it says of lines before `line`. Throws
  // std::runtime_error if it cannot be written.
  void open(std::int64_t line);
  void add(std::int64_t line, const std::string& email, const std::string& reason);
  void flush();

 private:
  bool as_json() const { return path_.ends_with(".jsonl"); }
  std::string kept_lines(std::int64_t before) const;

  std::string path_;
  std::ofstream file_;
};

}  // namespace tenantd::ctl
