// Suppliers, warehouses and products: made, read, changed and removed.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

struct Kind {
  const char* path;
  const char* first;
  const char* second;
};

constexpr Kind kKinds[] = {
    {"/api/v1/suppliers",
     R"({"name":"Nuts Ltd","email":"Orders@Nuts.example.com","phone":"1","address":"Leeds"})",
     R"({"name":"Nuts plc"})"},
    {"/api/v1/warehouses", R"({"name":"North","address":"Hull"})", R"({"name":"South"})"},
    {"/api/v1/products",
     R"({"sku":"M6","name":"Bolt","unit":"box","reorder_level":5,"price_minor":12,"currency":"EUR"})",
     R"({"sku":"M8","name":"Bolt"})"}};

}  // namespace

Test(catalog, a_row_is_made_read_changed_and_removed) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (const auto& kind : kKinds) {
    const std::string path = kind.path;
    const auto made = client.post(path, kind.first);
    expect(made, 201);
    const auto one = path + '/' + made.text("/id");
    require_equal(made.header("location"), one);
    require_equal(made.header("etag"), "\"1\"");
    require_equal(expect(client.get(one), 200).body, made.body);
    const auto changed = client.put(one, kind.second);
    expect(changed, 200);
    require_equal(changed.header("etag"), "\"2\"");
    require(changed.text("/name") == expect(client.get(one), 200).text("/name"), path);
    const auto list = client.get(path + "?include_total=true");
    expect(list, 200);
    require_equal(list.number("/total"), 1, path);
    require_equal(list.text("/items/0/id"), made.text("/id"));
    expect(client.del(one, ""), 204);
    expect_problem(client.get(one), 404, "not_found");
    expect_problem(client.del(one, ""), 404, "not_found");
    expect_problem(client.put(one, kind.second), 404, "not_found");
  }
}

Test(catalog, a_stale_tag_changes_nothing_and_of_two_with_one_tag_one_wins) {
  const auto owner = sign_up();
  for (const auto& kind : kKinds) {
    const auto made = owner.client().post(kind.path, kind.first);
    expect(made, 201);
    const auto one = std::string{kind.path} + '/' + made.text("/id");
    const auto put = [&](const std::string& tag) {
      return owner.client().header("If-Match", tag).put(one, kind.second);
    };
    const auto replies = at_once(8, [&](std::size_t) { return put("\"1\""); });
    int won = 0;
    for (const auto& reply : replies) {
      won += reply.status == 200 ? 1 : 0;
      if (reply.status != 200) expect_problem(reply, 412, "precondition_failed");
    }
    require_equal(won, 1, kind.path);
    Unchanged database;
    expect_problem(put("\"1\""), 412, "precondition_failed");
    database.check(kind.path);
  }
}

Test(catalog, a_sku_is_one_products_in_an_organization) {
  const auto owner = sign_up();
  const auto other = sign_up();
  auto client = owner.client();
  expect(client.post("/api/v1/products", R"({"sku":"M6","name":"Bolt"})"), 201);
  expect(other.client().post("/api/v1/products", R"({"sku":"M6","name":"Bolt"})"), 201);
  const auto second = client.post("/api/v1/products", R"({"sku":"M8","name":"Bolt"})");
  expect(second, 201);
  Unchanged database;
  const auto taken = client.post("/api/v1/products", R"({"sku":"M6","name":"Another"})");
  expect_problem(taken, 409, "sku_taken");
  expect_pointer(taken, "/sku");
  expect_problem(client.put("/api/v1/products/" + second.text("/id"), R"({"sku":"M6","name":"Bolt"})"), 409,
                 "sku_taken");
  database.check("a taken SKU");
}

Test(catalog, a_product_names_a_supplier_of_its_own_organization) {
  const auto owner = sign_up();
  const auto other = sign_up();
  auto client = owner.client();
  const auto supplier = expect(client.post("/api/v1/suppliers", R"({"name":"Nuts"})"), 201).text("/id");
  const auto foreign =
      expect(other.client().post("/api/v1/suppliers", R"({"name":"Nuts"})"), 201).text("/id");
  const auto body = [](const std::string& sku, const std::string& id) {
    return R"({"sku":")" + sku + R"(","name":"Bolt","supplier_id":")" + id + "\"}";
  };
  expect(client.post("/api/v1/products", body("A", supplier)), 201);
  require_equal(expect(client.get("/api/v1/products?supplier_id=" + supplier), 200).size("/items"), 1U);
  Unchanged database;
  for (const auto& id : {foreign, fresh_id()}) {
    const auto refused = client.post("/api/v1/products", body("B", id));
    expect_problem(refused, 422, "validation_failed");
    expect_pointer(refused, "/supplier_id");
  }
  expect_problem(client.del("/api/v1/suppliers/" + supplier, ""), 409, "resource_in_use");
  database.check("a foreign supplier");
}

Test(catalog, what_a_row_cannot_be_is_refused) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  const auto refused = [&](const char* path, const std::string& body, const char* pointer) {
    const auto reply = client.post(path, body);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  };
  refused("/api/v1/suppliers", R"({"name":""})", "/name");
  refused("/api/v1/suppliers", R"({"name":"x","email":"nobody"})", "/email");
  refused("/api/v1/suppliers", R"({"name":"x","email":"a@b.example\r\nBcc: c@d.example"})", "/email");
  refused("/api/v1/products", R"({"sku":"a\tb","name":"x"})", "/sku");
  refused("/api/v1/products", R"({"sku":"a","name":"x","price_minor":-1,"currency":"EUR"})", "/price_minor");
  refused("/api/v1/products", R"({"sku":"a","name":"x","price_minor":1.5,"currency":"EUR"})", "/price_minor");
  refused("/api/v1/products", R"({"sku":"a","name":"x","price_minor":1})", "/currency");
  refused("/api/v1/products", R"({"sku":"a","name":"x","currency":"EUR"})", "/price_minor");
  refused("/api/v1/products", R"({"sku":"a","name":"x","price_minor":1,"currency":"euro"})", "/currency");
  refused("/api/v1/products", R"({"sku":"a","name":"x","quantity":7})", "/quantity");
  refused("/api/v1/products", R"({"sku":"a","name":"x","reorder_level":"5"})", "/reorder_level");
  database.check("bad rows");
}

Test(catalog, a_search_takes_its_text_literally) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (const char* name : {"100% Cotton", "Wool_Blend", "It's Silk"})
    expect(client.post("/api/v1/products", R"({"sku":")" + fresh_name("s") + R"(","name":")" + name + "\"}"),
           201);
  const auto hits = [&](const std::string& q) {
    return expect(client.get("/api/v1/products?include_total=true&q=" + q), 200).number("/total");
  };
  require_equal(hits("%25"), 1);
  require_equal(hits("_"), 1);
  require_equal(hits("%27"), 1);
  require_equal(hits("cotton"), 1);
  require_equal(hits("x%27%20OR%201=1"), 0);
}
