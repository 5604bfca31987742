// People sign in by a SAML identity provider behind a bridge: see tests/node/saml_sign_in.mjs.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/loopback.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(sso_saml, a_bridge_lets_in_whom_the_provider_has_signed_for_and_nobody_else, .timeout = 240) {
  const PrivateStack stack{{"OUTBOUND_ALLOW=127.0.0.1", "OUTBOUND_HTTP=true", "LIMIT_OUTBOUND=0"}};
  stack.take_the_suites_place();
  const auto owner = sign_up("Northwind");
  std::vector<std::string> command{"node", setting("TENANTD_TOP") + "/tests/node/saml_sign_in.mjs"};
  for (int port = 0; port < 3; ++port) command.push_back(std::to_string(free_port()));
  command.push_back(owner.org_id);
  command.push_back(owner.access_token);
  const auto finished = run_program(command, {"TMPDIR=" + stack.dir()}, std::chrono::seconds{200});
  require_equal(finished.status, 0, finished.output);
  const auto of = [](const std::string& name) {
    return "user_id = (SELECT id FROM user WHERE email = '" + name + "@example.com')";
  };
  // Sam twice; Eve once, for the answer that was hers; nobody for what was refused, or as Ann.
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE " + of("sam")), 2);
  require_equal(number_of("SELECT COUNT(*) FROM session WHERE " + of("eve")), 1);
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = 'ann@example.com'"), 0);
  require_equal(number_of("SELECT COUNT(*) FROM member"), 3);
  require_equal(text_of("SELECT JSON_UNQUOTE(JSON_EXTRACT(profile, '$.name')) FROM user "
                        "WHERE email = 'sam@example.com'"),
                "Sam Jackson");
  require_equal(log_with(stack.dir(), "nine wooden boats"), "", "a secret stands in a log");
}
