#include "tenantd/ctl/import_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "import_objects.hpp"
#include "json_array.hpp"
#include "tenantd/api/json.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::ctl {
namespace {

using service::ImportRow;

constexpr std::array<std::pair<std::string_view, ImportFormat>, 7> kFormats{
    {{"csv", ImportFormat::csv},
     {"jsonl", ImportFormat::jsonl},
     {"auth0", ImportFormat::auth0},
     {"supabase", ImportFormat::supabase},
     {"laravel", ImportFormat::laravel},
     {"firebase", ImportFormat::firebase},
     {"keycloak", ImportFormat::keycloak}}};

constexpr std::array<std::string_view, 8> kColumns{"email",      "password_hash", "organization",   "role",
                                                   "first_name", "last_name",     "email_verified", "name"};
constexpr std::array<std::string ImportRow::*, kColumns.size()> kMembers{
    &ImportRow::email,      &ImportRow::password_hash, &ImportRow::organization,   &ImportRow::role,
    &ImportRow::first_name, &ImportRow::last_name,     &ImportRow::email_verified, &ImportRow::name};

// Of auth.users; its other columns say nothing here.
enum class Supabase : std::size_t { email, hash, confirmed, deleted, banned, meta_data };
constexpr std::array<std::string_view, 6> kSupabaseColumns{
    "email", "encrypted_password", "email_confirmed_at", "deleted_at", "banned_until", "raw_user_meta_data"};
// Of Laravel's users, with what its soft deletes add.
enum class Laravel : std::size_t { email, hash, verified, deleted, name };
constexpr std::array<std::string_view, 5> kLaravelColumns{"email", "password", "email_verified_at",
                                                          "deleted_at", "name"};
using Cells = std::array<std::string, std::max(kSupabaseColumns.size(), kLaravelColumns.size())>;

std::string ImportRow::*column(std::string_view name) {
  const auto found = std::find(kColumns.begin(), kColumns.end(), name);
  return found == kColumns.end() ? nullptr : kMembers.at(static_cast<std::size_t>(found - kColumns.begin()));
}

// Without blanks at its ends. A line end is none: what holds one is judged with it.
std::string_view unpadded(std::string_view text) {
  const auto first = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

void read_members(ImportRecord& record, const api::JsonValue& object) {
  for (const auto& item : object.GetObject()) {
    const std::string_view name{item.name.GetString(), item.name.GetStringLength()};
    const auto member = column(name);
    if (member == nullptr) {
      record.fault("has the unknown member " + shown_name(name));
    } else if (item.value.IsString()) {
      record.row.*member = unpadded({item.value.GetString(), item.value.GetStringLength()});
    } else if (item.value.IsBool() && member == &ImportRow::email_verified) {
      record.row.*member = item.value.GetBool() ? "true" : "false";
    } else if (!item.value.IsNull()) {
      record.fault("has no text in " + shown_name(name));
    }
  }
}

// A column's text. What exports of databases write where there is none counts as none.
std::string cell_text(const Cells& cells, std::size_t column) {
  const auto& text = cells.at(column);
  return text == "NULL" || text == "null" || text == "\\N" ? "" : text;
}

void read_supabase(ImportRecord& record, const Cells& cells) {
  const auto value = [&](Supabase column) { return cell_text(cells, static_cast<std::size_t>(column)); };
  auto& row = record.row;
  row.email = value(Supabase::email);
  row.password_hash = value(Supabase::hash);
  row.email_verified = value(Supabase::confirmed).empty() ? "false" : "true";
  read_supabase_names(row, value(Supabase::meta_data));
  if (row.email.empty()) record.fault("has no e-mail address");
  if (!value(Supabase::deleted).empty()) record.fault("is of somebody who was deleted there");
  if (!value(Supabase::banned).empty()) record.fault("is of somebody who is banned there");
}

void read_laravel(ImportRecord& record, const Cells& cells) {
  const auto value = [&](Laravel column) { return cell_text(cells, static_cast<std::size_t>(column)); };
  auto& row = record.row;
  row.email = value(Laravel::email);
  row.password_hash = value(Laravel::hash);
  row.email_verified = value(Laravel::verified).empty() ? "false" : "true";
  row.name = plain_name(value(Laravel::name));
  if (row.email.empty()) record.fault("has no e-mail address");
  if (!value(Laravel::deleted).empty()) record.fault("is of somebody who was deleted there");
}

void parse_object(ImportRecord& record, const std::string& text, ImportFormat format,
                  const std::string& firebase) {
  try {
    const auto json = api::parse_json(text);
    if (!json.IsObject()) return record.fault("is no JSON object");
    switch (format) {
      case ImportFormat::auth0: return read_auth0(record, json);
      case ImportFormat::firebase: return read_firebase(record, json, firebase);
      case ImportFormat::keycloak: return read_keycloak(record, json);
      case ImportFormat::csv:
      case ImportFormat::laravel:
      case ImportFormat::supabase:
      case ImportFormat::jsonl: return read_members(record, json);
    }
  } catch (const ApiError&) {
    // Whose words would repeat a piece of the line.
    record.fault("is not valid JSON");
  }
}

bool is_csv(ImportFormat format) {
  return format == ImportFormat::csv || format == ImportFormat::supabase || format == ImportFormat::laravel;
}
CsvHeader header_of(ImportFormat format, const std::vector<std::string>& names) {
  if (format == ImportFormat::csv) return read_csv_header(names, kColumns);
  if (format == ImportFormat::laravel) return read_csv_header(names, kLaravelColumns, OtherColumns::ignored);
  return read_csv_header(names, kSupabaseColumns, OtherColumns::ignored);
}
bool is_list(ImportFormat format) {
  return format == ImportFormat::firebase || format == ImportFormat::keycloak;
}

}  // namespace

std::optional<ImportFormat> parse_import_format(std::string_view word) {
  for (const auto& [name, format] : kFormats)
    if (name == word) return format;
  return std::nullopt;
}

// As the console shows them: "base64_signer_key: …," a line.
std::string firebase_parameters(std::istream& config) {
  std::string key, separator, rounds, memory;
  for (std::string line; std::getline(config, line) && line.size() < ImportReader::kMaxRecordBytes;) {
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = trim(std::string_view{line}.substr(0, colon));
    auto value = trim(std::string_view{line}.substr(std::min(colon + 1, line.size())));
    while (value.ends_with(',') || value.ends_with('"')) value.remove_suffix(1);
    while (value.starts_with('"')) value.remove_prefix(1);
    if (name.find("signer_key") != std::string_view::npos) key = value;
    if (name.find("salt_separator") != std::string_view::npos) separator = value;
    if (name.find("rounds") != std::string_view::npos) rounds = value;
    if (name.find("mem_cost") != std::string_view::npos) memory = value;
  }
  if (key.empty() || rounds.empty() || memory.empty())
    throw ImportFileError("the hash config lacks base64_signer_key, rounds or mem_cost");
  return "$fbscrypt$v=1,n=" + memory + ",r=" + rounds + ",p=1,ss=" + separator + ",sk=" + key;
}

ImportReader::ImportReader(std::istream& in, ImportFormat format, std::string firebase)
    : in_(*in.rdbuf()), format_(format), firebase_(std::move(firebase)) {
  if (is_list(format)) array_ = std::make_unique<JsonArray>(*in.rdbuf());
  if (!is_csv(format)) return;
  std::vector<std::string> names;
  std::string problem;
  if (!in_.next(names, problem) || !problem.empty())
    throw ImportFileError("the header row cannot be read" + (problem.empty() ? "" : ": it " + problem));
  header_ = header_of(format, names);
  if (!header_.problem.empty()) throw ImportFileError("the header row " + header_.problem);
  if (!header_.has(0)) throw ImportFileError("the header row does not name the column \"email\"");
}

ImportReader::~ImportReader() = default;

std::int64_t ImportReader::bytes() const { return array_ ? array_->bytes() : in_.bytes(); }

bool ImportReader::next(ImportRecord& record) {
  record.row = {};
  record.problem.clear();
  if (is_csv(format_)) return next_row(record);
  return array_ ? next_item(record) : next_line(record);
}

bool ImportReader::next_line(ImportRecord& record) {
  std::string text;
  do {
    record.line = in_.line();
    if (!in_.next_line(text, record.problem)) return false;
  } while (record.problem.empty() && trim(text).empty());
  if (record.problem.empty()) parse_object(record, text, format_, firebase_);
  return true;
}

bool ImportReader::next_item(ImportRecord& record) {
  std::string text;
  if (!array_->next(text, record.problem)) return false;
  record.line = array_->line();
  if (record.problem.empty()) parse_object(record, text, format_, firebase_);
  return true;
}

bool ImportReader::next_row(ImportRecord& record) {
  std::vector<std::string> fields;
  do {
    record.line = in_.line();
    if (!in_.next(fields, record.problem)) return false;
  } while (record.problem.empty() && is_blank_csv_row(fields));
  fill(record, fields);
  return true;
}

void ImportReader::fill(ImportRecord& record, const std::vector<std::string>& fields) const {
  Cells cells;
  for (std::size_t i = 0; i < std::min(fields.size(), header_.columns.size()); ++i) {
    const auto at = header_.columns[i];
    if (!at) continue;
    auto& cell = format_ == ImportFormat::csv ? record.row.*kMembers.at(*at) : cells.at(*at);
    cell = unpadded(fields[i]);
  }
  if (!record.problem.empty()) return;
  record.problem = csv_row_problem(fields, header_);
  for (const auto& field : fields)
    if (!is_utf8(field)) record.problem = "is not UTF-8";
  if (format_ == ImportFormat::supabase) read_supabase(record, cells);
  if (format_ == ImportFormat::laravel) read_laravel(record, cells);
}

}  // namespace tenantd::ctl
