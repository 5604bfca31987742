#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::store {

AuditRow read_audit_row(const db::Rows& rows, bool with_hash) {
  AuditRow row;
  row.org = rows.id<OrgId>(0);
  row.seq = rows.integer(1);
  row.id = rows.id<EventId>(2);
  row.actor_id = rows.maybe_id<UserId>(3);
  row.actor_email = rows.maybe_text(4);
  row.effective_id = rows.maybe_id<UserId>(5);
  row.effective_email = rows.maybe_text(6);
  row.api_key = rows.maybe_id<ApiKeyId>(7);
  row.action = rows.text(8);
  row.resource = rows.text(9);
  row.resource_id = rows.maybe_id<EventId>(10);
  row.old_values = rows.maybe_text(11);
  row.new_values = rows.maybe_text(12);
  row.address = rows.text(13);
  row.agent = rows.text(14);
  row.request_id = rows.text(15);
  row.created_at = rows.time(16);
  if (with_hash) row.hash = rows.text(17);
  return row;
}

std::vector<AuditRow> read_audit_rows(db::Rows rows, bool with_hash) {
  std::vector<AuditRow> found;
  found.reserve(rows.count());
  while (rows.next()) found.push_back(read_audit_row(rows, with_hash));
  return found;
}

}  // namespace tenantd::store
