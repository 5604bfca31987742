// Who somebody is at an identity provider: issuer and subject, as the provider has signed them. They belong
// to the account, in whatever organization they are used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

struct Identity {
  std::string issuer;
  std::string subject;
  UserId user;
  std::string email;  // what the provider said last; never compared
  TimePoint created_at = {};
  TimePoint last_used_at = {};

  // Made of issuer and subject.
  IdentityId id() const;
};

std::optional<UserId> find_identity(db::Txn& txn, const std::string& issuer, const std::string& subject);
// Throws db::DuplicateKey if it belongs to somebody.
void insert_identity(db::Txn& txn, const Identity& identity, TimePoint now);
// In the order of their making.
std::vector<Identity> identities_of(db::Txn& txn, UserId user);
// False if the account has none of this id.
bool delete_identity(db::Txn& txn, UserId user, IdentityId id);
// And the links to the account that are on their way.
void forget_identities(db::Txn& txn, UserId user);
// Its row is held until the commit. Throws db::RetryableError if it is not linked to that account any more.
void use_identity(db::Txn& txn, const Identity& identity, TimePoint now);

}  // namespace tenantd::store
