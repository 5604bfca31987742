#include "tenantd/api/described.hpp"

#include <array>

#include "tenantd/domain/resources.hpp"

namespace tenantd::modules {

// Each is defined beside its record.
#define TENANTD_DECLARE(X, one, many) const api::Described& one##_resource();
TENANTD_RESOURCES(TENANTD_DECLARE, )
TENANTD_RECORDS(TENANTD_DECLARE, )
#undef TENANTD_DECLARE

}  // namespace tenantd::modules

namespace tenantd::api {

std::span<const Described* const> described_resources() {
#define TENANTD_ADDRESS(X, one, many) &modules::one##_resource(),
  static const std::array kAll{TENANTD_RESOURCES(TENANTD_ADDRESS, ) TENANTD_RECORDS(TENANTD_ADDRESS, )};
#undef TENANTD_ADDRESS
  return kAll;
}

namespace handlers {

std::span<const Route> described_rows() {
  static const std::vector<Route> kRows = [] {
    std::vector<Route> rows;
    for (const auto* resource : described_resources())
      rows.insert(rows.end(), resource->rows.begin(), resource->rows.end());
    return rows;
  }();
  return kRows;
}

}  // namespace handlers

}  // namespace tenantd::api
