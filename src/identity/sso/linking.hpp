// Links an identity to the account of somebody who is signed in.
#pragma once

#include <optional>

#include "tenantd/base/id.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::service {

// Who asked for it, or for a test, and in which session, with which that word is over.
struct Asker {
  UserId user;
  SessionId session;
};

// As a state has it. nullopt: nobody did, it is a sign-in's.
std::optional<Asker> asker_of(const std::optional<UserId>& user, const std::optional<SessionId>& session);

// Whether that session counts by now: the provider took its time, and an account that was closed to intruders
// meanwhile gets no identity of theirs. Holds the account's row until the commit.
bool still_asks(db::Txn& txn, const Asker& linking);

}  // namespace tenantd::service
