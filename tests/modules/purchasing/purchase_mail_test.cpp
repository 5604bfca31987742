// Mails about purchase requests: to those who may approve, and to who asked.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/purchasing.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

std::int64_t ordered(const Account& account, const std::string& kind) {
  return number_of("SELECT COUNT(*) FROM outbox WHERE template = " + literal(kind) +
                   " AND org_id = " + binary(account.org_id));
}

}  // namespace

Test(purchase_mail, a_submission_is_told_to_those_who_may_approve_it_and_to_nobody_else) {
  const Purchasing shop;
  const auto idle = invite_and_accept(shop.owner, "manager");
  expect(shop.owner.client().put("/api/v1/users/" + idle.user_id, R"({"status":"inactive"})"), 200);
  const auto viewer = invite_and_accept(shop.owner, "viewer");
  // Whose address was typed by somebody else gets no mail that somebody else wrote.
  const auto unverified = invite_and_accept(shop.owner, "manager");
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(unverified.user_id));
  const auto buyer = invite_and_accept(shop.owner, "viewer");
  expect(make_role(shop.owner, "buyer", R"(["purchase_requests:read","purchase_requests:approve"])"), 201);
  expect(give(shop.owner, buyer, "buyer"), 200);
  expect(shop.owner.client().put("/api/v1/organizations/" + shop.owner.org_id,
                                 R"({"mail_sender_name":"Acme Buying"})"),
         200);
  submitted(shop.member, purchase_body({purchase_line(shop.bolt, "10")}, "", "Bolts & <nuts> for März"));
  require_equal(ordered(shop.owner, "purchase_submitted"), 3);
  for (const auto& who : {shop.owner, shop.manager, buyer})
    require_equal(count_mails(who.email, "purchase_submitted"), 1U);
  const auto mail = newest_mail(shop.manager.email, "purchase_submitted");
  require(mail.header("From").find("Acme Buying via ") != std::string::npos, mail.header("From"));
  for (const char* part : {"Bolts & <nuts> for März", "1.20 EUR", "Acme"})
    require(mail.text.find(part) != std::string::npos, mail.text);
  require(mail.text.find(shop.member.email) != std::string::npos, mail.text);
  require(mail.html.find("Bolts &amp; &lt;nuts&gt; for März") != std::string::npos, mail.html);
  require_equal(count_mails(viewer.email, "purchase_submitted"), 0U);
}

Test(purchase_mail, who_asks_is_not_told_and_who_may_not_approve_the_amount_neither) {
  const Purchasing shop;
  const auto owner_role = role_id(shop.owner, "owner");
  expect(shop.owner.client().put(
             "/api/v1/purchase-requests/thresholds",
             R"({"thresholds":[{"currency":"EUR","above_minor":100,"role_id":")" + owner_role + "\"}]}"),
         200);
  submitted(shop.member, shop.body());
  require_equal(count_mails(shop.manager.email, "purchase_submitted"), 0U);
  require_equal(count_mails(shop.owner.email, "purchase_submitted"), 1U);
  submitted(shop.owner, shop.body());
  require_equal(ordered(shop.owner, "purchase_submitted"), 1);
}

Test(purchase_mail, a_decision_is_told_to_who_asked_while_a_member) {
  const Purchasing shop;
  auto manager = shop.manager.client();
  const auto path = submitted(shop.member, purchase_body({purchase_line(shop.bolt, "10")}, "", "Bolts"));
  expect(manager.post(path + "/reject", R"({"reason":"There are <enough>"})"), 200);
  const auto mail = newest_mail(shop.member.email, "purchase_decided");
  require_equal(mail.header("Subject"), "Purchase request 1 is rejected: Bolts");
  require(mail.text.find("There are <enough>") != std::string::npos, mail.text);
  require(mail.text.find(shop.manager.email) != std::string::npos, mail.text);
  require(mail.html.find("There are &lt;enough&gt;") != std::string::npos, mail.html);
  expect(manager.post(submitted(shop.member, shop.body()) + "/approve"), 200);
  require_equal(count_mails(shop.member.email, "purchase_decided"), 2U);
  const auto last = submitted(shop.member, shop.body());
  expect(shop.owner.client().put("/api/v1/users/" + shop.member.user_id, R"({"status":"inactive"})"), 200);
  expect(manager.post(last + "/approve"), 200);
  require_equal(count_mails(shop.member.email, "purchase_decided"), 2U);
}

Test(purchase_mail, a_step_that_is_refused_mails_nobody) {
  const Purchasing shop;
  const auto path = submitted(shop.manager, shop.body());
  const auto before = ordered(shop.owner, "purchase_submitted");
  expect_problem(take(shop.manager, path, "submit"), 409, "invalid_transition");
  expect_problem(take(shop.manager, path, "approve"), 403, "own_request");
  require_equal(ordered(shop.owner, "purchase_submitted"), before);
  require_equal(ordered(shop.owner, "purchase_decided"), 0);
}

Test(purchase_mail, no_more_than_fifty_are_told_at_once, .timeout = 120) {
  const Purchasing shop;
  const auto org = binary(shop.owner.org_id);
  for (int i = 0; i < 60; ++i) {
    const auto id = binary(fresh_id());
    database().run("INSERT INTO user (id, email, email_verified_at, created_at, updated_at) VALUES (" + id +
                   ", " + literal(fresh_email("crowd")) + ", 1, 1, 1)");
    database().run("INSERT INTO member (org_id, user_id, role_id, created_at, updated_at) SELECT " + org +
                   ", " + id + ", id, 1, 1 FROM role WHERE name = 'manager' AND org_id = " + org);
  }
  submitted(shop.member, shop.body());
  require_equal(ordered(shop.owner, "purchase_submitted"), 50);
}
