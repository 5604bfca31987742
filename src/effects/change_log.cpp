#include "tenantd/effects/change_log.hpp"

#include <algorithm>
#include <utility>

#include "tenantd/effects/audit_chain.hpp"
#include "tenantd/effects/changes_store.hpp"
#include "tenantd/identity/accounts_store.hpp"

namespace tenantd::service {
namespace {

constexpr std::size_t kMostAtOnce = 100;  // appended by one statement

// Appends to one chain, whose end it holds locked.
class Appender {
 public:
  // `first`: the change that is appended first, in whose scope the transaction is.
  Appender(db::Txn& txn, const LoggedChange& first)
      : txn_(txn),
        unnamed_(first.row.effective_email ? std::nullopt : first.row.effective_id),
        head_(store::lock_changes(txn, unnamed_)) {}

  void add(LoggedChange change) {
    auto& row = change.row;
    if (row.effective_id && !row.effective_email)
      row.effective_email = row.actor_email = address_of(*row.effective_id);
    row.seq = ++head_.seq;
    row.hash = head_.hash = chain_hash(*change.audit_key, head_.hash, row);
    const auto event = change.event_data ? std::optional{++head_.event_seq} : std::nullopt;
    if (event && head_.webhooks && change.wake_courier) txn_.after_commit(std::move(change.wake_courier));
    rows_.push_back({std::move(row), event, std::move(change.event_data).value_or("")});
    if (rows_.size() == kMostAtOnce) write();
  }

  void write() {
    if (!rows_.empty()) store::append_changes(txn_, head_, rows_);
    rows_.clear();
  }

 private:
  // Of an account that no caller stands for, as it is at this moment.
  std::optional<std::string> address_of(UserId id) {
    if (unnamed_ == id) return head_.email;
    const auto account = store::find_account(txn_, id);
    return account ? std::optional{account->user.email} : std::nullopt;
  }

  db::Txn& txn_;
  std::optional<UserId> unnamed_;
  store::ChangeHead head_;
  std::vector<store::ToldChange> rows_;
};

void append(db::Txn& txn, std::vector<LoggedChange> chain) {
  txn.enter(chain.front().scope);
  Appender appender{txn, chain.front()};
  for (auto& change : chain) {
    txn.enter(change.scope);
    appender.add(std::move(change));
  }
  appender.write();
}

}  // namespace

std::vector<std::vector<LoggedChange>> by_chain(std::vector<LoggedChange> changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.row.org.bytes() > b.row.org.bytes(); });
  std::vector<std::vector<LoggedChange>> chains;
  for (auto& change : changes) {
    if (chains.empty() || chains.back().front().row.org != change.row.org) chains.emplace_back();
    chains.back().push_back(std::move(change));
  }
  return chains;
}

void ChangeLog::flush(db::Txn& txn) {
  const auto before = txn.scope();
  for (auto& chain : by_chain(std::exchange(changes_, {}))) append(txn, std::move(chain));
  txn.enter(before);
}

}  // namespace tenantd::service
