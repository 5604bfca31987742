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
Test(console_organization, a_service_account_has_keys_that_rotate) { use_organization("accounts"); }

Test(console_organization, a_stream_of_each_kind_is_made_tested_paused_and_ended) {
  const auto owner = sign_up();
  browse("console_organization.mjs", {"streams", owner.email, kPassword});
  const auto streams = owner.client().get("/api/v1/streams");
  expect(streams, 200);
  require_equal(streams.size("/items"), 2U);
}

Test(console_organization, a_directory_is_connected_and_its_groups_give_roles) {
  const auto owner = sign_up();
  browse("console_organization.mjs", {"provisioning", owner.email, kPassword});
  const auto roles = owner.client().get("/api/v1/scim/roles");
  expect(roles, 200);
  require_equal(roles.size("/group_roles"), 1U);
  require_equal(roles.text("/group_roles/0/group"), "Platform leads");
  require_equal(roles.text("/group_roles/0/role_name"), "manager");
  require_equal(roles.text("/default_role_name"), "viewer");
}

Test(console_organization, every_page_can_be_read_by_everybody) { use_organization("pages"); }
