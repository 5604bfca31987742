// Stock moves as the ledger says, never below zero, whoever moves it how often at once.
#include <criterion/criterion.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(stock, a_movement_changes_the_level_and_tells_it) {
  const Stockroom shop;
  const auto in = move(shop.owner, shop.bolt, shop.north, "in", 10, R"(,"reason":"Delivery")");
  expect(in, 201);
  require_equal(in.header("location"), "/api/v1/stock-movements/" + in.text("/id"));
  require_equal(in.number("/level_after"), 10);
  require_equal(expect(move(shop.owner, shop.bolt, shop.north, "out", 3), 201).number("/change"), -3);
  require_equal(expect(move(shop.owner, shop.bolt, shop.north, "adjust", 9), 201).number("/change"), 2);
  const auto to = R"(,"to_warehouse_id":")" + shop.south + '"';
  require_equal(
      expect(move(shop.owner, shop.bolt, shop.north, "transfer", 4, to), 201).number("/level_after"), 5);
  require_equal(stored_level(shop.bolt, shop.north), 5);
  require_equal(stored_level(shop.bolt, shop.south), 4);
  require_ledger_sums(shop.owner);

  auto client = shop.owner.client();
  const auto levels = client.get("/api/v1/stock-levels");
  expect(levels, 200);
  require_equal(levels.number("/items/0/quantity"), 9);
  require_equal(levels.size("/items/0/warehouses"), 2U);
  require_equal(levels.text("/items/0/warehouses/0/name"), "North");
  const auto there = client.get("/api/v1/stock-levels?warehouse_id=" + shop.south);
  expect(there, 200);
  require_equal(there.size("/items/0/warehouses"), 1U);
  const auto list = client.get("/api/v1/stock-movements?include_total=true&warehouse_id=" + shop.south);
  expect(list, 200);
  require_equal(list.number("/total"), 1);
  require_equal(expect(client.get("/api/v1/stock-movements?limit=2"), 200).text("/items/0/type"), "transfer");
  require_equal(expect(client.get("/api/v1/stock-movements/" + in.text("/id")), 200).text("/reason"),
                "Delivery");
}

Test(stock, pages_of_movements_go_on_where_the_last_one_ended) {
  const Stockroom shop;
  for (int i = 1; i <= 5; ++i) expect(move(shop.owner, shop.bolt, shop.north, "in", i), 201);
  auto client = shop.owner.client();
  std::string seen, cursor;
  do {
    const auto page = client.get("/api/v1/stock-movements?limit=2" + cursor);
    expect(page, 200);
    for (std::size_t i = 0; i < page.size("/items"); ++i)
      seen += std::to_string(page.number("/items/" + std::to_string(i) + "/quantity"));
    cursor = page.at("/next_cursor").IsNull() ? "" : "&cursor=" + page.text("/next_cursor");
  } while (!cursor.empty());
  require_equal(seen, "54321");
}

Test(stock, a_hundred_withdrawals_of_one_from_fifty_take_fifty) {
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 50), 201);
  const auto replies =
      at_once(100, [&](std::size_t) { return move(shop.owner, shop.bolt, shop.north, "out", 1); });
  std::map<int, int> found;
  for (const auto& reply : replies) ++found[reply.status];
  require_equal(found[201], 50, "201");
  require_equal(found[409], 50, "409");
  for (const auto& reply : replies)
    if (reply.status == 409) expect_problem(reply, 409, "insufficient_stock");
  require_equal(stored_level(shop.bolt, shop.north), 0);
  require_ledger_sums(shop.owner);
}

Test(stock, transfers_both_ways_at_once_lose_and_make_nothing) {
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 20), 201);
  expect(move(shop.owner, shop.bolt, shop.south, "in", 20), 201);
  const auto replies = at_once(40, [&](std::size_t i) {
    const auto& from = i % 2 == 0 ? shop.north : shop.south;
    const auto& to = i % 2 == 0 ? shop.south : shop.north;
    return move(shop.owner, shop.bolt, from, "transfer", 3, R"(,"to_warehouse_id":")" + to + '"');
  });
  for (const auto& reply : replies)
    if (reply.status != 201) expect_problem(reply, 409, "insufficient_stock");
  require_equal(stored_level(shop.bolt, shop.north) + stored_level(shop.bolt, shop.south), 40);
  require_ledger_sums(shop.owner);
}

