// What is written down about accounts, for their owners to read.
#pragma once

#include <optional>
#include <string_view>

#include "tenantd/db/txn.hpp"
#include "tenantd/service/context.hpp"

namespace tenantd::service {

// Writes down what happened to an account, with where the request came from, and the API key that did it if
// one did.
void record_account_event(db::Txn& txn, const Context& context, UserId user, std::string_view type,
                          std::optional<SessionId> session = {}, std::optional<UserId> actor = {});

}  // namespace tenantd::service
