// A row of the audit log, as it is written and as it is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/connection.hpp"

namespace tenantd::store {

struct AuditRow {
  OrgId org;             // nil = of no organization
  std::int64_t seq = 0;  // from 1, without gaps
  EventId id;
  std::optional<UserId> actor_id;  // who did it; nullopt = nobody signed in, or the system
  std::optional<std::string> actor_email;
  std::optional<UserId> effective_id;  // as whom; another than the actor when impersonating
  std::optional<std::string> effective_email;
  std::optional<ApiKeyId> api_key;
  std::string action;
  std::string resource;
  std::optional<EventId> resource_id;
  std::optional<std::string> old_values;  // a JSON object
  std::optional<std::string> new_values;
  std::string address;
  std::string agent;
  std::string request_id;
  TimePoint created_at;
  std::string hash;  // 32 raw bytes, see service/audit_chain.hpp; empty where nobody asked for it
};

// What a reader asks for; nullopt = whatever it is.
struct AuditFilter {
  std::optional<UserId> actor;
  std::optional<std::string> action;
  std::optional<std::string> resource;
  std::optional<EventId> resource_id;
  std::optional<TimePoint> from;
  std::optional<TimePoint> to;
  std::optional<std::string> request_id;
};

// Where a chain begins whose oldest rows were removed.
struct ChainStart {
  OrgId org;
  std::int64_t seq = 0;   // of the newest row that was removed
  std::string hash;       // its hash
  std::string signature;  // service::start_signature
};

// That a row says less than it did: a person was erased from it.
struct Redaction {
  EventId erasure;        // whose; a row "audit.redacted" of the same chain names it
  std::string signature;  // service::redaction_signature
};

// The columns that read_audit_rows expects, in its order.
#define TENANTD_AUDIT_COLUMNS                                                                             \
  "org_id, seq, id, actor_id, actor_email, effective_id, effective_email, api_key_id, action, resource, " \
  "resource_id, old_values, new_values, address, agent, request_id, created_at"
// A filter's conditions. A parameter that is NULL is folded away before a plan is made, so that each filter
// has the index that it needs.
#define TENANTD_AUDIT_FILTER                                                                       \
  "AND (? IS NULL OR actor_id = ?) AND (? IS NULL OR action = ?) AND (? IS NULL OR resource = ?) " \
  "AND (? IS NULL OR resource_id = ?) AND (? IS NULL OR request_id = ?) "                          \
  "AND (? IS NULL OR created_at >= ?) AND (? IS NULL OR created_at <= ?) "

// Calls `query` with the parameters of TENANTD_AUDIT_FILTER.
template <class Query>
auto with_filter(const AuditFilter& f, Query&& query) {
  return query(f.actor, f.actor, f.action, f.action, f.resource, f.resource, f.resource_id, f.resource_id,
               f.request_id, f.request_id, f.from, f.from, f.to, f.to);
}

// Reads TENANTD_AUDIT_COLUMNS, and the hash where it is the column behind them: the row at hand, or all of
// them.
AuditRow read_audit_row(const db::Rows& rows, bool with_hash = false);
std::vector<AuditRow> read_audit_rows(db::Rows rows, bool with_hash = false);

}  // namespace tenantd::store