// Once among withdrawals that would run out and once among those that do not: what was acknowledged is in the
// ledger, and ledger, levels and the product's own number agree.
Test(stock, killed_workers_leave_nothing_half_moved) {
  const Alone alone;
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 1000), 201);
  std::mutex guard;
  std::vector<std::string> acknowledged;
  const auto count = [&] {
    const std::lock_guard lock{guard};
    return acknowledged.size();
  };
  std::atomic<bool> stop{false};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        while (!stop)
          if (const auto reply = move(shop.owner, shop.bolt, shop.north, "out", 1); reply.status == 201) {
            const std::lock_guard lock{guard};
            acknowledged.push_back(reply.text("/id"));
          }
      });
    const auto master = part_pid(run_dir(), "tenantd");
    const auto before = children_of(master).size();
    for (int round = 0; round < 3; ++round) {
      const auto enough = count() + 15;
      wait_until("withdrawals", [&] { return count() >= enough; });
      for (const auto pid : children_of(master)) ::kill(pid, SIGKILL);
      wait_until("the workers are back", [&] { return children_of(master).size() >= before; });
    }
    stop = true;
  }
  for (const auto& id : acknowledged)
    require_equal(number_of("SELECT COUNT(*) FROM stock_movement WHERE id = " + binary(id)), 1, id);
  const auto gone = 1000 - stored_level(shop.bolt, shop.north);
  require(gone >= static_cast<std::int64_t>(acknowledged.size()), std::to_string(gone) + " gone");
  require_ledger_sums(shop.owner);
}

Test(stock, fifty_are_taken_once_whoever_is_killed) {
  const Alone alone;
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 50), 201);
  std::atomic<int> taken{0}, answered{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 10; ++i)
      threads.emplace_back([&] {
        // Whoever is not answered asks again by the same key, and takes no second one.
        for (int n = 0; n < 10; ++n) {
          const Header key{"Idempotency-Key", fresh_name("take")};
          const auto body = movement(shop.bolt, shop.north, "out", "1");
          const auto ask = [&] {
            return shop.owner.client().send(
                {"POST", "/api/v1/stock-movements", body, "application/json", {key}});
          };
          auto reply = ask();
          const auto pending = [&] {
            return reply.status == 0 || reply.status >= 500 ||
                   (reply.status == 409 && reply.text("/code") == "idempotency_in_progress");
          };
          wait_until("an answer", [&] {
            if (pending()) reply = ask();
            return !pending();
          });
          if (reply.status == 201) ++taken;
          if (reply.status == 409) expect_problem(reply, 409, "insufficient_stock");
          ++answered;
        }
      });
    const auto master = part_pid(run_dir(), "tenantd");
    const auto before = children_of(master).size();
    for (const int enough : {10, 30}) {
      wait_until("answers", [&] { return answered >= enough; });
      for (const auto pid : children_of(master)) ::kill(pid, SIGKILL);
      wait_until("the workers are back", [&] { return children_of(master).size() >= before; });
    }
  }
  require_equal(answered.load(), 100);
  require_equal(taken.load(), 50);
  require_equal(stored_level(shop.bolt, shop.north), 0);
  require_ledger_sums(shop.owner);
}

Test(stock, what_was_counted_may_be_nothing) {
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 5), 201);
  const auto counted = move(shop.owner, shop.bolt, shop.north, "adjust", 0);
  expect(counted, 201);
  require_equal(counted.number("/change"), -5);
  require_equal(counted.number("/level_after"), 0);
  // A count that finds what was expected stands in the ledger too.
  require_equal(expect(move(shop.owner, shop.bolt, shop.north, "adjust", 0), 201).number("/change"), 0);
  require_ledger_sums(shop.owner);
}

