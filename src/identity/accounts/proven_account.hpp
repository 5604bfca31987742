// An account of which it is known whose it is. A membership is given to no other: whoever signs up with
// somebody else's address chooses the password, so an address alone leads to a stranger as well.
#pragma once

#include "tenantd/identity/accounts_store.hpp"

namespace tenantd {

namespace service {
class Founding;
class FoundProvider;
class Importing;
class OpenedInvite;
class Provisioner;
class UserMaker;
}  // namespace service

namespace store {

class ProvenAccount {
 public:
  UserId user() const { return user_; }

 private:
  friend std::optional<ProvenAccount> prove_account(db::Txn& txn, const Account& account);
  friend class service::Founding;       // for its own organization: nobody else has anything there yet
  friend class service::FoundProvider;  // the organization's provider has signed for the identity, not the
                                        // address
  friend class service::Importing;      // an operator's file gives it the password that it has
  friend class service::OpenedInvite;   // the token came out of the mailbox
  friend class service::Provisioner;    // has made it without a password, at the word of the organization's
                                        // directory
  friend class service::UserMaker;      // has made it without a password: only its mailbox opens it
  explicit ProvenAccount(UserId user) : user_(user) {}
  UserId user_;
};

// The one way from an address to a right. Returns nullopt if somebody could have made the account who does
// not read its mailbox: the address was never verified, and there is a password or a provider's identity to
// come in by.
std::optional<ProvenAccount> prove_account(db::Txn& txn, const Account& account);

}  // namespace store
}  // namespace tenantd
