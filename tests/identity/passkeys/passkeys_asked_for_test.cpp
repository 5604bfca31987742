// Passkeys as a proof that is asked for: by a step, by an organization, of super-admins.
#include <criterion/criterion.h>

#include "passkeys_fixture.hpp"
#include "support/clock.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

Test(passkeys, one_proves_again_who_is_signed_in_and_anothers_does_not) {
  const Named stack;
  const auto ada = sign_up_verified(), eve = sign_up_verified();
  PasskeyDevice device{stack.url()}, foreign{stack.url()};
  add_device(ada, device);
  add_device(eve, foreign);
  const auto step_up = [](PasskeyBrowser& browser, const std::string& credential) {
    return browser.client.post("/api/v1/auth/step-up", "{\"credential\":" + credential + '}');
  };
  const MovedClock clock;
  clock.set(600);
  const auto off = "/api/v1/api-keys";
  expect_problem(ada.client().post(off, "{}"), 403, "reauthentication_required");
  PasskeyBrowser browser;
  browser.client.bearer(ada.access_token);
  expect_problem(step_up(browser, foreign.use(expect(browser.options(), 200))), 403,
                 "reauthentication_required");
  PasskeyBrowser elsewhere;
  const auto options = right(elsewhere.options());
  expect_problem(step_up(browser, device.use(options)), 403, "reauthentication_required");
  expect_problem(ada.client().post(off, "{}"), 403, "reauthentication_required");
  const auto proof = device.use(right(browser.options()));
  const auto shown = step_up(browser, proof);
  require_equal(expect(shown, 200).text("/acr"), "aal2");
  expect_problem(step_up(browser, proof), 403, "reauthentication_required");
  expect_problem(ada.client().post(off, "{}"), 422, "validation_failed");
  // It stands for the password that another passkey's challenge is given for.
  expect(ada.client().post(kCreation, "{}"), 200);
}

Test(passkeys, an_organization_can_ask_for_them_and_one_counts_as_the_second_factor_that_it_asks_for) {
  const Named stack;
  const auto owner = sign_up_verified();
  const auto path = "/api/v1/organizations/" + owner.org_id;
  const auto ask_for = [](const char* what, const char* value) {
    return object({{what, Field::raw(value)}});
  };
  expect_problem(owner.client().put(path, ask_for("require_passkey", "true")), 403, "sign_in_way_refused");
  expect_problem(owner.client().put(path, ask_for("require_mfa", "true")), 409, "mfa_not_enabled");
  PasskeyDevice device{stack.url()};
  add_device(owner, device);
  PasskeyBrowser browser;
  auto reply = browser.sign_in(device);
  const auto by_passkey = account_of(expect(reply, 200), owner.email);
  // No code app, and yet two factors.
  expect(by_passkey.client().put(path, ask_for("require_mfa", "true")), 200);
  expect(by_passkey.client().get("/api/v1/users"), 200);
  expect_problem(owner.client().get("/api/v1/users"), 403, "mfa_enrollment_required");
  expect(by_passkey.client().put(path, ask_for("require_mfa", "false")), 200);
  expect(by_passkey.client().put(path, ask_for("require_passkey", "true")), 200);
  require_equal(expect(by_passkey.client().get(path), 200).at("/require_passkey").GetBool(), true);
  expect(by_passkey.client().get("/api/v1/users"), 200);
  expect_problem(owner.client().get("/api/v1/users"), 403, "sign_in_way_refused");
  expect_problem(owner.client().put(path, ask_for("require_passkey", "false")), 403, "sign_in_way_refused");
  require_equal(number_of("SELECT COUNT(*) FROM organization WHERE require_passkey"), 1);
  // Who shows it in a session that began otherwise is in.
  browser.client.bearer(owner.access_token);
  expect(browser.client.post("/api/v1/auth/step-up",
                             "{\"credential\":" + device.use(right(browser.options())) + '}'),
         200);
  expect(owner.client().get("/api/v1/users"), 200);
}

Test(passkeys, a_super_admin_needs_no_code_app_beside_one) {
  constexpr const char* email = "chief@example.com";
  PrivateStack stack{{"PUBLIC_URL=http://localhost:@PORT@", std::string{"SUPER_ADMIN_EMAIL="} + email,
                      "SUPER_ADMIN_PASSWORD=velvet anchor northbound", "SUPER_ADMIN_MFA=true"}};
  stack.take_the_suites_place();
  const auto chief = signed_in_super_admin(email, "velvet anchor northbound");
  expect_problem(chief.client().get("/api/v1/tenants"), 403, "mfa_enrollment_required");
  PasskeyDevice device{"http://localhost" + stack.url().substr(stack.url().rfind(':'))};
  add_device(chief, device);
  expect_problem(chief.client().get("/api/v1/tenants"), 403, "mfa_enrollment_required");
  PasskeyBrowser browser;
  auto reply = browser.sign_in(device);
  expect(account_of(expect(reply, 200), email).client().get("/api/v1/tenants"), 200);
}
