// The console of an organization and its programs in a real browser: what a person sees is in
// tests/node/console_organization.mjs, what the service has made of it is looked at here.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/node.hpp"

using namespace tenantd::test;

namespace {

void use_organization(const std::string& story) {
  browse("console_organization.mjs", {story, sign_up().email, kPassword});
}

}  // namespace

Test(console_organization, people_are_invited_by_form_and_by_lines) { use_organization("inviting"); }

Test(console_organization, a_role_that_changed_meanwhile_is_not_overwritten) { use_organization("roles"); }

Test(console_organization, settings_are_kept_and_the_log_shows_what_differs) { use_organization("settings"); }

Test(console_organization, ending_takes_the_name) { use_organization("ending"); }

Test(console_organization, a_key_is_shown_once) { use_organization("keys"); }

Test(console_organization, every_page_can_be_read_by_everybody) { use_organization("pages"); }
