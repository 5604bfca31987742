#include "identity/members/importing_store.hpp"

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kFindImported{"import.find", "SELECT rows_done, rows_refused FROM import_run WHERE id = ?"};
constexpr Sql kLock{"import.lock", "SELECT rows_done, rows_refused FROM import_run WHERE id = ? FOR UPDATE"};
constexpr Sql kBegin{"import.begin",
                     "INSERT INTO import_run (id, rows_done, created_at, updated_at) VALUES (?, 0, ?, ?)"};
constexpr Sql kSet{"import.set",
                   "UPDATE import_run SET rows_done = ?, rows_refused = ?, updated_at = ? WHERE id = ?"};
constexpr Sql kById{"import.organization_by_id", "SELECT id FROM system_organization WHERE id = ?"};
constexpr Sql kBySlug{"import.organization_by_slug", "SELECT id FROM system_organization WHERE slug = ?"};

std::optional<ImportProgress> read_progress(db::Rows rows) {
  if (!rows.next()) return std::nullopt;
  return ImportProgress{rows.integer(0), rows.integer(1)};
}

}  // namespace

ImportProgress find_import(db::Txn& txn, const ImportScope&, const std::string& id) {
  return read_progress(txn.query(kFindImported, id)).value_or(ImportProgress{});
}

ImportProgress lock_import(db::Txn& txn, const ImportScope&, const std::string& id, TimePoint now) {
  if (const auto found = read_progress(txn.lock(kLock, id))) return *found;
  try {
    txn.execute(kBegin, id, now, now);
    return {};
  } catch (const db::DuplicateKey&) {
    return read_progress(txn.lock(kLock, id)).value_or(ImportProgress{});
  }
}

void set_import(db::Txn& txn, const ImportScope&, const std::string& id, const ImportProgress& progress,
                TimePoint now) {
  txn.execute(kSet, progress.rows_done, progress.rows_refused, now, id);
}

std::optional<OrgId> find_any_organization(db::Txn& txn, const ImportScope&, const std::string& id_or_slug) {
  txn.enter({std::nullopt, std::nullopt, true});
  const auto id = OrgId::parse(id_or_slug);
  auto rows = id ? txn.query(kById, *id) : txn.query(kBySlug, ascii_lower(id_or_slug));
  txn.enter({});
  if (!rows.next()) return std::nullopt;
  return rows.id<OrgId>(0);
}

}  // namespace tenantd::store
