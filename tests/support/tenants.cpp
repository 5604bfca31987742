#include "support/tenants.hpp"

#include "support/database.hpp"

namespace tenantd::test {

std::string tenant_path(const std::string& org_id) { return "/api/v1/tenants/" + org_id; }

std::string tenant_body(const std::string& email, const std::string& slug, const std::string& more) {
  auto body = object({{"name", "Northwind"},
                      {"slug", slug},
                      {"admin_email", email},
                      {"admin_first_name", "Nora"},
                      {"admin_last_name", "Wind"}});
  body.insert(body.size() - 1, more);
  return body;
}

void set_limits(const Account& root, const std::string& org_id, const std::string& limits) {
  expect(root.client().put(tenant_path(org_id), "{\"limits\":" + limits + '}'), 200);
}

std::int64_t active_members(const std::string& org_id) {
  return number_of("SELECT COUNT(*) FROM member WHERE status = 0 AND org_id = " + binary(org_id));
}

}  // namespace tenantd::test
