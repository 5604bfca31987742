// Totals of lists that grow without end: counting stops behind kCountedRows, however many there are.
#pragma once

#include <cstdint>

namespace tenantd::db {

inline constexpr std::int64_t kCountedRows = 10000;

// SQL that counts the rows of "FROM <from>" up to kCountedRows + 1. A row count of the server's own would
// read every row of an organization for each page that somebody asks a total of.
#define TENANTD_COUNT_BEGIN "SELECT COUNT(*) FROM (SELECT 1 FROM "
#define TENANTD_COUNT_END " LIMIT 10001) counted"
#define TENANTD_COUNT_SOME(from) TENANTD_COUNT_BEGIN from TENANTD_COUNT_END

}  // namespace tenantd::db
