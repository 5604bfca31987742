// Passkeys of accounts, and challenges that were used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/crypto/passkey.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

using PasskeyId = Id<struct PasskeyTag>;

struct PasskeyRow {
  PasskeyId id;
  UserId user;
  std::string name;
  crypto::Passkey key;
  TimePoint created_at;
  std::optional<TimePoint> last_used_at;
};
// Oldest first.
std::vector<PasskeyRow> passkeys_of(db::Txn& txn, UserId user);
std::optional<PasskeyRow> find_passkey(db::Txn& txn, UserId user, PasskeyId id);
// By the id that its authenticator gave it.
std::optional<PasskeyRow> find_passkey(db::Txn& txn, const std::string& credential);

// False if the account has `most` already; its row is held until the commit, so that two at once count each
// other. Throws db::DuplicateKey if an account has the credential.
bool insert_passkey(db::Txn& txn, const PasskeyRow& passkey, std::int64_t most);
bool rename_passkey(db::Txn& txn, UserId user, PasskeyId id, const std::string& name);
bool delete_passkey(db::Txn& txn, UserId user, PasskeyId id);
void delete_passkeys(db::Txn& txn, UserId user);
// Writes down a use. False if its counter has not moved on since, though it or this one counts.
bool use_passkey(db::Txn& txn, PasskeyId id, const crypto::AssertionState& state, TimePoint now);
// Whether it is there now, whatever the transaction has seen before; it stays until the transaction ends.
bool holds_passkey(db::Txn& txn, PasskeyId id);

// False if it was used before.
bool use_challenge(db::Txn& txn, const std::string& hash, TimePoint expires_at);

}  // namespace tenantd::store
