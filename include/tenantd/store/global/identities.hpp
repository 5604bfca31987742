// Who somebody is at an identity provider: issuer and subject, as the provider has signed them. They belong
// to the account, in whatever organization they are used.
#pragma once

#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

struct Identity {
  std::string issuer;
  std::string subject;
  UserId user;
  std::string email;  // what the provider said last; never compared
};

std::optional<UserId> find_identity(db::Txn& txn, const std::string& issuer, const std::string& subject);
// Throws db::DuplicateKey if it belongs to somebody.
void insert_identity(db::Txn& txn, const Identity& identity, TimePoint now);
void use_identity(db::Txn& txn, const Identity& identity, TimePoint now);

}  // namespace tenantd::store
