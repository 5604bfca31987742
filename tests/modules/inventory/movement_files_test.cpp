// Movements as files that spreadsheets write and read.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kMovements = "/api/v1/stock-movements/import";

}  // namespace

Test(movement_files, movements_go_in_the_order_of_the_file_and_never_below_zero) {
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/products", R"({"sku":"M6","name":"Bolt","reorder_level":3})"), 201);
  make_warehouse(owner, "North");
  make_warehouse(owner, "South");
  const std::string head = "sku,warehouse,to_warehouse,type,quantity,reason\n";
  {
    Unchanged database;
    const auto refused = send_file(owner, kMovements,
                                   head +
                                       "M6,North,,in,10,\n"
                                       "M6,North,,out,11,\n"
                                       "M6,North,,out,0,\n"
                                       "M6,West,,in,1,\n"
                                       "M9,North,,in,1,\n"
                                       "M6,North,,transfer,1,\n"
                                       "M6,North,South,in,1,\n"
                                       "M6,North,,stolen,1,\n"
                                       "M6,North,,in,1000000000000001,\n");
    require_counts(refused, 1, 0, 0, 8);
    require_refusal(refused, 1, 3, "insufficient_stock", "");
    require_refusal(refused, 2, 4, "validation_failed", "quantity");
    require_refusal(refused, 3, 5, "validation_failed", "warehouse");
    require_refusal(refused, 4, 6, "validation_failed", "sku");
    require_refusal(refused, 5, 7, "validation_failed", "to_warehouse_id");
    require_refusal(refused, 6, 8, "validation_failed", "to_warehouse_id");
    require_refusal(refused, 7, 9, "validation_failed", "type");
    require_refusal(refused, 8, 10, "validation_failed", "quantity");
    database.check("movements that cannot be");
  }
  const auto moved = send_file(owner, kMovements,
                               head +
                                   "M6,North,,in,10,=1\n"
                                   "M6,North,South,transfer,4,\n"
                                   "M6,North,,out,6,\n"
                                   "M6,South,,adjust,2,count\n"
                                   "M6,South,,adjust,0,\n");
  require_counts(moved, 5, 0, 0, 0);
  require_ledger_sums(owner);
  require_equal(count_in(owner, "event", " AND type = 'stock.low'"), 1);
  const auto list = owner.client().get("/api/v1/stock-movements");
  expect(list, 200);
  for (int i = 0; i < 5; ++i)
    require_equal(list.text("/items/" + std::to_string(i) + "/id"),
                  moved.text("/rows/" + std::to_string(4 - i) + "/id"));

  // Nothing moves twice; and elsewhere the same file does the same.
  const auto file = export_of(owner, "/api/v1/stock-movements");
  require(file.find(",'=1,") != std::string::npos, file);
  Unchanged database;
  require_counts(send_file(owner, kMovements, file), 0, 0, 5, 0);
  database.check("a ledger that comes back");
  const auto other = sign_up();
  expect(other.client().post("/api/v1/products", R"({"sku":"M6","name":"Bolt"})"), 201);
  make_warehouse(other, "North");
  make_warehouse(other, "South");
  std::string names;
  for (const char* row : {"in,10", "out,3", "adjust,9"}) names += std::string{"M6,North,"} + row + '\n';
  require_counts(send_file(other, kMovements, "sku,warehouse,type,quantity\n" + names), 3, 0, 0, 0);
  require_ledger_sums(other);
}

Test(movement_files, a_name_that_two_have_needs_an_id) {
  const auto owner = sign_up();
  const auto bolt = make_product(owner);
  make_warehouse(owner, "North");
  const auto second = make_warehouse(owner, "North");
  make_warehouse(owner, "north");
  const auto refused =
      send_file(owner, kMovements, "product_id,warehouse,type,quantity\n" + bolt + ",North,in,1\n");
  require_refusal(refused, 0, 2, "validation_failed", "warehouse");
  const auto head = "product_id,warehouse,warehouse_id,type,quantity\n" + bolt;
  require_counts(send_file(owner, kMovements, head + ",North," + second + ",in,1\n"), 1, 0, 0, 0);
  require_counts(send_file(owner, kMovements, head + ",north,,in,1\n"), 1, 0, 0, 0);
  require_refusal(send_file(owner, kMovements, head + ",north," + second + ",in,1\n"), 0, 2,
                  "validation_failed", "warehouse");
  require_equal(stored_level(bolt, second), 1);
}
