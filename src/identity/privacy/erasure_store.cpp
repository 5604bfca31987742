#include "identity/privacy/erasure_store.hpp"

#include <utility>

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kKnown{"erasure.known_addresses", "CALL find_known_addresses(?)"};
constexpr Sql kSuppressed{"erasure.suppressed", "SELECT 1 FROM suppression WHERE email = ?"};
constexpr Sql kErase{"erasure.account", "CALL erase_account(?, ?, ?, ?, ?)"};
constexpr Sql kNext{"erasure.next", "CALL tenantd.next_erasure()"};
constexpr Sql kForget{"erasure.forget", "CALL tenantd.forget_erased(?, ?, ?, ?, ?)"};
constexpr Sql kChain{"erasure.chain", "CALL tenantd.next_chain(?, ?)"};
constexpr Sql kAuditTraces{"erasure.audit_traces", "CALL tenantd.find_audit_traces(?, ?, ?, ?, ?, ?)"};
constexpr Sql kEventTraces{"erasure.event_traces", "CALL tenantd.find_event_traces(?, ?, ?, ?, ?, ?)"};
constexpr Sql kRedactAudit{"erasure.redact_audit",
                           "CALL tenantd.redact_audit(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kRedactEvent{"erasure.redact_event", "CALL tenantd.redact_event(?, ?, ?, ?)"};
constexpr Sql kMove{"erasure.move", "CALL tenantd.move_erasure(?, ?, ?, ?)"};
constexpr Sql kFinish{"erasure.finish", "CALL tenantd.finish_erasure(?, ?)"};

std::int64_t only_number(db::Rows& rows) { return rows.next() ? rows.integer(0) : 0; }

// The columns of find_audit_traces.
AuditTrace read_trace(const db::Rows& rows) {
  AuditTrace trace{read_audit_row(rows, true), rows.maybe_text(18), std::nullopt};
  if (!rows.is_null(19)) trace.redaction = Redaction{rows.id<EventId>(19), rows.text(20)};
  return trace;
}

}  // namespace

std::vector<std::string> list_known_addresses(db::Txn& txn, UserId user) {
  return txn.call(
      kKnown,
      [](db::Rows& rows) {
        std::vector<std::string> found;
        while (rows.next()) found.push_back(rows.text(0));
        return found;
      },
      user);
}

bool is_suppressed(db::Txn& txn, const std::string& address) {
  return txn.query(kSuppressed, address).next();
}

Erased erase_account(db::Txn& txn, ErasureId id, UserId user, std::optional<UserId> by,
                     const std::string& traces_sealed, TimePoint now) {
  const auto answer = txn.call_locked(kErase, only_number, id, user, by, traces_sealed, now);
  txn.touch(user);
  return static_cast<Erased>(answer);
}

std::optional<OpenErasure> next_erasure(db::Txn& txn, const ErasureScope&) {
  return txn.call_locked(kNext, [](db::Rows& rows) -> std::optional<OpenErasure> {
    if (!rows.next()) return std::nullopt;
    return OpenErasure{rows.id<ErasureId>(0),
                       rows.id<UserId>(1),
                       rows.maybe_text(2).value_or(""),
                       rows.maybe_id<OrgId>(3),
                       rows.integer(4),
                       rows.integer(5),
                       rows.time(6)};
  });
}

std::int64_t forget_erased(db::Txn& txn, const ErasureScope&, const OpenErasure& erasure,
                           const std::string& address, const std::string& caller, std::int64_t most) {
  return txn.call_locked(kForget, only_number, erasure.user, address, caller, erasure.asked_at, most);
}

std::optional<Chain> next_chain(db::Txn& txn, const ErasureScope&, const std::optional<OrgId>& org,
                                bool or_itself) {
  return txn.call(
      kChain,
      [](db::Rows& rows) -> std::optional<Chain> {
        if (!rows.next()) return std::nullopt;
        return Chain{rows.id<OrgId>(0), rows.integer(1), rows.integer(2)};
      },
      org, or_itself);
}

std::vector<AuditTrace> find_audit_traces(db::Txn& txn, const ErasureScope&, const OpenErasure& erasure,
                                          OrgId org, std::int64_t after, std::int64_t to,
                                          const std::string& address) {
  return txn.call_locked(
      kAuditTraces,
      [](db::Rows& rows) {
        std::vector<AuditTrace> found;
        while (rows.next()) found.push_back(read_trace(rows));
        return found;
      },
      org, after, to, erasure.user, address, erasure.asked_at);
}

std::vector<EventTrace> find_event_traces(db::Txn& txn, const ErasureScope&, const OpenErasure& erasure,
                                          OrgId org, std::int64_t after, std::int64_t to,
                                          const std::string& address) {
  return txn.call_locked(
      kEventTraces,
      [&](db::Rows& rows) {
        std::vector<EventTrace> found;
        while (rows.next())
          found.push_back({rows.integer(0), rows.maybe_id<UserId>(1) == erasure.user, rows.text(2)});
        return found;
      },
      org, after, to, erasure.user, address, erasure.asked_at);
}

void redact_audit(db::Txn& txn, const ErasureScope&, ErasureId id, const AuditRow& row,
                  const std::optional<std::string>& signature, TimePoint now) {
  txn.execute(kRedactAudit, id, row.org, row.seq, row.actor_email, row.effective_email, row.old_values,
              row.new_values, row.address, row.agent, signature, now);
}

void redact_event(db::Txn& txn, const ErasureScope&, ErasureId id, OrgId org, std::int64_t seq,
                  const std::string& data) {
  txn.execute(kRedactEvent, id, org, seq, data);
}

void move_erasure(db::Txn& txn, const ErasureScope&, ErasureId id, const std::optional<OrgId>& org,
                  std::int64_t audit_seq, std::int64_t event_seq) {
  txn.execute(kMove, id, org, audit_seq, event_seq);
}

void finish_erasure(db::Txn& txn, const ErasureScope&, ErasureId id, TimePoint now) {
  txn.execute(kFinish, id, now);
}

}  // namespace tenantd::store
