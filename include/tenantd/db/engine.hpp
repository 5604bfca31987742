// The two servers that hold the data; dialect.hpp in src/db knows what they say otherwise.
#pragma once

namespace tenantd::db {

enum class Engine { mariadb, mysql };

}  // namespace tenantd::db
