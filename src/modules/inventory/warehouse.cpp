// A warehouse: where products are kept. All there is about it but its table (sql/) and its test.
#include "tenantd/modules/inventory/warehouse.hpp"

#include "tenantd/domain/permission.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::modules {
namespace {

using namespace tenantd::record;

struct Warehouse {
  WarehouseId id;
  std::string name;
  std::optional<std::string> address;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};

constexpr auto kWarehouse = record::record<Warehouse>(
    "warehouse", name<&Warehouse::name>("name").length(1, 200).searched().example("North"),
    name<&Warehouse::address>("address").length(0, 500).example("2 Dock Road, Hull"));

constexpr auto kWarehouses = resource(
    kWarehouse, {.path = "/api/v1/warehouses", .rights = rights::warehouses, .section = "Inventory"});

}  // namespace

const api::Described& warehouse_resource() { return described<kWarehouses>(); }

std::vector<WarehouseId> warehouses_named(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  return ids_named<WarehouseId>(kWarehouse, txn, scope, name);
}

std::optional<std::string> name_of_warehouse(db::Txn& txn, const TenantScope& scope, WarehouseId id) {
  auto row = find(kWarehouse, txn, scope, id.bytes());
  return row ? std::optional{row->as<Warehouse>().name} : std::nullopt;
}

bool hold_warehouse(db::Txn& txn, const TenantScope& scope, WarehouseId id) {
  return hold(kWarehouse, txn, scope, id.bytes());
}

}  // namespace tenantd::modules
