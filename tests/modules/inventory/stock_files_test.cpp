// Products and movements as files that spreadsheets write and read.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/inventory.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kProducts = "/api/v1/products/import";
constexpr const char* kMovements = "/api/v1/stock-movements/import";

}  // namespace

Test(stock_files, products_are_made_changed_and_left_alone_by_sku) {
  const auto owner = sign_up();
  const auto made = send_file(owner, kProducts,
                              "\xEF\xBB\xBFsku,name,unit,reorder_level,price_minor,currency\r\n"
                              "M6,\"Bolt, \"\"long\"\"\",box,5,12,EUR\r\n"
                              "\r\n"
                              "M8,Bölt,,,,\n");
  require_counts(made, 2, 0, 0, 0);
  require(made.at("/applied").GetBool(), made.body);
  require_equal(made.number("/rows/1/line"), 4);
  const auto bolt = owner.client().get("/api/v1/products/" + made.text("/rows/0/id"));
  expect(bolt, 200);
  require_equal(bolt.text("/name"), "Bolt, \"long\"");
  require_equal(bolt.number("/reorder_level"), 5);
  require_equal(bolt.number("/price_minor"), 12);

  // A column that is not there stays as it is; an empty cell takes the value away.
  const auto changed = send_file(owner, kProducts, "Reorder_Level, SKU\n,M6\n,M8\n");
  require_counts(changed, 0, 1, 1, 0);
  const auto after = owner.client().get("/api/v1/products/" + made.text("/rows/0/id"));
  expect(after, 200);
  require(after.at("/reorder_level").IsNull(), after.body);
  require_equal(after.text("/unit"), "box");
  require_equal(after.header("etag"), "\"2\"");
  require_equal(count_in(owner, "event", " AND type = 'product.created'"), 2);
  require_equal(count_in(owner, "audit_log", " AND action = 'product.updated'"), 1);
}

Test(stock_files, what_was_exported_is_imported_as_it_was) {
  const auto owner = sign_up();
  auto client = owner.client();
  expect(client.post("/api/v1/suppliers", R"({"name":"=Nuts"})"), 201);
  expect(client.post("/api/v1/suppliers", R"({"name":"Twin"})"), 201);
  const auto twin = expect(client.post("/api/v1/suppliers", R"({"name":"Twin"})"), 201).text("/id");
  for (const char* name :
       {"=HYPERLINK(\\\"http://x\\\")", "+1", "-1", "@SUM(1)", "'=1", "'", "a,\\\"b\\\"", "Ä"})
    expect(client.post("/api/v1/products", R"({"sku":")" + fresh_name("s") + R"(","name":")" + name + "\"}"),
           201);
  expect(client.post("/api/v1/products", R"({"sku":"-1","name":"x","supplier_id":")" + twin + "\"}"), 201);
  require_refusal(send_file(owner, kProducts, "sku,supplier\n-1,Twin\n"), 0, 2, "validation_failed",
                  "supplier");
  require_counts(send_file(owner, kProducts, "sku,name,supplier\ns,x,'=Nuts\n"), 1, 0, 0, 0);
  const auto file = export_of(owner, "/api/v1/products");
  for (const char* formula : {",=", ",+", ",-1", ",@", "\n="})
    require(file.find(formula) == std::string::npos, file);
  Unchanged database;
  const auto again = send_file(owner, kProducts, file);
  require_counts(again, 0, 0, 10, 0);
  require_equal(again.size("/ignored_columns"), 3U);
  database.check("an export that comes back");

  // Into another organization the names alone lead: ids of suppliers are not known there.
  const auto other = sign_up();
  const auto foreign = send_file(other, kProducts, file);
  require_counts(foreign, 8, 0, 0, 2);
  require_equal(count_in(other, "product"), 0);
}

Test(stock_files, files_come_as_spreadsheets_write_them) {
  const auto owner = sign_up();
  const auto made = send_file(owner, kProducts,
                              "sep=;\r\n Sku ;NAME;Price;Currency;;\r\n"
                              "LT1763CS8#PBF; Regulator ;12,50;EUR;;\r\n;;;;;\r\n"
                              "\"74HC595D,118\";Register;100;JPY;;\r\n"
                              "MAX232CPE+;Driver;;;;\r\nM6 x 25;Bolt;1.250;KWD;;\r\n");
  require_counts(made, 4, 0, 0, 0);
  auto client = owner.client();
  const auto first = client.get("/api/v1/products/" + made.text("/rows/0/id"));
  require_equal(first.number("/price_minor"), 1250);
  require_equal(first.text("/name"), "Regulator");
  require_equal(client.get("/api/v1/products/" + made.text("/rows/1/id")).number("/price_minor"), 100);
  require_equal(client.get("/api/v1/products?q=MAX232CPE%2B").size("/items"), 1U);
  expect_problem(client.post("/api/v1/products", R"({"sku":"M6 x 25","name":"Again"})"), 409, "sku_taken");
  require_counts(send_file(owner, kProducts, "sku\tname\rM6 x 25\tBolt\rX-1\tNew\r"), 1, 0, 1, 0);
  const auto excel =
      client.send({"POST", kProducts, "sku,name\nX-2,New\n", "application/vnd.ms-excel; charset=UTF-8", {}});
  require_counts(excel, 1, 0, 0, 0);
  require_counts(send_file(owner, kProducts, export_of(owner, "/api/v1/products")), 0, 0, 6, 0);
  const auto marked = client.get("/api/v1/products/export?bom=true");
  require(marked.body.starts_with("\xEF\xBB\xBFsku,"), marked.body);
}

