#include "record/statements.hpp"

namespace tenantd::record {
namespace {

std::string join(const std::vector<const Field*>& fields, std::string_view between, std::string_view after) {
  std::string text;
  for (const auto* field : fields) {
    if (!text.empty()) text += between;
    text += field->name;
    text += after;
  }
  return text;
}

std::string times(std::size_t count, std::string_view text) {
  std::string many;
  for (std::size_t i = 0; i < count; ++i) many += text;
  return many;
}

}  // namespace

Statements::Statements(const Record& record) {
  read_ = {&record.id, &record.revision, &record.created_at, &record.updated_at};
  for (const auto& field : record.fields) {
    if (field.in(kWritten)) written_.push_back(&field);
    if (field.in(kStored)) read_.push_back(&field);
    if (!field.is_searched) continue;
    ++searches_;
    searched_ += searched_.empty() ? "" : " OR ";
    searched_ +=
        "INSTR(LOWER(" + std::string{field.name} + ") COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0";
  }
  const std::string table{record.name};
  const std::string one = "WHERE org_id = ? AND id = ?";
  const std::string select = "SELECT " + join(read_, ", ", "") + " FROM " + table + ' ';
  const auto text = [&](const char* name, std::string sql) {
    return Text{table + '.' + name, std::move(sql)};
  };
  insert_ = text("insert", "INSERT INTO " + table + " (org_id, id, created_at, updated_at" +
                               times(written_.empty() ? 0 : 1, ", ") + join(written_, ", ", "") +
                               ") VALUES (?, ?, ?, ?" + times(written_.size(), ", ?") + ')');
  find_ = text("find", select + one);
  lock_ = text("lock", select + one + " FOR UPDATE");
  hold_ = text("hold", "SELECT 1 FROM " + table + ' ' + one + " LOCK IN SHARE MODE");
  named_ = text("named", "SELECT id FROM " + table +
                             " WHERE org_id = ? AND name = ? AND name COLLATE utf8mb4_bin = ? "
                             "ORDER BY id LIMIT 2");
  if (const auto* key = unique_field(record))
    unique_ = text("unique",
                   "SELECT id FROM " + table + " WHERE org_id = ? AND " + std::string{key->name} + " = ?");
  update_ = text("update", "UPDATE " + table + " SET " + join(written_, ", ", " = ?") +
                               times(written_.empty() ? 0 : 1, ", ") +
                               "revision = revision + 1, updated_at = ? " + one);
  remove_ = text("delete", "DELETE FROM " + table + ' ' + one);
  list_ = text("list", select + "WHERE org_id = ? AND created_at >= ? AND (created_at > ? OR id > ?) " +
                           search() + "ORDER BY created_at, id LIMIT ?");
  count_ = text("count", "SELECT COUNT(*) FROM " + table + " WHERE org_id = ? " + search());
}

std::string Statements::search() const {
  return searched_.empty() ? "" : "AND (? IS NULL OR " + searched_ + ") ";
}

const Statements& make_statements(const Record& record) { return *new Statements{record}; }

}  // namespace tenantd::record
