// Totals of lists that an organization can make as long as it likes.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"

using namespace tenantd::test;

namespace {

constexpr std::int64_t kRows = 10002;

// A list, and how it comes by so many rows: table, columns besides org_id and id, their values of row `seq`.
struct LongList {
  const char* path;
  const char* table;
  const char* columns;
  std::string values;
};

void fill(const Account& owner, const LongList& list) {
  database().run("INSERT INTO " + std::string{list.table} + " (org_id, id, " + list.columns + ") SELECT " +
                 binary(owner.org_id) + ", " + id_of("CONCAT('" + owner.org_id + list.table + "', seq)") +
                 ", " + list.values + " FROM " + series(kRows));
}

void expect_total(const Account& owner, const std::string& path, std::int64_t total, bool is_exact) {
  const auto page = owner.client().get(path + (path.find('?') == std::string::npos ? '?' : '&') +
                                       "include_total=true&limit=1");
  require_equal(expect(page, 200).number("/total"), total, path);
  require_equal(page.has("/total_is_exact"), !is_exact, path);
  if (!is_exact) require(!page.at("/total_is_exact").GetBool(), path);
}

}  // namespace

Test(long_lists, are_counted_to_a_bound_and_say_so, .timeout = 120) {
  const auto owner = sign_up();
  const auto seq = number_of("SELECT MAX(seq) FROM event WHERE org_id = " + binary(owner.org_id));
  const std::vector<LongList> lists{
      {"/api/v1/suppliers", "supplier", "name, created_at, updated_at", "CONCAT('Supplier ', seq), seq, seq"},
      {"/api/v1/products", "product", "sku, name, created_at, updated_at", "seq, 'Bolt', seq, seq"},
      {"/api/v1/stock-levels", "", "", ""},
      {"/api/v1/purchase-requests", "purchase_request", "number, title, created_at, updated_at",
       "seq, CONCAT('Request ', seq), seq, seq"},
      {"/api/v1/projects", "project", "name, search_text, created_at, updated_at", "'Tower', '', seq, seq"},
      {"/api/v1/events", "event", "seq, type, created_at",
       "seq + " + std::to_string(seq) + ", 'project.created', seq"},
      {"/api/v1/events?type=project.created", "", "", ""},
      {"/api/v1/projects/activity", "", "", ""},
  };
  for (const auto& list : lists) {
    if (*list.table != '\0') fill(owner, list);
    expect_total(owner, list.path, 10000, false);
  }
  // What a filter leaves is counted to its end, and to the bound where there is one.
  expect_total(owner, "/api/v1/suppliers?q=Supplier%201000", 4, true);
  expect_total(owner, "/api/v1/suppliers?q=Supplier", 10000, false);
  expect_total(owner, "/api/v1/purchase-requests?q=request%209999", 1, true);
  database().run("UPDATE project SET status = 4 WHERE org_id = " + binary(owner.org_id) +
                 " AND created_at > 10000");
  expect_total(owner, "/api/v1/projects?status=planned", 10000, true);
  expect_total(owner, "/api/v1/projects?status=archived", 2, true);
}
