// How much mail an address gets, and who can spend it: what others cause never keeps away what its owner asks
// for.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/private_stack.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

// The defaults, which the suite's instance switches off.
std::vector<std::string> with_budgets() {
  return {"LIMIT_MAIL=10", "LIMIT_MAIL_CAUSED=10", "LIMIT_MAIL_ALERTS=10", "LIMIT_INVITE=1000"};
}

Client from(const std::string& address, const std::string& token = "") {
  Client client;
  client.header("X-Forwarded-For", address);
  if (!token.empty()) client.bearer(token);
  return client;
}

void ask_for_reset(const std::string& email, const std::string& address = "192.0.2.1") {
  expect(from(address).post("/reset_password", object({{"email", email}})), 202);
}

std::string new_user(const std::string& email) {
  return object({{"email", email}, {"first_name", "Ada"}, {"last_name", "Byron"}});
}

Account sign_up_from(const std::string& address, const std::string& organization = "Acme") {
  const auto email = fresh_email("owner");
  const auto reply = from(address).post("/signup", sign_up_body(email, organization));
  expect(reply, 201);
  return account_of(reply, email);
}

std::int64_t pending(const std::string& email, const std::string& kind) {
  return number_of("SELECT COUNT(*) FROM outbox WHERE status <> 2 AND template = " + literal(kind) +
                   " AND recipient = " + literal(email));
}

std::string subject_of(const Mail& mail) { return mail.header("Subject"); }

}  // namespace

Test(mail_budget, refused_requests_spend_nobodys_mail) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  const auto victim = sign_up();
  const auto attacker = sign_up();
  for (int i = 0; i < 30; ++i)
    expect_problem(attacker.client().post("/api/v1/users", new_user(victim.email)), 409, "email_taken");
  expect(invite(attacker, victim.email), 201);
  for (int i = 0; i < 30; ++i) expect_problem(invite(attacker, victim.email), 409, "invite_pending");
  for (int i = 0; i < 30; ++i)
    expect_problem(Client{}.post("/signup", sign_up_body(victim.email, "Acme")), 409, "email_taken");
  ask_for_reset(victim.email);
  require_equal(pending(victim.email, "password_reset"), 1);
  // Nor what others may cause: another organization's invitation still goes.
  expect(invite(sign_up(), victim.email), 201);
}

Test(mail_budget, mail_that_others_cause_does_not_spend_what_the_owner_asks_for) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  const auto victim = sign_up();
  // One organization may cause a half, all together the whole.
  const auto first = sign_up_verified();
  const auto sent = expect(invite(first, victim.email), 201).text("/id");
  int resent = 0;
  while (first.client().post("/api/v1/invites/" + sent + "/resend", "{}").status == 200) ++resent;
  require_equal(resent, 4);
  int invited = 0;
  for (int i = 0; i < 10; ++i) invited += invite(sign_up_verified(), victim.email).status == 201 ? 1 : 0;
  require_equal(invited, 5);
  expect_problem(invite(sign_up_verified(), victim.email), 429, "rate_limited");
  require_equal(pending(victim.email, "invitation"), 10);
  for (int i = 0; i < 12; ++i) ask_for_reset(victim.email);
  require_equal(pending(victim.email, "password_reset"), 10);
}

Test(mail_budget, strangers_who_ask_for_resets_do_not_keep_the_owner_from_one) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto victim = sign_up_from("192.0.2.1");
  // One network spends a half of what strangers may have sent, many the whole.
  for (int i = 0; i < 20; ++i) ask_for_reset(victim.email, "198.51.100.1");
  require_equal(pending(victim.email, "password_reset"), 5);
  for (int i = 0; i < 40; ++i) ask_for_reset(victim.email, "203.0.113." + std::to_string(i % 20 + 1));
  require_equal(pending(victim.email, "password_reset"), 10);
  // The owner asks from where they have signed in before.
  ask_for_reset(victim.email, "192.0.2.1");
  require_equal(pending(victim.email, "password_reset"), 11);
  // From elsewhere no new link comes, and the newest stays good.
  ask_for_reset(victim.email, "192.0.2.77");
  require_equal(pending(victim.email, "password_reset"), 11);
  const auto token = newest_mail(victim.email, "password_reset").token();
  expect(Client{}.post("/reset_password",
                       object({{"token", token}, {"new_password", "marble lantern 79 quick"}})),
         204);
}

Test(mail_budget, a_change_of_address_tells_by_no_limit_whether_the_address_has_an_account) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  const auto taken = sign_up();
  std::vector<int> counts;
  for (const auto& wanted : {taken.email, fresh_email()}) {
    int accepted = 0;
    for (int who = 0; who < 3; ++who) {
      const auto asker = sign_up();
      verify(asker);
      const auto body = object({{"new_email", wanted}, {"password", asker.password}});
      for (int i = 0; i < 8; ++i)
        accepted += asker.client().post("/api/v1/auth/change-email", body).status == 202 ? 1 : 0;
    }
    counts.push_back(accepted);
  }
  require_equal(counts[0], counts[1]);
  require_equal(counts[0], 10);
}

