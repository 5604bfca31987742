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

Test(oauth_page, a_person_lets_a_device_in_and_another_one_not, .timeout = 300) {
  const auto owner = sign_up_verified();
  const auto client = register_client(owner, {{"redirect_uris", R"(["http://127.0.0.1/none"])"},
                                              {"token_endpoint_auth_method", R"("none")"}});
  browse("console_device.mjs", {owner.email, kPassword, client.id});
  require_equal(number_of("SELECT COUNT(*) FROM client_session WHERE user_id = " + binary(owner.user_id)), 1);
}

Test(oauth_page, oidc_client_ts_signs_in_from_another_origin, .timeout = 300) {
  const auto owner = sign_up_verified();
  const auto client = register_client(owner, {{"redirect_uris", R"(["http://127.0.0.1/callback"])"},
                                              {"token_endpoint_auth_method", R"("none")"}});
  browse("oauth_spa.mjs", {owner.email, kPassword, client.id});
}

Test(oauth_page, an_app_of_the_service_gets_people_who_sign_up_or_choose_an_organization_on_the_way,
     .timeout = 300) {
  const auto client =
      register_own_client(super_admin(), {{"name", R"("تقارير Rechnungsprüfungsberichtszusammenstellung")"},
                                          {"redirect_uris", R"(["http://127.0.0.1/guide/"])"}});
  const auto member = sign_up_verified("Alpha");
  const auto beta = sign_up_verified("Beta");
  join(beta, member, "viewer");
  const auto newcomer = fresh_email("newcomer");
  const auto of_beta = [&](const std::string& column) {
    return text_of("SELECT " + column + " FROM organization WHERE id = " + binary(beta.org_id));
  };
  browse("console_hosted.mjs",
         {member.email, kPassword, newcomer, client.id, of_beta("slug"), of_beta("name")});
  // Each code was made for the organization that was chosen or named.
  const auto codes = [&](const Account& account, const std::string& org_id) {
    return number_of("SELECT COUNT(*) FROM oauth_code WHERE user_id = " + binary(account.user_id) +
                     " AND org_id = " + binary(org_id));
  };
  require_equal(codes(member, member.org_id), 0);
  require_equal(codes(member, beta.org_id), 3);
}
