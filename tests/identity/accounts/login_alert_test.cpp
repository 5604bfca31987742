// Of which sign-ins a mail tells the account's owner.
#include <criterion/criterion.h>

#include <fstream>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"
#include "tenantd/domain/login_alert.hpp"

using namespace tenantd::test;
using tenantd::LoginAlert;

namespace {

constexpr const char* kFirefox = "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/132.0";
constexpr const char* kNewerFirefox = "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/133.0.3";
constexpr const char* kSafari = "Mozilla/5.0 (Macintosh) Version/17.6 Safari/605.1.15";

void sign_in_with(const Account& account, const std::string& agent, const std::string& address = "") {
  Client client;
  client.header("User-Agent", agent);
  if (!address.empty()) client.header("X-Forwarded-For", address);
  expect(client.post("/signin", object({{"email", account.email}, {"password", account.password}})), 200);
}

// How many mails more there are after a sign-in.
std::size_t told_of(const Account& account, const std::string& agent, const std::string& address = "") {
  const auto before = count_mails(account.email, "login_alert");
  sign_in_with(account, agent, address);
  return count_mails(account.email, "login_alert") - before;
}

void ask_for(const Account& owner, const std::string& alert) {
  expect(owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"login_alert":)" + alert + '}'),
         200);
}

}  // namespace

Test(login_alert, names_are_read_and_written) {
  for (const auto alert : {LoginAlert::never, LoginAlert::new_device, LoginAlert::always})
    require(tenantd::parse_login_alert(tenantd::login_alert_name(alert).value()) == alert, "there and back");
  for (const char* wrong : {"", "Always", "new-device", "2", "always "})
    require(!tenantd::parse_login_alert(wrong), wrong);
  require(!tenantd::login_alert_name(std::nullopt), "nothing has no name");
}

Test(login_alert, at_first_each_sign_in_is_told) {
  const auto account = sign_up_verified();
  require_equal(told_of(account, kFirefox), 1U);
  require_equal(told_of(account, kFirefox), 1U);
}

Test(login_alert, a_device_is_told_of_when_it_is_new) {
  const PrivateStack stack{{"LOGIN_ALERT=new_device"}};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto account = sign_up_verified();
  require_equal(told_of(account, kFirefox, "192.0.2.1"), 1U, "another program than at sign-up");
  require_equal(told_of(account, kFirefox, "192.0.2.1"), 0U, "the same");
  require_equal(told_of(account, kNewerFirefox, "192.0.2.1"), 0U, "the same, renewed");
  require_equal(told_of(account, kSafari, "192.0.2.1"), 1U, "another program");
  require_equal(told_of(account, kFirefox, "192.0.2.99"), 0U, "another address of one network");
  require_equal(told_of(account, kFirefox, "198.51.100.7"), 1U, "another network");
  require_equal(told_of(account, kFirefox, "2001:db8::1"), 1U);
  require_equal(told_of(account, kFirefox, "2001:db8::2"), 0U, "another address of one network");
  require_equal(told_of(sign_up_verified(), kFirefox, "192.0.2.1"), 1U, "somebody else's device");
  // A wrong password makes no device known.
  Client guesser;
  guesser.header("User-Agent", "curl/8").header("X-Forwarded-For", "192.0.2.66");
  expect_problem(guesser.post("/signin", object({{"email", account.email}, {"password", "wrong horse 13"}})),
                 401, "invalid_credentials");
  require_equal(told_of(account, "curl/8", "192.0.2.66"), 1U, "known by a guess");
}

Test(login_alert, a_device_is_new_again_after_ninety_days) {
  const PrivateStack stack{{"LOGIN_ALERT=new_device"}};
  stack.take_the_suites_place();
  const auto account = sign_up_verified();
  const auto id = binary(account.user_id);
  require_equal(told_of(account, kFirefox), 1U);
  const auto age = [&](std::int64_t days) {
    database().run("UPDATE known_device SET last_used_at = UNIX_TIMESTAMP() - " +
                   std::to_string(days * 86400) + " WHERE user_id = " + id);
  };
  age(89);
  require_equal(told_of(account, kFirefox), 0U, "known for 89 days");
  age(91);
  require_equal(told_of(account, kFirefox), 1U, "forgotten after 91");
  // Of many, the newest stay.
  for (int i = 0; i < 60; ++i)
    database().run("INSERT INTO known_device (user_id, device, last_used_at) SELECT " + id +
                   ", RANDOM_BYTES(16), UNIX_TIMESTAMP() - 1000");
  require_equal(told_of(account, kSafari), 1U);
  require_equal(number_of("SELECT COUNT(*) FROM known_device WHERE user_id = " + id), 50);
  require_equal(told_of(account, kSafari), 0U, "the newest one stayed");
  age(91);
  require_equal(stack.run("tenantd-sweeper").status, 0);
  require_equal(number_of("SELECT COUNT(*) FROM known_device WHERE user_id = " + id), 0, "swept");
}

Test(login_alert, an_organization_can_ask_for_more_but_not_for_less) {
  const PrivateStack stack{{"LOGIN_ALERT=never"}};
  stack.take_the_suites_place();
  const auto owner = sign_up_verified();
  const auto guest = sign_up_verified();
  require_equal(told_of(guest, kFirefox), 0U, "never");
  ask_for(owner, R"("always")");
  require_equal(told_of(guest, kFirefox), 0U, "another organization asks");
  join(owner, guest);
  require_equal(told_of(guest, kFirefox), 1U, "one of hers asks");
  require_equal(told_of(guest, kFirefox), 1U, "for each");
  ask_for(owner, R"("new_device")");
  require_equal(told_of(guest, kFirefox), 0U);
  require_equal(told_of(guest, kSafari), 1U, "a new device");
  ask_for(owner, "null");
  require_equal(told_of(guest, "curl/8"), 0U, "as the service says");
  // The stricter of two counts.
  ask_for(owner, R"("always")");
  ask_for(guest, R"("new_device")");
  require_equal(told_of(guest, kFirefox), 1U);
  expect_problem(owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"login_alert":"never"})"),
                 422, "validation_failed");
  require_equal(number_of("SELECT login_alert FROM organization WHERE id = " + binary(owner.org_id)), 2,
                "nothing changed");
  expect(owner.client().del("/delete", object({{"user_id", guest.user_id}, {"org_id", owner.org_id}})), 204);
  require_equal(told_of(guest, kSafari), 0U, "no longer hers");
}

// Who used the account until then may have been somebody else, whose device must not stay known.
Test(login_alert, a_reset_forgets_the_devices) {
  const PrivateStack stack{{"LOGIN_ALERT=new_device"}};
  stack.take_the_suites_place();
  auto account = sign_up_verified();
  require_equal(told_of(account, kFirefox), 1U);
  expect(Client{}.post("/reset_password", object({{"email", account.email}})), 202);
  account.password = "other orbit canyon 43";
  expect(Client{}.post("/api/v1/auth/password-reset/confirm",
                       object({{"token", newest_mail(account.email, "password_reset").token()},
                               {"new_password", account.password}})),
         204);
  require_equal(told_of(account, kFirefox), 1U, "known from before the reset");
}
