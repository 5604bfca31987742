// The revision of an organization that one belongs to.
#pragma once

#include <cstdint>
#include <optional>

#include "tenantd/db/txn.hpp"

namespace tenantd::store {

// nullopt if `user` does not belong to it.
std::optional<std::int64_t> organization_revision(db::Txn& txn, UserId user, OrgId org);

}  // namespace tenantd::store
