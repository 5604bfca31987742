// The dialog that asks for a fresh proof, in a browser.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/node.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

Test(console, what_wants_a_fresh_proof_asks_for_it_once_and_goes_on, .timeout = 300) {
  const MovedClock clock;
  const auto owner = sign_up_verified();
  browse("console_step_up.mjs", {owner.email, owner.password, setting("CLOCK_OFFSET_FILE")});
  require_equal(number_of("SELECT COUNT(*) FROM api_key WHERE org_id = " + binary(owner.org_id)), 1);
  require_equal(number_of("SELECT COUNT(*) FROM account_event WHERE type = 'session.proven' AND user_id = " +
                          binary(owner.user_id)),
                1);
}
