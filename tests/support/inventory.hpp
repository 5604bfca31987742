// Products, warehouses and movements that a test needs, made through the API.
#pragma once

#include <string>

#include "support/fixtures.hpp"

namespace tenantd::test {

// The ids of what was made. Throws unless it was.
std::string make_product(const Account& account, const std::string& more = "");  // more: ,"reorder_level":5
std::string make_warehouse(const Account& account, const std::string& name = "North");

// An organization with a product and two warehouses.
struct Stockroom {
  Account owner = sign_up();
  std::string north = make_warehouse(owner, "North");
  std::string south = make_warehouse(owner, "South");
  std::string bolt = make_product(owner);
};

std::string movement(const std::string& product, const std::string& warehouse, const std::string& type,
                     const std::string& quantity, const std::string& more = "");
Response move(const Account& account, const std::string& product, const std::string& warehouse,
              const std::string& type, std::int64_t quantity, const std::string& more = "");

// What lies there by the database.
std::int64_t stored_level(const std::string& product, const std::string& warehouse);
// Throws unless the levels of the organization are the sums of its ledger, the products' numbers the sums of
// the levels, and those low that are at or under their reorder level.
void require_ledger_sums(const Account& account);
// Rows of the organization.
std::int64_t count_in(const Account& account, const std::string& table, const std::string& more = "");

Response send_file(const Account& account, const std::string& path, const std::string& csv,
                   const std::vector<Header>& headers = {});
// The first file that `path`/export answers with.
std::string export_of(const Account& account, const std::string& path);
// What the report of an import says of all rows, and of the refused one at `row`.
void require_counts(const Response& report, std::int64_t created, std::int64_t updated,
                    std::int64_t unchanged, std::int64_t refused);
void require_refusal(const Response& report, int row, std::int64_t line, const std::string& code,
                     const std::string& column);

}  // namespace tenantd::test
