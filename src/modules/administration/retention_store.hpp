// How much there is of what, as the sweeper has noted it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"

namespace tenantd::store {

struct KeptRows {
  std::optional<std::int64_t> rows;  // of a table, estimated
  std::optional<TimePoint> oldest_at;
  std::optional<TimePoint> looked_at;
  std::optional<TimePoint> removed_at;
  std::optional<std::int64_t> removed_rows;
};
// By the name of a table or of the sweeper's task; of neither if the sweeper has never looked.
std::map<std::string, KeptRows, std::less<>> read_kept(db::Txn& txn, const SuperAdmin& admin);

}  // namespace tenantd::store
