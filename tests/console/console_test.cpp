// The console in a real browser: what a person sees is in tests/node/console_pages.mjs, what the service has
// made of it is looked at here.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/node.hpp"

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

Test(console, every_text_is_there_in_every_language) { use_console("texts"); }
