// The pages that mails link to and those of the documentation, in a real browser: what a person sees is in
// tests/node, what the service has made of it is looked at here.
#include <criterion/criterion.h>
#include <rapidjson/document.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/node.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

// A story on the page that the mail links to; afterwards no log knows the token.
std::string follow(const Mail& mail, const std::string& story) {
  auto printed = browse("mail_pages.mjs", {story, mail.link()});
  require_equal(log_with(run_dir(), mail.token()), "", "the token stands in a log");
  return printed;
}

std::string member_of(const std::string& json, const char* name) {
  rapidjson::Document document;
  document.Parse(json);
  require(document.IsObject() && document.HasMember(name) && document[name].IsString(),
          "no " + std::string{name} + " in " + json);
  return document[name].GetString();
}

}  // namespace

Test(pages, an_invited_person_chooses_a_password_and_is_signed_in) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email, "viewer"), 201);
  const auto reply = follow(newest_mail(email, "invitation"), "invitation_of_a_new_person");
  const auto me = Client{}.bearer(member_of(reply, "access_token")).get("/users/me");
  expect(me, 200);
  require_equal(me.text("/email"), email);
  require_equal(stored_role(owner.org_id, me.text("/id")), "viewer");
  expect(sign_in(email, kChosenPassword), 200);
}

Test(pages, an_account_joins_another_organization_with_one_press) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  verify(guest);
  expect(invite(owner, guest.email), 201);
  follow(newest_mail(guest.email, "invitation"), "invitation_of_an_account");
  require_equal(stored_role(owner.org_id, guest.user_id), "member");
}

Test(pages, a_new_password_is_chosen_by_the_link_of_a_mail) {
  const auto owner = sign_up();
  expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
  const auto mail = newest_mail(owner.email, "password_reset");
  follow(mail, "reset");
  expect_problem(sign_in(owner.email, owner.password), 401, "invalid_credentials");
  expect(sign_in(owner.email, kChosenPassword), 200);
  follow(mail, "dead_reset");
}

Test(pages, who_has_no_link_asks_for_one) {
  const auto owner = sign_up();
  browse("mail_pages.mjs", {"asking_for_a_reset", owner.email});
  follow(newest_mail(owner.email, "password_reset"), "reset");
  expect(sign_in(owner.email, kChosenPassword), 200);
  // A stranger's address is told the same.
  const auto unknown = fresh_email();
  browse("mail_pages.mjs", {"asking_for_a_reset", unknown});
  require_equal(count_mails(unknown, "password_reset"), 0U);
}

Test(pages, a_lock_is_lifted_by_the_link_of_a_mail_once) {
  const auto person = sign_up();
  verify(person);
  for (int guess = 0; guess < 5; ++guess) sign_in(person.email, "not this one");
  wait_until("the mail", [&] { return count_mails(person.email, "account_locked") > 0; });
  const auto mail = newest_mail(person.email, "account_locked");
  require_equal(number_of("SELECT locked_until > 0 FROM user WHERE id = " + binary(person.user_id)), 1);
  follow(mail, "unlock");
  require_equal(
      number_of("SELECT failed_signins + locked_until FROM user WHERE id = " + binary(person.user_id)), 0);
  expect(sign_in(person.email, person.password), 200);
  follow(mail, "dead_unlock");
}

Test(pages, an_address_is_confirmed_with_the_password_of_its_account) {
  const auto owner = sign_up();
  const auto mail = newest_mail(owner.email, "verification");
  follow(mail, "verification");
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email_verified_at IS NOT NULL AND id = " +
                          binary(owner.user_id)),
                1);
  follow(mail, "dead_verification");
}

Test(pages, who_did_not_sign_up_takes_the_account_by_a_new_password) {
  const auto squatter = sign_up();
  follow(newest_mail(squatter.email, "verification"), "disowning");
  expect_problem(sign_in(squatter.email, squatter.password), 401, "invalid_credentials");
  expect_problem(squatter.client().get("/users/me"), 401, "invalid_token");
  expect(sign_in(squatter.email, kChosenPassword), 200);
}

Test(pages, a_link_that_cannot_be_used_says_why_and_what_to_do) {
  const auto owner = sign_up();
  verify(owner);  // or nobody mails the owner what a stranger asks
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto mail = newest_mail(email, "invitation");
  database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP() WHERE org_id = " + binary(owner.org_id));
  follow(mail, "expired_invitation");
  newest_mail(owner.email, "invitation_asked");
  const auto url = setting("TENANTD_URL");
  browse("mail_pages.mjs", {"dead_invitation", url + "/invite#token=x%3Cimg%20src=x%3E"});
  browse("mail_pages.mjs", {"dead_verification", url + "/verify#token=" + std::string(512, 'A')});
  browse("mail_pages.mjs", {"no_token", url});
}

Test(pages, the_documentation_shows_this_service) {
  // Until the document exists there is nothing to show.
  if (Client{}.get("/api/v1/openapi.json").status == 404) cr_skip_test("there is no /api/v1/openapi.json");
  browse("doc_pages.mjs", {});
}

Test(pages, every_guide_can_be_read_on_a_desk_and_on_a_phone) { browse("guide_pages.mjs", {}); }
