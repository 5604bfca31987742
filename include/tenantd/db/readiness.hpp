// What must hold before a request is answered, and what the administrator of a managed server must have
// granted.
#pragma once

#include <string>
#include <vector>

#include "tenantd/db/connection.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::db {

// Throws ApiError(unavailable) with a sentence for the operator if the schema does not fit this program, the
// server carries out cascades in part only, or a proxy mixes connections.
void require_ready(Txn& txn);

// Throws std::runtime_error with that sentence about cascades, or one about a version that is too old.
void require_sound_server(Connection& db);

// Returns what `db`'s account lacks of what a migration needs, a sentence each; of what the server lets it
// see.
std::vector<std::string> administrator_lacks(Connection& db);

}  // namespace tenantd::db
