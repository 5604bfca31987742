// The pages that an OAuth client leads people to, in a browser: see tests/node/console_oauth.mjs.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/node.hpp"
#include "support/oauth.hpp"

using namespace tenantd::test;

Test(oauth_page, a_person_signs_in_lets_a_client_in_and_takes_it_back, .timeout = 300) {
  const auto owner = sign_up_verified();
  const auto client = register_client(owner, {{"redirect_uris", R"(["http://127.0.0.1/guide/"])"}});
  browse("console_oauth.mjs", {owner.email, kPassword, client.id});
  const auto of_owner = " WHERE user_id = " + binary(owner.user_id);
  require_equal(number_of("SELECT COUNT(*) FROM oauth_consent" + of_owner), 0);
  require_equal(number_of("SELECT COUNT(*) FROM client_session" + of_owner), 0);
}
