// What is at or under its reorder level: listed, and told once when it becomes so.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

Test(low_stock, low_is_told_once_a_crossing) {
  const Stockroom shop;
  const auto nut = make_product(shop.owner, R"(,"reorder_level":5)");
  const auto org = binary(shop.owner.org_id);
  const auto told = [&] {
    return number_of("SELECT COUNT(*) FROM event WHERE type = 'stock.low' AND org_id = " + org);
  };
  auto client = shop.owner.client();
  expect(move(shop.owner, nut, shop.north, "in", 10), 201);
  require_equal(expect(client.get("/api/v1/stock-movements/low-stock"), 200).size("/items"), 0U);
  expect(move(shop.owner, nut, shop.north, "out", 5), 201);
  require_equal(told(), 1);
  expect(move(shop.owner, nut, shop.north, "out", 1), 201);
  require_equal(told(), 1);
  const auto low = client.get("/api/v1/stock-movements/low-stock");
  expect(low, 200);
  require_equal(low.text("/items/0/id"), nut);
  require_equal(expect(client.get("/api/v1/products?low=true"), 200).size("/items"), 1U);
  expect(move(shop.owner, nut, shop.north, "in", 10), 201);
  require_equal(expect(client.get("/api/v1/stock-movements/low-stock"), 200).size("/items"), 0U);
  // Together they make it low, from two warehouses: one crossing.
  expect(move(shop.owner, nut, shop.south, "in", 14), 201);
  const auto replies = at_once(20, [&](std::size_t i) {
    return move(shop.owner, nut, i % 2 == 0 ? shop.north : shop.south, "out", 1);
  });
  for (const auto& reply : replies) expect(reply, 201);
  expect(move(shop.owner, nut, shop.south, "out", 4), 201);
  require_equal(told(), 2);
}

Test(low_stock, another_reorder_level_makes_low_once_as_well) {
  const Stockroom shop;
  const auto org = binary(shop.owner.org_id);
  const auto told = [&] {
    return number_of("SELECT COUNT(*) FROM event WHERE type = 'stock.low' AND org_id = " + org);
  };
  const auto put = [&](const std::string& level) {
    return shop.owner.client().put("/api/v1/products/" + shop.bolt,
                                   R"({"sku":"M6","name":"Bolt","reorder_level":)" + level + '}');
  };
  expect(move(shop.owner, shop.bolt, shop.north, "in", 5), 201);
  require(!expect(put("4"), 200).at("/low").GetBool(), "not low");
  require_equal(told(), 0);
  require(expect(put("5"), 200).at("/low").GetBool(), "low");
  require_equal(told(), 1);
  expect(put("6"), 200);
  require_equal(told(), 1);
  require(!expect(put("null"), 200).at("/low").GetBool(), "never low");
  require_ledger_sums(shop.owner);
  // Raced: a level that rises to meet a number that falls is one crossing.
  const auto replies = at_once(8, [&](std::size_t i) {
    return i % 2 == 0 ? put("5") : move(shop.owner, shop.bolt, shop.north, "out", 1);
  });
  for (const auto& reply : replies) require(reply.status == 200 || reply.status == 201, reply.describe());
  require_equal(told(), 2);
  require_ledger_sums(shop.owner);
}

Test(low_stock, what_is_low_longest_comes_first) {
  const Stockroom shop;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(make_product(shop.owner, R"(,"reorder_level":1)"));
    database().run("UPDATE product SET low_since = " + std::to_string(1000 - i) +
                   " WHERE id = " + binary(ids.back()));
  }
  auto client = shop.owner.client();
  const auto first = client.get("/api/v1/stock-movements/low-stock?limit=2&include_total=true");
  expect(first, 200);
  require_equal(first.text("/items/0/id"), ids[2]);
  require_equal(first.text("/items/1/id"), ids[1]);
  require_equal(first.number("/total"), 3);
  const auto rest =
      client.get("/api/v1/stock-movements/low-stock?limit=2&cursor=" + first.text("/next_cursor"));
  expect(rest, 200);
  require_equal(rest.text("/items/0/id"), ids[0]);
  require_equal(rest.size("/items"), 1U);
}
