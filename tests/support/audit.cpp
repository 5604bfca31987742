#include "support/audit.hpp"

#include "support/check.hpp"
#include "support/database.hpp"

namespace tenantd::test {

Finished audit(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {setting("TENANTD_BUILD") + "/tenantctl", "audit"});
  return run_program(arguments);
}

void expect_verified(const Finished& finished, int status, const std::string& said,
                     const std::source_location& at) {
  require_equal(finished.status, status, finished.output, at);
  require(finished.output.find(said) != std::string::npos, "no \"" + said + "\" in " + finished.output, at);
}

std::int64_t audit_rows_of(const Response& reply) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE request_id = " +
                   literal(reply.header("x-request-id")));
}

std::int64_t audit_rows_of(const Account& account) {
  return number_of("SELECT COUNT(*) FROM audit_log WHERE org_id = " + binary(account.org_id));
}

std::string name_of(const Account& account) {
  return text_of("SELECT name FROM organization WHERE id = " + binary(account.org_id));
}

Response newest_audit(const Account& reader, const std::string& action) {
  auto reply = reader.client().get("/api/v1/audit-logs?limit=1&action=" + action);
  expect(reply, 200);
  require_equal(reply.size("/items"), 1U, "rows of " + action);
  return reply;
}

}  // namespace tenantd::test
