#include "modules/audit/audit_log_store.hpp"

#include "tenantd/db/counting.hpp"

#include <limits>

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_AUDIT_SELECT "SELECT " TENANTD_AUDIT_COLUMNS " FROM audit_log WHERE org_id = ? "
constexpr Sql kList{"audit.list",
                    TENANTD_AUDIT_SELECT "AND seq < ? " TENANTD_AUDIT_FILTER "ORDER BY seq DESC LIMIT ?"};
constexpr Sql kRead{"audit.read", TENANTD_AUDIT_SELECT "AND seq > ? AND seq <= ? " TENANTD_AUDIT_FILTER
                                                       "ORDER BY seq LIMIT ?"};
constexpr Sql kFind{"audit.find", TENANTD_AUDIT_SELECT "AND id = ?"};
#undef TENANTD_AUDIT_SELECT
constexpr Sql kCount{"audit.count", TENANTD_COUNT_SOME("audit_log WHERE org_id = ? " TENANTD_AUDIT_FILTER)};
constexpr Sql kCountAll{
    "audit.count_all",
    "SELECT COALESCE((SELECT seq FROM audit_log WHERE org_id = ? ORDER BY seq DESC LIMIT 1) + 1 - "
    "(SELECT seq FROM audit_log WHERE org_id = ? ORDER BY seq LIMIT 1), 0)"};
constexpr Sql kNewest{"audit.newest", "SELECT seq FROM audit_log WHERE org_id = ? ORDER BY seq DESC LIMIT 1"};

}  // namespace

std::vector<AuditRow> list_audit_log(db::Txn& txn, const TenantScope& scope, const AuditFilter& filter,
                                     std::optional<std::int64_t> before, std::int64_t limit) {
  const auto end = before.value_or(std::numeric_limits<std::int64_t>::max());
  return read_audit_rows(with_filter(
      filter, [&](const auto&... wanted) { return txn.query(kList, scope.org(), end, wanted..., limit); }));
}

std::int64_t count_audit_log(db::Txn& txn, const TenantScope& scope, const AuditFilter& filter) {
  auto rows =
      is_filtered(filter)
          ? with_filter(filter,
                        [&](const auto&... wanted) { return txn.query(kCount, scope.org(), wanted...); })
          : txn.query(kCountAll, scope.org(), scope.org());
  rows.next();
  return rows.integer(0);
}

bool is_filtered(const AuditFilter& f) {
  return f.actor || f.action || f.resource || f.resource_id || f.from || f.to || f.request_id;
}

std::optional<AuditRow> find_audit_row(db::Txn& txn, const TenantScope& scope, EventId id) {
  auto found = read_audit_rows(txn.query(kFind, scope.org(), id));
  return found.empty() ? std::nullopt : std::optional{std::move(found.front())};
}

std::vector<AuditRow> read_audit_log(db::Txn& txn, const TenantScope& scope, const AuditFilter& filter,
                                     std::int64_t after, std::int64_t last, std::int64_t limit) {
  return read_audit_rows(with_filter(filter, [&](const auto&... wanted) {
    return txn.query(kRead, scope.org(), after, last, wanted..., limit);
  }));
}

std::int64_t newest_audit_row(db::Txn& txn, const TenantScope& scope) {
  auto rows = txn.query(kNewest, scope.org());
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace tenantd::store
