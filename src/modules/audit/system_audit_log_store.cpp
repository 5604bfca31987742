#include "modules/audit/system_audit_log_store.hpp"

#include "tenantd/db/counting.hpp"

#include "modules/audit/audit_log_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kListSystem{"system.audit",
                          "SELECT " TENANTD_AUDIT_COLUMNS
                          " FROM system_audit_log WHERE created_at <= ? AND (created_at < ? OR id < ?) "
                          "AND (? IS NULL OR org_id = ?) " TENANTD_AUDIT_FILTER
                          "ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kCountSystem{
    "system.count_audit",
    TENANTD_COUNT_SOME("system_audit_log WHERE (? IS NULL OR org_id = ?) " TENANTD_AUDIT_FILTER)};

}  // namespace

std::vector<AuditRow> list_every_audit_log(db::Txn& txn, UserId super_admin, const AuditFilter& filter,
                                           std::optional<OrgId> org, const std::optional<Keyset>& from,
                                           std::int64_t limit) {
  txn.enter({std::nullopt, super_admin, true});
  const Keyset start = from.value_or(Keyset::newest());
  return read_audit_rows(with_filter(filter, [&](const auto&... wanted) {
    return txn.query(kListSystem, start.time, start.time, EventId{start.id}, org, org, wanted..., limit);
  }));
}

std::int64_t count_every_audit_log(db::Txn& txn, UserId super_admin, const AuditFilter& filter,
                                   std::optional<OrgId> org) {
  txn.enter({std::nullopt, super_admin, true});
  auto rows = with_filter(
      filter, [&](const auto&... wanted) { return txn.query(kCountSystem, org, org, wanted...); });
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
