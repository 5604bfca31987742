// Resources that a record describes (tenantd/record/resource.hpp), as the route table and the documents see
// them. Their names stand in domain/resources.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/api/route.hpp"

namespace tenantd::api {

// A schema as a schema/ folder would hold it: "warehouse", "reply/warehouse".
struct SchemaText {
  std::string name;
  std::string text;
};

struct Described {
  std::string_view name;    // "warehouse"
  std::string_view path;    // of the collection: "/api/v1/warehouses"
  std::vector<Route> rows;  // empty: they are written by hand
  std::vector<SchemaText> schemas;
};

// Those of domain/resources.hpp in their order, and those that bring their schemas alone.
std::span<const Described* const> described_resources();

}  // namespace tenantd::api
