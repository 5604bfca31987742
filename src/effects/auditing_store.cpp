#include "tenantd/effects/auditing_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kChains{"audit.chains",
                      "SELECT org_id FROM change_head UNION SELECT org_id FROM audit_log GROUP BY org_id "
                      "ORDER BY org_id"};
constexpr Sql kStart{"audit.start", "SELECT seq, hash, signature FROM audit_start WHERE org_id = ?"};
constexpr Sql kEnd{"audit.end", "SELECT audit_seq, audit_hash FROM change_head WHERE org_id = ?"};
constexpr Sql kNewest{"audit.newest_row",
                      "SELECT seq FROM audit_log WHERE org_id = ? ORDER BY seq DESC LIMIT 1"};
constexpr Sql kRead{"audit.read_chain",
                    "SELECT " TENANTD_AUDIT_COLUMNS
                    ", hash FROM audit_log WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?"};
constexpr Sql kRedactions{"audit.redactions",
                          "SELECT seq, erasure_id, signature FROM audit_redaction "
                          "WHERE org_id = ? AND seq > ? AND seq <= ?"};
constexpr Sql kBySlug{"audit.organization_by_slug",
                      "SELECT id FROM organization WHERE slug = ? AND status <> 2"};
constexpr Sql kSlug{"audit.slug", "SELECT slug FROM organization WHERE id = ? AND status <> 2"};

}  // namespace

std::vector<OrgId> list_audit_chains(db::Txn& txn, const AuditScope&) {
  auto rows = txn.query(kChains);
  std::vector<OrgId> found;
  while (rows.next()) found.push_back(rows.id<OrgId>(0));
  return found;
}

std::optional<AuditEnd> find_audit_end(db::Txn& txn, const AuditScope&, OrgId org) {
  auto rows = txn.query(kEnd, org);
  if (!rows.next()) return std::nullopt;
  return AuditEnd{rows.integer(0), rows.text(1)};
}

std::optional<ChainStart> find_audit_start(db::Txn& txn, const AuditScope&, OrgId org) {
  auto rows = txn.query(kStart, org);
  if (!rows.next()) return std::nullopt;
  return ChainStart{org, rows.integer(0), rows.text(1), rows.text(2)};
}

std::int64_t find_newest_row(db::Txn& txn, const AuditScope&, OrgId org) {
  auto rows = txn.query(kNewest, org);
  return rows.next() ? rows.integer(0) : 0;
}

std::vector<AuditRow> read_audit_chain(db::Txn& txn, const AuditScope&, OrgId org, std::int64_t after,
                                       std::int64_t limit) {
  return read_audit_rows(txn.query(kRead, org, after, limit), true);
}

std::map<std::int64_t, Redaction> read_redactions(db::Txn& txn, const AuditScope&, OrgId org,
                                                  std::int64_t after, std::int64_t to) {
  auto rows = txn.query(kRedactions, org, after, to);
  std::map<std::int64_t, Redaction> found;
  while (rows.next()) found.emplace(rows.integer(0), Redaction{rows.id<EventId>(1), rows.text(2)});
  return found;
}

std::optional<OrgId> find_organization_by_slug(db::Txn& txn, const AuditScope&, const std::string& slug) {
  auto rows = txn.query(kBySlug, slug);
  if (!rows.next()) return std::nullopt;
  return rows.id<OrgId>(0);
}

std::optional<std::string> find_slug(db::Txn& txn, const AuditScope&, OrgId org) {
  auto rows = txn.query(kSlug, org);
  if (!rows.next()) return std::nullopt;
  return rows.text(0);
}

}  // namespace tenantd::store
