// What the log says of requests that were refused, and of those that failed for a reason that nobody thought
// of.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"

using namespace tenantd;
using namespace tenantd::test;

namespace {

bool logged(const std::string& dir, const std::string& text) { return !log_with(dir, text).empty(); }

}  // namespace

Test(refusal_log, a_refused_request_is_logged_with_who_asked_and_no_credential) {
  const auto viewer = invite_and_accept(sign_up(), "viewer");
  const auto reply = viewer.client().get("/api/v1/audit-logs");
  expect_problem(reply, 403, "forbidden");
  const auto id = reply.text("/request_id");
  wait_until("the log tells of it", [&] { return logged(run_dir(), id); });
  require(logged(run_dir(), viewer.user_id), "who asked");
  require(!logged(run_dir(), viewer.access_token), "the token stands in a log");
  const auto nobody = Client{}.bearer("no-such-token-" + id).get("/api/v1/users/me");
  expect_problem(nobody, 401, "invalid_token");
  wait_until("the log tells of it", [&] { return logged(run_dir(), nobody.text("/request_id")); });
  require(!logged(run_dir(), "no-such-token-" + id), "what was sent as a token stands in a log");
}

Test(refusal_log, what_nobody_expected_is_told_in_general_and_logged_in_full, .timeout = 120) {
  const PrivateStack stack;
  stack.take_the_suites_place();
  const auto owner = sign_up();
  db::Connection{stack.database()}.run("DROP VIEW tenantd_app.project");
  const auto reply = owner.client().get("/api/v1/projects");
  expect_problem(reply, 503, "unavailable");
  for (const char* word : {"tenantd_app", "SELECT", "project", "SQL", "1146", ".cpp"})
    require(reply.text("/detail").find(word) == std::string::npos, reply.body);
  wait_until("the log tells why", [&] { return logged(stack.dir(), "tenantd_app.project"); });
  for (int i = 0; i < 8; ++i) expect(owner.client().get("/api/v1/users/me"), 200);
}
