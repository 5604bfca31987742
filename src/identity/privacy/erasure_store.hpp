// Erasures of accounts, and the traces that are looked for behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/audit_rows.hpp"
#include "tenantd/identity/erasures.hpp"

namespace tenantd::store {

using ErasureId = EventId;

// Addresses that an account had before, or that providers and invitations know it by.
std::vector<std::string> list_known_addresses(db::Txn& txn, UserId user);

// True if the address gets no mail.
bool is_suppressed(db::Txn& txn, const std::string& address);

enum class Erased : std::int8_t { done = 0, no_account = 1, super_admin = 2, still_member = 3 };
// Takes out of the account what tells whose it was, and holds its row until the commit. `by`: nullopt for
// tenantctl. Its sessions and memberships are ended before.
Erased erase_account(db::Txn& txn, ErasureId id, UserId user, std::optional<UserId> by,
                     const std::string& traces_sealed, TimePoint now);

struct OpenErasure {
  ErasureId id;
  UserId user;
  std::string traces_sealed;
  std::optional<OrgId> org;  // whose chain is looked through; nullopt = none is yet
  std::int64_t audit_seq = 0;
  std::int64_t event_seq = 0;
  TimePoint asked_at;
};
// The oldest one with traces left, held until the commit; nullopt also if another is at it.
std::optional<OpenErasure> next_erasure(db::Txn& txn, const ErasureScope&);

// Removes at most `most` rows of each kind. `caller`: under which the account's kept replies lie.
std::int64_t forget_erased(db::Txn& txn, const ErasureScope&, const OpenErasure& erasure,
                           const std::string& address, const std::string& caller, std::int64_t most);

struct Chain {
  OrgId org;
  std::int64_t audit_seq = 0;  // where it ends
  std::int64_t event_seq = 0;
};
// The chain behind `org` (nullopt: the first one), or that one itself.
std::optional<Chain> next_chain(db::Txn& txn, const ErasureScope&, const std::optional<OrgId>& org,
                                bool or_itself);

struct AuditTrace {
  AuditRow row;
  std::optional<std::string>
      hash_before;  // nullopt: the row before it is gone, and nothing says which it was
  std::optional<Redaction> redaction;
};
// Rows of the chain `org` behind `after`, up to `to`, that are about the person, by the person, or name the
// address.
std::vector<AuditTrace> find_audit_traces(db::Txn& txn, const ErasureScope&, const OpenErasure& erasure,
                                          OrgId org, std::int64_t after, std::int64_t to,
                                          const std::string& address);
struct EventTrace {
  std::int64_t seq = 0;
  bool about = false;  // the person
  std::string data;
};
std::vector<EventTrace> find_event_traces(db::Txn& txn, const ErasureScope&, const OpenErasure& erasure,
                                          OrgId org, std::int64_t after, std::int64_t to,
                                          const std::string& address);

// Writes what may stay of a row. `signature`: nullopt for one that is not to look whole.
void redact_audit(db::Txn& txn, const ErasureScope&, ErasureId id, const AuditRow& row,
                  const std::optional<std::string>& signature, TimePoint now);
void redact_event(db::Txn& txn, const ErasureScope&, ErasureId id, OrgId org, std::int64_t seq,
                  const std::string& data);

void move_erasure(db::Txn& txn, const ErasureScope&, ErasureId id, const std::optional<OrgId>& org,
                  std::int64_t audit_seq, std::int64_t event_seq);
void finish_erasure(db::Txn& txn, const ErasureScope&, ErasureId id, TimePoint now);

}  // namespace tenantd::store
