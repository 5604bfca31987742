// The chain of audit rows: each row's hash covers the row and the hash before it, under a key that the
// database does not know. Who changes a row, leaves one out or puts one in between breaks the chain from
// there on.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tenantd/base/secret.hpp"
#include "tenantd/effects/audit_rows.hpp"
#include "tenantd/effects/auditing_store.hpp"

namespace tenantd::service {

// Returns HMAC-SHA-256 of the hash before (zeros for the first row) and every field of `row` but its hash,
// each with its length in front; 32 raw bytes.
std::string chain_hash(const Secret& key, const std::string& before, const store::AuditRow& row);

// Returns HMAC-SHA-256 under the chain's key over where it begins: who writes the database alone cannot cut
// off its oldest rows and call that its beginning.
std::string start_signature(const Secret& key, const store::ChainStart& start);

// Returns HMAC-SHA-256 under the chain's key over a row from which `erasure` has taken a person: over what it
// says now, and over row.hash, which stays that of what it said. The chain goes on through that hash, and
// whoever writes the database alone cannot redact a row.
std::string redaction_signature(const Secret& key, EventId erasure, const store::AuditRow& row);

// The action of the row that tells of redactions, and its values: {"erasure": id, "rows": [numbers]}. A
// redaction that no later row of its chain tells of is a fault, so that none goes unseen.
inline constexpr const char* kAuditRedacted = "audit.redacted";

// Holds a chain against its hashes, row by row from the first.
class ChainCheck {
 public:
  // The first row that does not belong there.
  struct Fault {
    std::int64_t seq = 0;
    std::string why;  // a sentence's end: "row 7 …"
  };
  // Hashes that were written down elsewhere, by row.
  using Anchors = std::map<std::int64_t, std::string>;

  ChainCheck(const Secret& key, Anchors anchors);
  // The oldest rows were removed, up to and with start.seq. Before the first row.
  void begin(const store::ChainStart& start);
  // The next row. Once something is wrong, what follows is not looked at. `redaction`: nullptr for a row that
  // says all that it did.
  void add(const store::AuditRow& row, const store::Redaction* redaction = nullptr);
  // No more rows: `end` is what the head says, nullopt if there is none.
  void finish(const std::optional<store::AuditEnd>& end);

  const std::optional<Fault>& fault() const { return fault_; }
  std::int64_t rows() const { return seq_ - start_; }
  std::int64_t redacted() const { return redacted_; }
  std::int64_t last() const { return seq_; }         // number of the last good row
  const std::string& hash() const { return hash_; }  // of the last good row

 private:
  const Secret& key_;
  Anchors anchors_;
  std::int64_t start_ = 0;
  std::int64_t seq_ = 0;
  std::string hash_;
  std::int64_t redacted_ = 0;
  std::map<std::int64_t, EventId> untold_;  // redacted, and no row has told of it so far
  std::optional<Fault> fault_;

  bool is_as_it_was(const store::AuditRow& row, const store::Redaction* redaction) const;
  void take_told(const store::AuditRow& row);
};

}  // namespace tenantd::service
