// Which mails an account's owner wants: more than the service and its organizations ask for, never fewer.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kPreferences = "/api/v1/users/me/preferences";

Response choose(const Account& account, const std::string& alert) {
  return account.client().put(kPreferences, R"({"login_alert":)" + alert + '}');
}

std::size_t told(const Account& account, const std::string& agent = "Mozilla/5.0 Firefox/132") {
  const auto before = count_mails(account.email, "login_alert");
  Client client;
  client.header("User-Agent", agent);
  expect(client.post("/signin", object({{"email", account.email}, {"password", account.password}})), 200);
  return count_mails(account.email, "login_alert") - before;
}

void demand(const Account& owner, const std::string& alert) {
  expect(owner.client().put("/api/v1/organizations/" + owner.org_id, R"({"login_alert":)" + alert + '}'),
         200);
}

}  // namespace

Test(preferences, at_first_nothing_is_chosen_and_fewer_cannot_be) {
  const auto account = sign_up_verified();
  const auto seen = account.client().get(kPreferences);
  expect(seen, 200);
  require(seen.at("/login_alert").IsNull(), seen.describe());
  for (const char* member : {"/login_alert_usual", "/login_alert_least", "/login_alert_in_force"})
    require_equal(seen.text(member), "always", member);
  Unchanged database;
  for (const char* fewer : {R"("never")", R"("new_device")"}) {
    const auto reply = choose(account, fewer);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/login_alert");
  }
  for (const char* wrong : {R"("sometimes")", "1", "true"})
    expect_problem(choose(account, wrong), 422, "validation_failed");
  expect_problem(account.client().put(kPreferences, "{}"), 422, "validation_failed");
  database.check("what cannot be chosen");
}

Test(preferences, a_choice_is_kept_and_written_down) {
  const auto account = sign_up_verified();
  const auto reply = choose(account, R"("always")");
  expect(reply, 200);
  require_equal(reply.text("/login_alert"), "always");
  require_equal(audit_rows_of(reply), 1);
  const auto events = account.client().get("/api/v1/auth/security-events");
  require_equal(expect(events, 200).text("/items/0/type"), "alerts.changed");
  require_equal(audit_rows_of(choose(account, R"("always")")), 0, "the same again");
  require(expect(choose(account, "null"), 200).at("/login_alert").IsNull(), "taken back");
  require_equal(count_mails(account.email, "security_changed"), 0U, "no fewer mails, no mail about it");
}

Test(preferences, nobody_chooses_for_somebody_else) {
  const auto owner = sign_up();
  const auto admin = new_super_admin();
  const auto acting = acting_as(admin, owner, owner);
  const auto key = make_api_key(owner, R"(["users:read"])");
  Unchanged database;
  expect(acting.client().get(kPreferences), 200);
  expect_problem(acting.client().put(kPreferences, R"({"login_alert":"always"})"), 403, "impersonating");
  expect_problem(key.client().get(kPreferences), 403, "session_required");
  expect_problem(Client{}.get(kPreferences), 401, "unauthenticated");
  database.check("choices of others");
}

Test(preferences, an_account_may_have_more_than_the_service_sends) {
  const PrivateStack stack{{"LOGIN_ALERT=never"}};
  stack.take_the_suites_place();
  const auto account = sign_up_verified();
  require_equal(told(account), 0U);
  expect(choose(account, R"("always")"), 200);
  require_equal(told(account), 1U);
  expect(choose(account, R"("new_device")"), 200);
  require_equal(newest_mail(account.email, "security_changed").text.find("fewer mails") != std::string::npos,
                true, "fewer are told of");
  require_equal(told(account), 0U);
  require_equal(told(account, "curl/8"), 1U, "a new device");
}

Test(preferences, fewer_are_chosen_where_the_service_lets_it_and_no_organization_asks_for_more,
     .timeout = 240) {
  const PrivateStack stack{{"LOGIN_ALERT_LEAST=never"}};
  stack.take_the_suites_place();
  const auto owner = sign_up_verified();
  const auto guest = sign_up_verified();
  require_equal(told(guest), 1U, "as the service says");
  expect(choose(guest, R"("never")"), 200);
  require_equal(told(guest), 0U);
  demand(owner, R"("new_device")");
  join(owner, guest);
  const auto seen = guest.client().get(kPreferences);
  require_equal(expect(seen, 200).text("/login_alert_least"), "new_device");
  require_equal(seen.text("/login_alert_in_force"), "new_device", "what was chosen before weakens nothing");
  require_equal(told(guest, "curl/8"), 1U, "an organization asks");
  require_equal(told(guest), 0U);
  demand(owner, R"("always")");
  require_equal(told(guest), 1U);
  expect(choose(guest, "null"), 200);
  const auto reply = choose(guest, R"("new_device")");
  expect_problem(reply, 422, "validation_failed");
  expect_pointer(reply, "/login_alert");
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE login_alert IS NOT NULL"), 0, "nothing changed");
}
