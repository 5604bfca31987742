// Products, warehouses and movements that a test needs, made through the API.
#pragma once

#include <string>

#include "support/world.hpp"

namespace tenantd::test {

// The ids of what was made. Throws unless it was.
std::string make_product(const Account& account, const std::string& more = "");  // more: ,"reorder_level":5
std::string make_warehouse(const Account& account, const std::string& name = "North");

std::string movement(const std::string& product, const std::string& warehouse, const std::string& type,
                     const std::string& quantity, const std::string& more = "");
Response move(const Account& account, const std::string& product, const std::string& warehouse,
              const std::string& type, std::int64_t quantity, const std::string& more = "");

// What lies there by the database.
std::int64_t stored_level(const std::string& product, const std::string& warehouse);
// Throws unless the levels of the organization are the sums of its ledger, and the products' numbers the sums
// of the levels.
void require_ledger_sums(const Account& account);

}  // namespace tenantd::test