Test(stock, what_is_no_quantity_is_refused) {
  const Stockroom shop;
  Unchanged database;
  const auto to = R"(,"to_warehouse_id":")" + shop.south + '"';
  for (const std::string type : {"in", "out", "transfer", "adjust"})
    for (const std::string quantity :
         {"-1", "0", "9223372036854775808", "1000000000000001", "1.5", "\"1\"", "null"}) {
      if (type == "adjust" && quantity == "0") continue;
      const auto reply = shop.owner.client().post(
          "/api/v1/stock-movements",
          movement(shop.bolt, shop.north, type, quantity, type == "transfer" ? to : ""));
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, "/quantity");
    }
  database.check("no quantities");
}

Test(stock, no_level_or_sum_overflows) {
  const Stockroom shop;
  constexpr std::int64_t most = 1'000'000'000'000'000;
  expect(move(shop.owner, shop.bolt, shop.north, "in", most), 201);
  Unchanged database;
  for (const auto& warehouse : {shop.north, shop.south}) {
    const auto reply = move(shop.owner, shop.bolt, warehouse, "in", 1);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/quantity");
  }
  database.check("more than there can be");
}

Test(stock, a_movement_names_what_is_there_and_goes_with_its_type) {
  const Stockroom shop;
  const auto other = sign_up();
  const auto foreign_warehouse = make_warehouse(other);
  const auto foreign_product = make_product(other);
  const auto refused = [&](const std::string& body, const std::string& pointer) {
    const auto reply = shop.owner.client().post("/api/v1/stock-movements", body);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  const auto to = [](const std::string& id) { return R"(,"to_warehouse_id":")" + id + '"'; };
  expect(move(shop.owner, shop.bolt, shop.north, "in", 5), 201);
  Unchanged database;
  refused(movement(fresh_id(), shop.north, "in", "1"), "/product_id");
  refused(movement(foreign_product, shop.north, "in", "1"), "/product_id");
  refused(movement(shop.bolt, fresh_id(), "in", "1"), "/warehouse_id");
  refused(movement(shop.bolt, foreign_warehouse, "in", "1"), "/warehouse_id");
  refused(movement(shop.bolt, shop.north, "transfer", "1"), "/to_warehouse_id");
  refused(movement(shop.bolt, shop.north, "transfer", "1", to(shop.north)), "/to_warehouse_id");
  refused(movement(shop.bolt, shop.north, "transfer", "1", to(foreign_warehouse)), "/to_warehouse_id");
  refused(movement(shop.bolt, shop.north, "in", "1", to(shop.south)), "/to_warehouse_id");
  refused(movement(shop.bolt, shop.north, "stolen", "1"), "/type");
  database.check("movements that make no sense");
}

Test(stock, movements_are_found_at_either_end_and_page_by_page) {
  const Stockroom shop;
  const auto to = R"(,"to_warehouse_id":")" + shop.south + '"';
  std::vector<std::string> at_south;
  for (int i = 0; i < 3; ++i) {
    expect(move(shop.owner, shop.bolt, shop.north, "in", 5), 201);
    at_south.push_back(expect(move(shop.owner, shop.bolt, shop.north, "transfer", 1, to), 201).text("/id"));
    at_south.push_back(expect(move(shop.owner, shop.bolt, shop.south, "in", 1), 201).text("/id"));
  }
  auto client = shop.owner.client();
  std::string cursor;
  do {
    const auto page = client.get("/api/v1/stock-movements?limit=4&warehouse_id=" + shop.south + cursor);
    expect(page, 200);
    for (std::size_t i = 0; i < page.size("/items"); ++i) {
      require_equal(page.text("/items/" + std::to_string(i) + "/id"), at_south.back());
      at_south.pop_back();
    }
    cursor = page.at("/next_cursor").IsNull() ? "" : "&cursor=" + page.text("/next_cursor");
  } while (!cursor.empty());
  require(at_south.empty(), "movements are missing");
  const auto of =
      client.get("/api/v1/stock-movements?include_total=true&type=transfer&product_id=" + shop.bolt +
                 "&warehouse_id=" + shop.south);
  expect(of, 200);
  require_equal(of.number("/total"), 3);
  require_equal(of.size("/items"), 3U);
}

