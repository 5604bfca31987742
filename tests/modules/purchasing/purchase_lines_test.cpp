// What purchase requests ask for: lines, prices, totals, and where it goes.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/purchasing.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kPath = "/api/v1/purchase-requests";

}  // namespace

Test(purchase_lines, what_is_no_quantity_price_or_line_is_refused) {
  const Purchasing shop;
  auto client = shop.member.client();
  const auto path = draft(shop.member, shop.body());
  const auto foreign = sign_up();
  const auto foreign_product = make_product(foreign);
  const auto foreign_warehouse = make_warehouse(foreign);
  Unchanged database;
  const auto refused = [&](const std::string& body, const std::string& pointer) {
    for (const auto& reply : {client.post(kPath, body), client.put(path, body)}) {
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, pointer);
    }
  };
  for (const char* quantity :
       {"-1", "0", "9223372036854775808", "1000000000000001", "1.5", "\"1\"", "null", "[]"})
    refused(purchase_body({purchase_line(shop.bolt, quantity)}), "/lines/0/quantity");
  for (const char* price : {"-1", "9223372036854775808", "9000000000000001", "1.5", "\"1\""})
    refused(purchase_body({purchase_line(shop.bolt, "1", R"(,"unit_price_minor":)" + std::string{price})}),
            "/lines/0/unit_price_minor");
  const auto fine = purchase_line(shop.bolt, "1");
  refused(purchase_body({fine, purchase_line(fresh_id(), "1")}), "/lines/1/product_id");
  refused(purchase_body({fine, purchase_line(foreign_product, "1")}), "/lines/1/product_id");
  refused(purchase_body({fine, purchase_line(std::string(36, 'x'), "1")}), "/lines/1/product_id");
  for (const auto& warehouse : {foreign_warehouse, fresh_id()})
    refused(purchase_body({fine}, R"(,"warehouse_id":")" + warehouse + '"'), "/warehouse_id");
  refused(purchase_body({}), "/lines");
  refused(purchase_body(std::vector<std::string>(201, fine)), "/lines");
  refused(purchase_body({fine}, R"(,"currency":"euro")"), "/currency");
  const auto decided = purchase_body({fine}, R"(,"status":"approved")");
  expect_pointer(expect_problem(client.post(kPath, decided), 422, "validation_failed"), "/status");
  expect_pointer(expect_problem(client.put(path, decided), 422, "validation_failed"), "/status");
  refused(purchase_body({fine}, "", "Bolts\r\nBcc: eve@example.com"), "/title");
  database.check("what makes no request");
}

