#include "support/purchasing.hpp"

#include <stdexcept>

#include "support/check.hpp"
#include "support/database.hpp"

namespace tenantd::test {

std::string purchase_line(const std::string& product, const std::string& quantity, const std::string& more) {
  return R"({"product_id":")" + product + R"(","quantity":)" + quantity + more + '}';
}

std::string purchase_body(const std::vector<std::string>& lines, const std::string& more,
                          const std::string& title) {
  std::string list;
  for (const auto& line : lines) list += (list.empty() ? "" : ",") + line;
  return "{\"title\":" + Field{title}.json() + ",\"lines\":[" + list + ']' + more + '}';
}

std::string draft(const Account& account, const std::string& body) {
  const auto reply = account.client().post("/api/v1/purchase-requests", body);
  return "/api/v1/purchase-requests/" + expect(reply, 201).text("/id");
}

std::string submitted(const Account& account, const std::string& body) {
  const auto path = draft(account, body);
  expect(take(account, path, "submit"), 200);
  return path;
}

Response take(const Account& account, const std::string& path, const std::string& step) {
  auto client = account.client();
  if (step == "submit" || step == "withdraw" || step == "receive") return client.post(path + '/' + step);
  return client.post(path + '/' + step, R"({"reason":"As agreed"})");
}

std::string stored_status(const std::string& path) {
  return text_of(
      "SELECT ELT(status + 1, 'draft', 'submitted', 'approved', 'rejected', 'received', "
      "'partially_received') FROM "
      "purchase_request WHERE id = " +
      binary(path.substr(path.rfind('/') + 1)));
}

std::string role_id(const Account& account, const std::string& name) {
  const auto roles = account.client().get("/api/v1/roles");
  for (std::size_t i = 0; i < expect(roles, 200).size("/items"); ++i) {
    const auto at = "/items/" + std::to_string(i);
    if (roles.text(at + "/name") == name) return roles.text(at + "/id");
  }
  throw std::runtime_error("no role " + name);
}

std::string Purchasing::body(const std::string& more) const {
  return purchase_body({purchase_line(bolt, "10")}, R"(,"warehouse_id":")" + north + '"' + more);
}

}  // namespace tenantd::test
