// Libraries that know nothing of this service sign people in by it: see tests/node/oauth_clients.mjs.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/oauth.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(oauth_libraries, openid_client_and_oauth4webapi_sign_in_refresh_and_log_out, .timeout = 240) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto issuer = Client{}.get("/.well-known/openid-configuration").text("/issuer");
  const auto finished = run_program({"node", setting("TENANTD_TOP") + "/tests/node/oauth_clients.mjs", issuer,
                                     client.id, client.secret, owner.access_token},
                                    {}, std::chrono::seconds{200});
  require_equal(finished.status, 0, finished.output);
}
