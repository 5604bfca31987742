// The link that makes the first super-admin. One counts: the newest.
#pragma once

#include <string>

#include "identity/tenants/super_admins_store.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// True once anybody is super-admin.
bool is_set_up(db::Txn& txn);

// For tenantctl: the link whose token has this hash takes the place of any other.
void put_setup_link(db::Txn& txn, const SuperAdminScope& scope, const std::string& token_hash,
                    TimePoint expires_at);

// True if a live link has the hash.
bool is_setup_link(db::Txn& txn, const std::string& token_hash, TimePoint now);

// Makes `user` the first super-admin and uses the link up. Of two at once the second waits for the first.
// False if there is a super-admin, or the link is not good any more.
bool take_setup_link(db::Txn& txn, UserId user, const std::string& token_hash, TimePoint now);

}  // namespace tenantd::store
