// A supplier: who delivers products. All there is about it but its table (sql/) and its test.
#include "modules/inventory/supplier.hpp"

#include "tenantd/domain/permission.hpp"
#include "tenantd/record/resource.hpp"

namespace tenantd::modules {
namespace {

using namespace tenantd::record;

struct Supplier {
  SupplierId id;
  std::string name;
  std::optional<std::string> email, phone, address;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
};

constexpr auto kSupplier = record::record<Supplier>(
    "supplier", name<&Supplier::name>("name").length(1, 200).searched().example("Nuts and Bolts Ltd"),
    email<&Supplier::email>("email").says("Where it takes orders").example("orders@nuts.example.com"),
    name<&Supplier::phone>("phone").length(0, 50).example("+44 20 7946 0000"),
    name<&Supplier::address>("address").length(0, 500).example("1 Mill Lane, Leeds"));

constexpr auto kSuppliers =
    resource(kSupplier, {.path = "/api/v1/suppliers", .rights = rights::suppliers, .section = "Inventory"});

}  // namespace

const api::Described& supplier_resource() { return described<kSuppliers>(); }

std::vector<SupplierId> suppliers_named(db::Txn& txn, const TenantScope& scope, const std::string& name) {
  return ids_named<SupplierId>(kSupplier, txn, scope, name);
}

std::optional<std::string> name_of_supplier(db::Txn& txn, const TenantScope& scope, SupplierId id) {
  auto row = find(kSupplier, txn, scope, id.bytes());
  return row ? std::optional{row->as<Supplier>().name} : std::nullopt;
}

}  // namespace tenantd::modules
