// What a unit of work tells of its changes, kept until its commit: then each chain of audit rows that it
// writes to is locked once, and its rows and events are appended in the order in which they were added.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::service {

struct LoggedChange {
  db::ScopeKey scope;                     // in which it is written
  store::AuditRow row;                    // all but its place in the chain of row.org
  std::optional<std::string> event_data;  // a JSON object; nullopt: no event
  const Secret* audit_key;                // outlives the unit of work
  std::function<void()> wake_courier;     // may be empty
};

// Returns the changes by chain, in the order in which the chains are locked: two units of work that want
// several never wait for each other. The system's chain (no organization) is wanted most and comes last.
std::vector<std::vector<LoggedChange>> by_chain(std::vector<LoggedChange> changes);

class ChangeLog final : public db::CommitLog {
 public:
  void add(LoggedChange change) { changes_.push_back(std::move(change)); }

  std::size_t size() const override { return changes_.size(); }
  void cut(std::size_t size) override {
    changes_.erase(changes_.begin() + static_cast<std::ptrdiff_t>(size), changes_.end());
  }
  void flush(db::Txn& txn) override;

 private:
  std::vector<LoggedChange> changes_;
};

}  // namespace tenantd::service