Test(mail_budget, an_account_whose_address_is_not_proven_gets_no_alerts) {
  auto unproven = sign_up();
  for (int i = 0; i < 30; ++i) expect(sign_in(unproven.email, unproven.password), 200);
  expect(unproven.client().post(
             "/api/v1/auth/change-password",
             object({{"current_password", unproven.password}, {"new_password", "marble lantern 79 quick"}})),
         204);
  require_equal(number_of("SELECT COUNT(*) FROM outbox WHERE template <> 'verification' AND recipient = " +
                          literal(unproven.email)),
                0);
  unproven.password = "marble lantern 79 quick";
  verify(unproven);
  expect(sign_in(unproven.email, unproven.password), 200);
  newest_mail(unproven.email, "login_alert");
}

Test(mail_budget, alerts_have_a_budget_and_sign_ins_do_not_spend_that_of_changes) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  const auto owner = sign_up();
  verify(owner);
  for (int i = 0; i < 15; ++i) expect(sign_in(owner.email, owner.password), 200);
  require_equal(pending(owner.email, "login_alert"), 10);
  expect(owner.client().post(
             "/api/v1/auth/change-password",
             object({{"current_password", owner.password}, {"new_password", "marble lantern 79 quick"}})),
         204);
  require_equal(pending(owner.email, "password_changed"), 1);
}

Test(mail_budget, an_account_whose_address_is_not_proven_causes_few_mails_without_words_of_its_own) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  stack.trust_local_proxy();
  const auto spammer = sign_up_from("192.0.2.1", "WIN A PRIZE today");
  std::vector<std::string> invited;
  auto client = from("192.0.2.1", spammer.access_token);
  for (int i = 0; i < 100; ++i) {
    const auto email = fresh_email();
    const auto body = object({{"email", email}});
    if (client.post("/invite_member", body).status == 201) invited.push_back(email);
  }
  require_equal(invited.size(), 5U);
  {
    Unchanged database;
    expect_problem(client.post("/invite_member", object({{"email", fresh_email()}})), 429, "rate_limited");
    expect_problem(client.post("/api/v1/users", new_user(fresh_email())), 429, "rate_limited");
    database.check("mails too many");
  }
  const auto mail = newest_mail(invited.front(), "invitation");
  require_equal(subject_of(mail), "You are invited to join an organization at tenantd");
  require(mail.header("From").find("PRIZE") == std::string::npos, mail.header("From"));
  // Nor do many accounts of one network cause many.
  int caused = 0;
  for (int i = 0; i < 12; ++i) {
    auto other = from("192.0.2.1", sign_up_from("192.0.2.1").access_token);
    for (int j = 0; j < 5; ++j)
      caused += other.post("/invite_member", object({{"email", fresh_email()}})).status == 201 ? 1 : 0;
  }
  require_equal(caused, 20);
  // Whoever proves the address is bounded as everybody is, and names the organization.
  verify(spammer);
  const auto friendly = fresh_email();
  expect(client.post("/invite_member", object({{"email", friendly}})), 201);
  require(subject_of(newest_mail(friendly, "invitation")).find("WIN A PRIZE today") != std::string::npos,
          "the organization's name");
}

// Accounts cost nothing to make, and organizations neither.
Test(mail_budget, accounts_whose_addresses_are_not_proven_do_not_keep_a_readers_mail_away) {
  const PrivateStack stack{with_budgets()};
  stack.take_the_suites_place();
  const auto reader = fresh_email();
  std::int64_t sent = 0;
  for (int i = 1; i <= 3; ++i) {
    const auto address = "203.0." + std::to_string(i) + ".7";
    const auto stranger = sign_up_from(address);
    for (int n = 0; n < 2; ++n) {
      const auto reply = from(address, stranger.access_token)
                             .post("/api/v1/organizations", object({{"name", "More " + std::to_string(n)}}));
      expect(reply, 201);
      const auto invited = from(address, stranger.access_token)
                               .header("X-Tenant-Id", reply.text("/id"))
                               .post("/invite_member", object({{"email", reader}, {"role", "viewer"}}));
      require(invited.status == 201 || invited.status == 429, invited.describe());
      if (invited.status == 201) ++sent;
    }
  }
  require_equal(sent, 5, "a half of what others may cause");
  expect(invite(sign_up_verified(), reader), 201);
}

Test(mail_budget, no_subject_carries_an_address_of_the_web) {
  const auto spammer = sign_up();
  verify(spammer);
  for (const char* name : {"WIN A PRIZE at https://evil.example/x", "evil\u3002example", "evil\u2024example",
                           "evil.\u200Bexample", "www.evil.example", "mailto:prize@evil.example"}) {
    expect(spammer.client().put("/api/v1/organizations/" + spammer.org_id, object({{"name", name}})), 200);
    const auto invited = fresh_email();
    expect(invite(spammer, invited), 201);
    const auto mail = newest_mail(invited, "invitation");
    require_equal(subject_of(mail), "You are invited to join an organization at tenantd", name);
    require(mail.text.find(name) == std::string::npos && mail.html.find(name) == std::string::npos,
            mail.text);
  }
}