Test(stock, the_ledger_only_grows) {
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 5), 201);
  auto client = shop.owner.client();
  Unchanged database;
  expect_problem(client.del("/api/v1/products/" + shop.bolt, ""), 409, "resource_in_use");
  expect_problem(client.del("/api/v1/warehouses/" + shop.north, ""), 409, "resource_in_use");
  database.check("what the ledger names stays");
  expect(client.del("/api/v1/warehouses/" + shop.south, ""), 204);
}

Test(stock, an_organization_with_stock_can_be_ended) {
  const Stockroom shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 5), 201);
  auto client = shop.owner.client();
  expect(client.del("/api/v1/organizations/" + shop.owner.org_id, object({{"name", name_of(shop.owner)}})),
         204);
  require_equal(run_program({setting("TENANTD_BUILD") + "/tenantd-sweeper"}).status, 0);
  for (const char* table : {"stock_movement", "stock_level", "product", "warehouse"})
    require_equal(number_of(std::string{"SELECT COUNT(*) FROM "} + table +
                            " WHERE org_id = " + binary(shop.owner.org_id)),
                  0, table);
}

// One request reads no more places than a page has, however many warehouses there are.
Test(stock, a_page_of_levels_is_cut_where_it_has_more_places_than_it_may, .timeout = 120) {
  const Stockroom shop;
  const auto nut = make_product(shop.owner);
  const auto org = binary(shop.owner.org_id);
  database().run("INSERT INTO warehouse (org_id, id, name, created_at, updated_at) SELECT " + org + ", " +
                 id_of("CONCAT('" + shop.owner.org_id + "', seq)") + ", CONCAT('W', seq), 1, 1 FROM " +
                 series(5200));
  const auto put_everywhere = [&](const std::string& product, const std::string& most) {
    database().run(
        "INSERT INTO stock_level (org_id, product_id, warehouse_id, quantity, updated_at) SELECT " + org +
        ", " + binary(product) + ", id, 1, 1 FROM warehouse WHERE org_id = " + org +
        " AND name LIKE 'W%' LIMIT " + most);
  };
  put_everywhere(shop.bolt, "10");
  put_everywhere(nut, "5200");
  auto client = shop.owner.client();
  const auto first = client.get("/api/v1/stock-levels?limit=200");
  require_equal(expect(first, 200).size("/items"), 1U);
  require_equal(first.text("/items/0/product_id"), shop.bolt);
  require_equal(first.size("/items/0/warehouses"), 10U);
  require(!first.has("/items/0/more_warehouses"), "all of them are shown");
  const auto second = client.get("/api/v1/stock-levels?limit=200&cursor=" + first.text("/next_cursor"));
  require_equal(expect(second, 200).size("/items"), 1U);
  require_equal(second.text("/items/0/product_id"), nut);
  require_equal(second.size("/items/0/warehouses"), 5000U);
  require(second.at("/items/0/more_warehouses").GetBool(), "there are more");
  require(second.at("/next_cursor").IsNull(), "there is no third product");
  // Where it lies beyond those is still to be had.
  const auto last = text_of("SELECT LOWER(HEX(MAX(warehouse_id))) FROM stock_level WHERE org_id = " + org);
  const auto dashed = last.substr(0, 8) + '-' + last.substr(8, 4) + '-' + last.substr(12, 4) + '-' +
                      last.substr(16, 4) + '-' + last.substr(20);
  const auto there = client.get("/api/v1/stock-levels?warehouse_id=" + dashed);
  require_equal(expect(there, 200).size("/items"), 2U);
  require_equal(there.size("/items/1/warehouses"), 1U);
  // A product lies in so many places at most, all products together.
  database().run("UPDATE organization_count SET amount = 1000000 WHERE kind = 'stock_levels' AND org_id = " +
                 org);
  const auto refused = move(shop.owner, shop.bolt, shop.south, "in", 1);
  require_equal(expect_problem(refused, 409, "limit_reached").text("/limit"), "stock_levels");
}
