// Debian's Apache with mod_auth_openidc signs people in by the service, and is told when they sign out: see
// tests/node/oauth_apache.mjs. In an instance of its own, which may call this host.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(oauth_libraries, apache_signs_in_and_is_logged_out_by_back_channel, .timeout = 300) {
  const PrivateStack stack{{"OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true"}};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  const auto finished = run_program(
      {"node", setting("TENANTD_TOP") + "/tests/node/oauth_apache.mjs", stack.url(), owner.access_token}, {},
      std::chrono::seconds{200});
  require_equal(finished.status, 0, finished.output);
}