Test(purchase_lines, a_total_that_does_not_fit_is_refused_and_never_wraps) {
  const Purchasing shop;
  auto client = shop.member.client();
  const auto priced = [&](const char* quantity, const char* price) {
    return purchase_line(shop.bolt, quantity, R"(,"unit_price_minor":)" + std::string{price});
  };
  const auto most = client.post(kPath, purchase_body({priced("1", "9000000000000000")}));
  require_equal(expect(most, 201).number("/total_minor"), 9'000'000'000'000'000);
  Unchanged database;
  for (const auto& lines : {std::vector{priced("1000000000000000", "9000000000000000")},
                            std::vector{priced("1", "9000000000000000"), priced("1", "1")},
                            // 2^64: nothing, if it wrapped.
                            std::vector{priced("4294967296", "4294967296")}}) {
    const auto reply = client.post(kPath, purchase_body(lines));
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/lines/" + std::to_string(lines.size() - 1));
  }
  database.check("totals");
}

Test(purchase_lines, prices_come_from_products_of_the_requests_currency) {
  const Purchasing shop;
  auto client = shop.member.client();
  const auto dollars = make_product(shop.owner, R"(,"price_minor":700,"currency":"USD")");
  const auto priceless = make_product(shop.owner);
  const auto reply =
      client.post(kPath, purchase_body({purchase_line(priceless, "1"), purchase_line(dollars, "2"),
                                        purchase_line(shop.bolt, "3")}));
  expect(reply, 201);
  require_equal(reply.text("/currency"), "USD");
  require_equal(reply.number("/total_minor"), 1400);
  require(reply.at("/lines/0/unit_price_minor").IsNull(), "no price");
  require(reply.at("/lines/2/unit_price_minor").IsNull(), "a price in another currency");
  const auto euros = client.post(
      kPath,
      purchase_body({purchase_line(dollars, "2"), purchase_line(shop.bolt, "3")}, R"(,"currency":"EUR")"));
  require_equal(expect(euros, 201).number("/total_minor"), 36);
  const auto none =
      client.post(kPath, purchase_body({purchase_line(priceless, "2", R"(,"unit_price_minor":5)")}));
  require_equal(expect(none, 201).number("/total_minor"), 10);
  require(none.at("/currency").IsNull(), "no currency");
  // What a product costs later changes no request.
  const auto product = client.get("/api/v1/products/" + shop.bolt);
  const auto path = draft(shop.member, shop.body());
  const auto dearer =
      object({{"sku", product.text("/sku")}, {"name", "Bolt"}, {"price_minor", 99}, {"currency", "EUR"}});
  expect(shop.owner.client().put("/api/v1/products/" + shop.bolt, dearer), 200);
  require_equal(expect(client.get(path), 200).number("/total_minor"), 120);
}

Test(purchase_lines, receiving_takes_a_warehouse_and_a_product_that_stands_there_twice) {
  const Purchasing shop;
  const auto south = make_warehouse(shop.owner, "South");
  const auto nut = make_product(shop.owner);
  const auto lines =
      std::vector{purchase_line(nut, "7"), purchase_line(shop.bolt, "1"), purchase_line(nut, "5")};
  const auto approved = [&](const std::string& more) {
    const auto path = submitted(shop.member, purchase_body(lines, more));
    expect(take(shop.manager, path, "approve"), 200);
    return path;
  };
  const auto free = approved("");
  const auto bound = approved(R"(,"warehouse_id":")" + shop.north + '"');
  auto client = shop.member.client();
  const auto to = [](const std::string& id) { return R"({"warehouse_id":")" + id + "\"}"; };
  {
    Unchanged database;
    const auto refused = [&](const Response& reply) {
      expect_problem(reply, 422, "validation_failed");
      expect_pointer(reply, "/warehouse_id");
    };
    refused(client.post(free + "/receive"));
    refused(client.post(free + "/receive", "{}"));
    refused(client.post(free + "/receive", to(fresh_id())));
    refused(client.post(free + "/receive", to(make_warehouse(sign_up()))));
    refused(client.post(bound + "/receive", to(south)));
  }
  const auto received = client.post(free + "/receive", to(south));
  expect(received, 200);
  require_equal(received.text("/warehouse_id"), south);
  require_equal(stored_level(nut, south), 12);
  require_equal(stored_level(shop.bolt, south), 1);
  expect(client.post(bound + "/receive", to(shop.north)), 200);
  require_equal(stored_level(nut, shop.north), 12);
  require_equal(number_of("SELECT COUNT(*) FROM stock_movement WHERE org_id = " + binary(shop.owner.org_id)),
                6);
  require_ledger_sums(shop.owner);
}

Test(purchase_lines, whoever_changed_the_draft_of_another_does_not_decide_on_it) {
  const Purchasing shop;
  const auto made =
      shop.member.client().post("/api/v1/purchase-requests", purchase_body({purchase_line(shop.bolt, "1")}));
  const auto path = "/api/v1/purchase-requests/" + expect(made, 201).text("/id");
  expect(shop.manager.client().put(path, purchase_body({purchase_line(shop.bolt, "1000")})), 200);
  expect(take(shop.member, path, "submit"), 200);
  {
    Unchanged database;
    expect_problem(take(shop.manager, path, "approve"), 403, "own_request");
    database.check("a draft that was changed by its approver");
  }
  const auto read = shop.member.client().get(path);
  require_equal(read.text("/history/1/status") + ' ' + read.text("/history/1/user_id"),
                "draft " + shop.manager.user_id);
  expect(take(shop.owner, path, "approve"), 200);
}

Test(purchase_lines, what_cannot_be_stored_leaves_the_request_approved) {
  const Purchasing shop;
  expect(move(shop.owner, shop.bolt, shop.north, "in", 1'000'000'000'000'000), 201);
  const auto nut = make_product(shop.owner);
  const auto path =
      submitted(shop.member, purchase_body({purchase_line(nut, "1"), purchase_line(shop.bolt, "1")},
                                           R"(,"warehouse_id":")" + shop.north + '"'));
  expect(take(shop.manager, path, "approve"), 200);
  Unchanged database;
  expect_problem(take(shop.member, path, "receive"), 409, "conflict");
  database.check("one of two lines");
}
