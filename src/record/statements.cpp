#include "record/statements.hpp"

#include "tenantd/db/counting.hpp"

namespace tenantd::record {
namespace {

std::string join(const std::vector<const Field*>& fields, std::string_view between, std::string_view after) {
  std::string text;
  for (const auto* field : fields) {
    if (!text.empty()) text += between;
    text += field->column();
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
  add(record.id);
  for (const auto& stamp : record.stamps) add(stamp);
  for (const auto& field : record.fields) add(field);
  const std::string table{record.name};
  const std::string one = "WHERE org_id = ? AND id = ?";
  const std::string select = "SELECT " + join(read_, ", ", "") + " FROM " + table + ' ';
  const auto text = [&](const char* name, std::string sql) {
    return Text{table + '.' + name, std::move(sql)};
  };
  insert_ = text("insert", "INSERT INTO " + table + " (org_id, " + join(made_, ", ", "") + ") VALUES (?" +
                               times(made_.size(), ", ?") + ')');
  find_ = text("find", select + one);
  lock_ = text("lock", select + one + " FOR UPDATE");
  hold_ = text("hold", "SELECT 1 FROM " + table + ' ' + one + " LOCK IN SHARE MODE");
  named_ = text("named", "SELECT id FROM " + table +
                             " WHERE org_id = ? AND name = ? AND name COLLATE utf8mb4_bin = ? "
                             "ORDER BY id LIMIT 2");
  if (const auto* key = unique_field(record))
    unique_ = text("unique",
                   "SELECT id FROM " + table + " WHERE org_id = ? AND " + std::string{key->name} + " = ?");
  if (record.changes())
    update_ = text("update", "UPDATE " + table + " SET " + join(written_, ", ", " = ?") +
                                 times(written_.empty() ? 0 : 1, ", ") +
                                 "revision = revision + 1, updated_at = ? " + one);
  remove_ = text("delete", "DELETE FROM " + table + ' ' + one);
  const auto* rank = ranked_field(record);
  list_ = text("list", select + list_by("created_at"));
  if (rank != nullptr) ranked_ = text("ranked", select + list_by(rank->name));
  count_ = text("count",
                TENANTD_COUNT_BEGIN + table + " WHERE org_id = ? " + wanted() +
                    (rank == nullptr ? "" : "AND (? = 0 OR " + std::string{rank->name} + " IS NOT NULL)") +
                    TENANTD_COUNT_END);
}

void Statements::add(const Field& field) {
  const std::string name{field.column()};
  if (field.in(kWritten) || field.in(kMade)) made_.push_back(&field);
  if (field.in(kWritten)) written_.push_back(&field);
  if (field.in(kStored)) read_.push_back(&field);
  if (field.is_filter) {
    ++filters_;
    filtered_ += "AND (? IS NULL OR " + name + " = ?) ";
  }
  if (field.is_searched) {
    ++searches_;
    searched_ += searched_.empty() ? "" : " OR ";
    searched_ += "INSTR(LOWER(" + name + ") COLLATE utf8mb4_bin, LOWER(?) COLLATE utf8mb4_bin) > 0";
  }
}

std::string columns_of(const Record& record) { return join(record.statements(record).read(), ", ", ""); }

std::string Statements::wanted() const {
  return (searched_.empty() ? "" : "AND (? IS NULL OR " + searched_ + ") ") + filtered_;
}

// A row without the time is not among them.
std::string Statements::list_by(std::string_view time) const {
  const std::string by{time};
  return "WHERE org_id = ? AND " + by + " >= ? AND (" + by + " > ? OR id > ?) " + wanted() + "ORDER BY " +
         by + ", id LIMIT ?";
}

const Statements& make_statements(const Record& record) { return *new Statements{record}; }

}  // namespace tenantd::record
