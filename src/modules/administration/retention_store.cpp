#include "modules/administration/retention_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kReadKept{
    "retention.kept",
    "SELECT name, rows_estimated, oldest_at, looked_at, removed_at, removed_rows FROM admin_kept"};

}  // namespace

std::map<std::string, KeptRows, std::less<>> read_kept(db::Txn& txn, const SuperAdmin& admin) {
  txn.enter(admin);
  auto rows = txn.query(kReadKept);
  std::map<std::string, KeptRows, std::less<>> kept;
  while (rows.next())
    kept.emplace(rows.text(0), KeptRows{rows.maybe_integer(1), maybe_time(rows, 2), maybe_time(rows, 3),
                                        maybe_time(rows, 4), rows.maybe_integer(5)});
  return kept;
}

}  // namespace tenantd::store
