// The console in a real browser: what a person sees is in tests/node/console_pages.mjs, what the service has
// made of it is looked at here.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/node.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

void use_console(const std::string& story, const std::string& email = "",
                 const std::string& password = kPassword) {
  browse("console_pages.mjs", {story, email, password});
}

}  // namespace

Test(console, a_person_signs_in_and_a_reload_stays_signed_in) { use_console("signing_in", sign_up().email); }

Test(console, every_page_of_ones_own_can_be_read_by_everybody) { use_console("pages", sign_up().email); }

Test(console, markup_in_a_name_is_text) {
  const auto email = fresh_email();
  expect(Client{}.post("/signup", object({{"email", email},
                                          {"password", kPassword},
                                          {"organization_name", "<script>console.error(2)</script>"}})),
         201);
  use_console("markup", email);
}

Test(console, a_person_downloads_the_own_data_and_erases_the_account) {
  const auto person = invite_and_accept(sign_up());
  use_console("data", person.email);
  expect_problem(sign_in(person.email, person.password), 401, "invalid_credentials");
}

Test(console, signing_out_signs_all_windows_out) { use_console("signing_out", sign_up().email); }

Test(console, a_new_password_is_chosen_and_never_shown) {
  const auto person = sign_up();
  use_console("account", person.email);
  expect_problem(sign_in(person.email, person.password), 401, "invalid_credentials");
  expect(sign_in(person.email, kChosenPassword), 200);
}

Test(console, a_second_factor_is_set_up_by_its_picture) {
  const auto person = sign_up();
  verify(person);
  use_console("factor", person.email);
  expect_problem(sign_in(person.email, person.password), 401, "mfa_required");
}

Test(console, a_member_leaves_and_the_last_owner_stays) {
  const auto host = sign_up("Guests welcome");
  const auto guest = sign_up("Mine alone");
  join(host, guest, "viewer");
  use_console("leaving", guest.email);
  require_equal(stored_role(host.org_id, guest.user_id), "");
  require_equal(stored_role(guest.org_id, guest.user_id), "owner");
}

Test(console, what_the_service_sends_in_any_case_is_no_choice) { use_console("alerts", sign_up().email); }

Test(console, fewer_mails_are_chosen_where_the_service_lets_one) {
  const PrivateStack stack{{"LOGIN_ALERT_LEAST=new_device"}};
  stack.take_the_suites_place();
  const auto person = sign_up();
  use_console("choosing_alerts", person.email);
  require_equal(person.client().get("/api/v1/users/me/preferences").text("/login_alert"), "new_device");
}

Test(console, every_text_is_there_in_every_language) { use_console("texts"); }