Test(stock_files, what_a_file_may_mean_twice_is_refused) {
  const auto owner = sign_up();
  Unchanged database;
  const auto unknown = send_file(owner, kProducts, "SKU,Größe,Farbe\nx,y,z\n");
  expect_problem(unknown, 422, "validation_failed");
  require(unknown.body.find("unknown columns \\\"Größe\\\" and \\\"Farbe\\\"") != std::string::npos,
          unknown.body);
  for (const char* row :
       {"A,x,\"1,250\",EUR,", "A,x,1.250,EUR,", "A,x,1.5,JPY,", "A,x,1.50,,", "A,x,1.50,EUR,151"})
    require_refusal(
        send_file(owner, kProducts, "sku,name,price,currency,price_minor\n" + std::string{row} + '\n'), 0, 2,
        "validation_failed", "price");
  expect_problem(
      owner.client().send({"POST", kProducts, "sku,name\nx,x\n", "text/csv; charset=windows-1252", {}}), 415,
      "unsupported_media_type");
  database.check("files that may mean two things");
}

Test(stock_files, one_refused_row_leaves_nothing_written_unless_asked_to_skip_it) {
  const auto owner = sign_up();
  const std::string file =
      "sku,name,reorder_level,supplier\n"
      "A,Anvil,1,\n"
      "B,,1,\n"
      "C,Clamp,1.5,\n"
      "D,Drill,-1,\n"
      "E,Eyelet,9223372036854775808,\n"
      "a  b,Space,,\n"
      "G,Gauge,,Nobody\n"
      "A,Again,,\n"
      "H,Hook\n"
      "I,\"In\tner\",,\n"
      "J,Jack,1,\n";
  {
    Unchanged database;
    const auto refused = send_file(owner, kProducts, file);
    require_counts(refused, 2, 0, 0, 9);
    require(!refused.at("/applied").GetBool(), refused.body);
    require(refused.at("/rows/0/id").IsNull(), refused.body);
    require_refusal(refused, 1, 3, "validation_failed", "name");
    require_refusal(refused, 2, 4, "validation_failed", "reorder_level");
    require_refusal(refused, 3, 5, "validation_failed", "reorder_level");
    require_refusal(refused, 4, 6, "validation_failed", "reorder_level");
    require_refusal(refused, 5, 7, "validation_failed", "sku");
    require_refusal(refused, 6, 8, "validation_failed", "supplier");
    require_refusal(refused, 7, 9, "validation_failed", "sku");
    require_refusal(refused, 8, 10, "validation_failed", "");
    require_refusal(refused, 9, 11, "validation_failed", "name");
    database.check("a file with bad rows");
  }
  const auto skipped = send_file(owner, std::string{kProducts} + "?on_error=skip", file);
  require_counts(skipped, 2, 0, 0, 9);
  require(skipped.at("/applied").GetBool(), skipped.body);
  require_equal(count_in(owner, "product"), 2);
}

Test(stock_files, what_is_no_such_file_is_refused) {
  const auto owner = sign_up();
  Unchanged database;
  const auto refused = [&](const std::string& csv) {
    const auto reply = send_file(owner, kProducts, csv);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/csv");
  };
  refused("");
  refused("name\nx\n");
  refused("sku,name,org_id\nx,x,y\n");
  refused("sku,name,sku\nx,x,y\n");
  refused("\"sku,name\nx,x\n");
  std::string many = "sku,name\n";
  for (int i = 0; i <= 1000; ++i) many += 's' + std::to_string(i) + ",x\n";
  refused(many);
  expect_problem(send_file(owner, kProducts, "sku,name\nx,\xFF\n"), 400, "bad_request");
  expect_problem(send_file(owner, kProducts, std::string(300000, 'x')), 413, "body_too_large");
  expect_problem(owner.client().send({"POST", kProducts, "sku,name\nx,x\n", "text/plain", {}}), 415,
                 "unsupported_media_type");
  expect_problem(owner.client().send({"POST", "/api/v1/products", "sku,name\nx,x\n", "text/csv", {}}), 415,
                 "unsupported_media_type");
  expect_problem(send_file(owner, std::string{kProducts} + "?on_error=ignore", "sku,name\nx,x\n"), 422,
                 "validation_failed");
  database.check("no files");
}

