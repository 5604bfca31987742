#include "tenantd/ctl/import_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "tenantd/api/json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::ctl {
namespace {

using service::ImportRow;

constexpr std::array kColumns = {
    std::pair{"email", &ImportRow::email},
    std::pair{"password_hash", &ImportRow::password_hash},
    std::pair{"organization", &ImportRow::organization},
    std::pair{"role", &ImportRow::role},
    std::pair{"first_name", &ImportRow::first_name},
    std::pair{"last_name", &ImportRow::last_name},
    std::pair{"email_verified", &ImportRow::email_verified},
};

std::string ImportRow::*column(std::string_view name) {
  for (const auto& [known, member] : kColumns)
    if (name == known) return member;
  return nullptr;
}

// What a header or a member was called, fit for a terminal.
std::string shown(std::string_view name) {
  std::string text{name.substr(0, 40)};
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) c = '?';
  return '"' + text + '"';
}

}  // namespace

ImportReader::ImportReader(std::istream& in, ImportFormat format) : in_(*in.rdbuf()), format_(format) {
  if (format == ImportFormat::jsonl) return;
  std::vector<std::string> names;
  std::string problem;
  if (!in_.next(names, problem) || !problem.empty())
    throw ImportFileError("the header row cannot be read" + (problem.empty() ? "" : ": it " + problem));
  for (const auto& name : names) {
    const auto member = column(name);
    if (member == nullptr) throw ImportFileError("the header row names the unknown column " + shown(name));
    if (std::find(columns_.begin(), columns_.end(), member) != columns_.end())
      throw ImportFileError("the header row names the column " + shown(name) + " twice");
    columns_.push_back(member);
  }
  if (std::find(columns_.begin(), columns_.end(), &ImportRow::email) == columns_.end())
    throw ImportFileError("the header row does not name the column \"email\"");
}

bool ImportReader::next(ImportRecord& record) {
  record.row = {};
  record.problem.clear();
  if (format_ == ImportFormat::jsonl) {
    std::string text;
    do {
      record.line = in_.line();
      if (!in_.next_line(text, record.problem)) return false;
    } while (record.problem.empty() && trim(text).empty());
    if (record.problem.empty()) parse_object(record, text);
    return true;
  }
  std::vector<std::string> fields;
  do {
    record.line = in_.line();
    if (!in_.next(fields, record.problem)) return false;
  } while (record.problem.empty() && fields.size() == 1 && fields[0].empty());
  fill(record, fields);
  return true;
}

void ImportReader::fill(ImportRecord& record, const std::vector<std::string>& fields) const {
  for (std::size_t i = 0; i < std::min(fields.size(), columns_.size()); ++i)
    record.row.*columns_[i] = fields[i];
  if (!record.problem.empty()) return;
  if (fields.size() != columns_.size())
    record.problem =
        "has " + std::to_string(fields.size()) + " fields, the header row " + std::to_string(columns_.size());
  for (const auto& field : fields)
    if (!is_utf8(field)) record.problem = "is not UTF-8";
}

void ImportReader::parse_object(ImportRecord& record, const std::string& text) {
  const auto fault = [&](std::string what) {
    if (record.problem.empty()) record.problem = std::move(what);
  };
  try {
    const auto json = api::parse_json(text);
    if (!json.IsObject()) return fault("is no JSON object");
    for (const auto& item : json.GetObject()) {
      const std::string_view name{item.name.GetString(), item.name.GetStringLength()};
      const auto member = column(name);
      if (member == nullptr) {
        fault("has the unknown member " + shown(name));
      } else if (item.value.IsString()) {
        record.row.*member = {item.value.GetString(), item.value.GetStringLength()};
      } else if (item.value.IsBool() && member == &ImportRow::email_verified) {
        record.row.*member = item.value.GetBool() ? "true" : "false";
      } else if (!item.value.IsNull()) {
        fault("has no text in " + shown(name));
      }
    }
  } catch (const ApiError&) {
    // Whose words would repeat a piece of the line.
    fault("is not valid JSON");
  }
}

}  // namespace tenantd::ctl
