#include "support/inventory.hpp"

#include "support/check.hpp"
#include "support/database.hpp"

namespace tenantd::test {

std::string make_product(const Account& account, const std::string& more) {
  const auto body = R"({"sku":")" + fresh_name("sku") + R"(","name":"Bolt")" + more + '}';
  return expect(account.client().post("/api/v1/products", body), 201).text("/id");
}

std::string make_warehouse(const Account& account, const std::string& name) {
  return expect(account.client().post("/api/v1/warehouses", object({{"name", name}})), 201).text("/id");
}

std::string movement(const std::string& product, const std::string& warehouse, const std::string& type,
                     const std::string& quantity, const std::string& more) {
  return R"({"product_id":")" + product + R"(","warehouse_id":")" + warehouse + R"(","type":")" + type +
         R"(","quantity":)" + quantity + more + '}';
}

Response move(const Account& account, const std::string& product, const std::string& warehouse,
              const std::string& type, std::int64_t quantity, const std::string& more) {
  return account.client().post("/api/v1/stock-movements",
                               movement(product, warehouse, type, std::to_string(quantity), more));
}

std::int64_t stored_level(const std::string& product, const std::string& warehouse) {
  return number_of("SELECT COALESCE(SUM(quantity), 0) FROM stock_level WHERE product_id = " +
                   binary(product) + " AND warehouse_id = " + binary(warehouse));
}

void require_ledger_sums(const Account& account) {
  const auto org = binary(account.org_id);
  const std::string ledger =
      "(SELECT product_id, warehouse_id, change_by FROM stock_movement WHERE org_id = " + org +
      " UNION ALL SELECT product_id, to_warehouse_id, quantity FROM stock_movement WHERE type = 3 AND org_id "
      "= " +
      org + ")";
  require_equal(number_of("SELECT COUNT(*) FROM stock_level l WHERE l.org_id = " + org +
                          " AND l.quantity <> (SELECT COALESCE(SUM(m.change_by), 0) FROM " + ledger +
                          " m WHERE m.product_id = l.product_id AND m.warehouse_id = l.warehouse_id)"),
                0, "levels that are not the sums of the ledger");
  require_equal(number_of("SELECT COUNT(*) FROM product p WHERE p.org_id = " + org +
                          " AND p.quantity <> (SELECT COALESCE(SUM(l.quantity), 0) FROM stock_level l WHERE "
                          "l.org_id = p.org_id AND l.product_id = p.id)"),
                0, "products whose number is not the sum of the levels");
  require_equal(number_of("SELECT COUNT(*) FROM product p WHERE p.org_id = " + org +
                          " AND (p.low_since IS NULL) = (p.quantity <= p.reorder_level)"),
                0, "products that are low and not told so, or the reverse");
}

Response send_file(const Account& account, const std::string& path, const std::string& csv,
                   const std::vector<Header>& headers) {
  return account.client().send({"POST", path, csv, "text/csv", headers});
}

std::string export_of(const Account& account, const std::string& path) {
  const auto reply = account.client().get(path + "/export");
  expect(reply, 200);
  require_equal(reply.header("content-type"), "text/csv; charset=utf-8; header=present");
  return reply.body;
}

void require_counts(const Response& report, std::int64_t created, std::int64_t updated,
                    std::int64_t unchanged, std::int64_t refused) {
  expect(report, 200);
  require_equal(report.number("/created"), created, report.body);
  require_equal(report.number("/updated"), updated, report.body);
  require_equal(report.number("/unchanged"), unchanged, report.body);
  require_equal(report.number("/refused"), refused, report.body);
}

void require_refusal(const Response& report, int row, std::int64_t line, const std::string& code,
                     const std::string& column) {
  const auto at = "/rows/" + std::to_string(row);
  require_equal(report.text(at + "/status"), "refused", report.body);
  require_equal(report.number(at + "/line"), line, report.body);
  require_equal(report.text(at + "/code"), code, report.body);
  require_equal(report.at(at + "/column").IsNull() ? "" : report.text(at + "/column"), column, report.body);
}

std::int64_t count_in(const Account& account, const std::string& table, const std::string& more) {
  return number_of("SELECT COUNT(*) FROM " + table + " WHERE org_id = " + binary(account.org_id) + more);
}

}  // namespace tenantd::test
