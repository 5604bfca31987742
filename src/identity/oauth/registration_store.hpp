// Tokens with which programs register themselves as clients (RFC 7591). Stores only their hashes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

using RegistrationTokenId = Id<struct RegistrationTokenTag>;

struct RegistrationToken {
  RegistrationTokenId id;
  std::string name;
  std::int64_t uses_left = 0;
  std::optional<UserId> created_by;
  TimePoint created_at, expires_at;
};

// Those that are still good for something, the newest first.
std::vector<RegistrationToken> list_registration_tokens(db::Txn& txn, TimePoint now);
// Takes away those that are over.
void insert_registration_token(db::Txn& txn, const RegistrationToken& token, const std::string& hash);
// nullopt if there is none such, good or not.
std::optional<RegistrationToken> find_registration_token(db::Txn& txn, RegistrationTokenId id);
void delete_registration_token(db::Txn& txn, RegistrationTokenId id);
// Uses it up once. False if it is not good.
bool use_registration_token(db::Txn& txn, const std::string& hash, TimePoint now);

}  // namespace tenantd::store
