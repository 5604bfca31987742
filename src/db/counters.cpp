#include "tenantd/db/counters.hpp"

#include "tenantd/db/error.hpp"

namespace tenantd::db {
namespace {

Counters g_own_counters;
Counters* g_counters = &g_own_counters;

}  // namespace

Counters::Failure failure_of(int number) {
  using Failure = Counters::Failure;
  if (is_connection_lost(number)) return Failure::lost;
  switch (number) {
    case 1020:
    case 1213:
    case 1412:
    case 1615:
    case 3101: return Failure::again;
    case 1205:
    case 3572: return Failure::lock_timeout;
    case 1969:
    case 3024:
    case 1317: return Failure::time_limit;
    case 1062: return Failure::duplicate;
    case 1216:
    case 1217:
    case 1451:
    case 1452: return Failure::foreign_key;
    case 1044:
    case 1045:
    case 1142:
    case 1143:
    case 1227:
    case 1369:
    case 1370: return Failure::access;
    case 3:
    case 28:
    case 1021:
    case 1026:
    case 1040:
    case 1041:
    case 1114:
    case 1203: return Failure::full;
    default: return Failure::other;
  }
}

void count_into(Counters& counters) { g_counters = &counters; }
Counters& counters() { return *g_counters; }

}  // namespace tenantd::db