Test(stock_files, a_file_changes_products_only_for_who_may_change_them) {
  const auto owner = sign_up();
  expect(owner.client().post("/api/v1/products", R"({"sku":"A","name":"Anvil"})"), 201);
  const auto key = make_api_key(owner, R"(["products:create"])");
  Unchanged database;
  const auto reply =
      Client{}.header("X-Api-Key", key.key).send({"POST", kProducts, "sku,name\nA,x\n", "text/csv", {}});
  require_counts(reply, 0, 0, 0, 1);
  require_refusal(reply, 0, 2, "forbidden", "");
  database.check("a key that may only create");
}

Test(stock_files, an_export_goes_on_where_the_last_file_ended) {
  const auto owner = sign_up();
  std::string file = "sku,name\n";
  for (int i = 0; i < 7; ++i) file += 's' + std::to_string(i) + ",x\n";
  expect(send_file(owner, kProducts, file), 200);
  std::string path = "/api/v1/products/export?limit=3";
  int files = 0;
  std::size_t rows = 0;
  while (!path.empty()) {
    const auto reply = owner.client().get(path);
    expect(reply, 200);
    require(reply.body.starts_with("sku,name,unit,"), reply.body);
    rows += static_cast<std::size_t>(std::count(reply.body.begin(), reply.body.end(), '\n')) - 1;
    ++files;
    const auto link = reply.header("link");
    path = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  require_equal(files, 3);
  require_equal(rows, 7U);
}

Test(stock_files, one_key_means_one_file_and_one_way_to_take_it) {
  const auto owner = sign_up();
  const std::vector<Header> key{{"Idempotency-Key", fresh_name("key")}};
  const std::string file = "sku,name\nA,Anvil\nB,\n";
  const auto skip = std::string{kProducts} + "?on_error=skip";
  const auto first = send_file(owner, skip, file, key);
  require_counts(first, 1, 0, 0, 1);
  Unchanged database;
  const auto again = send_file(owner, skip, file, key);
  require_equal(again.body, first.body);
  require_equal(again.header("idempotency-replayed"), "true");
  expect_problem(send_file(owner, kProducts, file, key), 422, "idempotency_mismatch");
  database.check("a file that was taken");
}

Test(stock_files, files_at_once_that_name_the_same_in_other_orders_all_arrive) {
  const auto owner = sign_up();
  make_warehouse(owner, "North");
  const auto list = [](bool up, const std::string& tail) {
    std::string rows;
    for (int i = 0; i < 20; ++i) rows += 's' + std::to_string(up ? i : 19 - i) + tail;
    return rows;
  };
  const auto made = at_once(
      6, [&](std::size_t i) { return send_file(owner, kProducts, "sku,name\n" + list(i % 2 == 0, ",x\n")); });
  std::int64_t created = 0;
  for (const auto& reply : made) {
    expect(reply, 200);
    created += reply.number("/created");
  }
  require_equal(created, 20);
  const auto moved = at_once(6, [&](std::size_t i) {
    return send_file(owner, kMovements, "sku,warehouse,type,quantity\n" + list(i % 2 == 0, ",North,in,1\n"));
  });
  for (const auto& reply : moved) require_counts(reply, 20, 0, 0, 0);
  require_equal(number_of("SELECT SUM(quantity) FROM product WHERE org_id = " + binary(owner.org_id)), 120);
  require_ledger_sums(owner);
}

Test(stock_files, a_full_file_is_taken_in_one_request) {
  const auto owner = sign_up();
  make_warehouse(owner, "North");
  std::string products = "sku,name,reorder_level\n", movements = "sku,warehouse,type,quantity,reason\n";
  for (int i = 0; i < 1000; ++i) {
    products += "part-" + std::to_string(i) + ",Part " + std::to_string(i) + " of a thousand,1\n";
    movements += "part-" + std::to_string(i) + ",North,in," + std::to_string(i + 2) + ",Opening stock\n";
  }
  require_counts(send_file(owner, kProducts, products), 1000, 0, 0, 0);
  require_counts(send_file(owner, kMovements, movements), 1000, 0, 0, 0);
  require_ledger_sums(owner);
  const auto file = export_of(owner, "/api/v1/products");
  require_counts(send_file(owner, kProducts, file), 0, 0, 1000, 0);
}
