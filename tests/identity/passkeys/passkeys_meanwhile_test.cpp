// A sign-in looks a passkey up, and its owner removes it before the use is written down. What holds the
// request up here is the passkey's row, under the removal that is not committed yet.
#include <criterion/criterion.h>

#include <future>

#include "passkeys_fixture.hpp"
#include "tenantd/db/connection.hpp"

using namespace tenantd::test;

Test(passkeys, one_that_is_removed_while_it_is_used_is_unknown_and_no_copy, .timeout = 120) {
  const Named stack;
  const auto ada = sign_up_verified();
  PasskeyDevice device{stack.url()};
  device.counter = 7;
  add_device(ada, device);
  device.counter = 8;
  const auto before = sessions_of(ada);
  PasskeyBrowser browser;
  const auto proof = device.use(right(browser.options()));
  tenantd::db::Connection owner{as_admin()};
  owner.run("BEGIN");
  owner.run("DELETE FROM passkey WHERE user_id = " + binary(ada.user_id));
  auto reply = std::async(std::launch::async, [&] { return browser.sign_in(proof); });
  wait_until("the sign-in waits for the removal", [] {
    // InnoDB shows what it has shown before until nobody has looked for a tenth of a second.
    database().run("DO SLEEP(0.11)");
    return number_of("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") > 0;
  });
  owner.run("COMMIT");
  expect_problem(reply.get(), 401, "invalid_credentials");
  require_equal(events_of(ada, "passkey.cloned"), 0);
  require_equal(sessions_of(ada), before);
  require_equal(passkeys_of(ada), 0);
}
