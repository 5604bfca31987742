// Sessions in which a super-admin acts as somebody else.
#pragma once

#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct NewImpersonation {
  SessionId id;
  UserId user;
  OrgId org;  // the only one that it is good for
  UserId actor;
  SessionId parent;  // the actor's own; ends it when it ends
  std::string reason;
  TimePoint ends_at;
  std::string address;
  std::string agent;
};
// False if the actor's session has ended meanwhile.
bool insert_impersonation(db::Txn& txn, const NewImpersonation& session, TimePoint now);

}  // namespace tenantd::store
