// Purchase requests that a test needs, made through the API.
#pragma once

#include <string>
#include <vector>

#include "support/inventory.hpp"

namespace tenantd::test {

// {"product_id":…,"quantity":…}; more: ,"unit_price_minor":5
std::string purchase_line(const std::string& product, const std::string& quantity,
                          const std::string& more = "");
// The body of a request with these lines; more: ,"currency":"EUR"
std::string purchase_body(const std::vector<std::string>& lines, const std::string& more = "",
                          const std::string& title = "Bolts");

// The paths of what was made. Throws unless it was.
std::string draft(const Account& account, const std::string& body);
std::string submitted(const Account& account, const std::string& body);

// POST to path/step, with a reason where the step takes one.
Response take(const Account& account, const std::string& path, const std::string& step);
// The request's status by the database.
std::string stored_status(const std::string& path);

// The id of the organization's role of that name.
std::string role_id(const Account& account, const std::string& name);

// An organization that buys: a member who asks, a manager who decides, and something to ask for.
struct Purchasing {
  Account owner = sign_up();
  Account manager = invite_and_accept(owner, "manager");
  Account member = invite_and_accept(owner, "member");
  std::string north = make_warehouse(owner, "North");
  std::string bolt = make_product(owner, R"(,"price_minor":12,"currency":"EUR")");

  Purchasing() { verify(owner); }

  // Ten bolts, to the warehouse.
  std::string body(const std::string& more = "") const;
};

}  // namespace tenantd::test
