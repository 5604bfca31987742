// What whoever holds the token of an invitation may know of it, and whom an expired one asks for another.
#include <criterion/criterion.h>

#include "support/audit.hpp"
#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

struct Sent {
  std::string email;
  std::string id;
  std::string token;
};

Sent send_to(const Account& inviter, const std::string& email, const std::string& role = "member") {
  const auto made = invite(inviter, email, role);
  expect(made, 201);
  return {email, made.text("/id"), invite_token(email)};
}

Response look_up(const std::string& token) {
  return Client{}.post("/api/v1/invites/lookup", object({{"token", token}}));
}

Response ask_again(const std::string& token) {
  return Client{}.post("/api/v1/invites/ask-again", object({{"token", token}}));
}

// As the clock alone does it, and as the sweeper leaves it.
void let_expire(const Sent& sent, bool swept = false) {
  database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP()" +
                 std::string{swept ? ", status = 4" : ""} + " WHERE id = " + binary(sent.id));
}

std::size_t requests_to(const Account& account) { return count_mails(account.email, "invitation_asked"); }

}  // namespace

Test(invite_lookup, it_says_who_invites_whom_where_to_and_changes_nothing) {
  const auto owner = sign_up("Northwind");
  const auto sent = send_to(owner, fresh_email(), "viewer");
  const auto known = sign_up();
  const auto unproven = send_to(owner, known.email);
  Unchanged database;
  const auto found = look_up(sent.token);
  expect(found, 200);
  require_equal(found.text("/organization/name"), name_of(owner));
  require_equal(found.text("/organization/slug"),
                text_of("SELECT slug FROM organization WHERE id = " + binary(owner.org_id)));
  // Not proven to be anybody's: the address stands for the name.
  require_equal(found.text("/inviter/name"), owner.email);
  require_equal(found.text("/email"), sent.email);
  require_equal(found.text("/role"), "viewer");
  require_equal(found.text("/state"), "pending");
  require(found.at("/expires_at").IsInt64() && found.at("/needs_password").GetBool(), found.describe());
  require(look_up(unproven.token).at("/needs_password").GetBool(), "whoever made the account may be another");
  database.check("looking up");
  verify(known);
  require(!look_up(unproven.token).at("/needs_password").GetBool(), "it has a password");
}

Test(invite_lookup, the_inviter_has_the_name_of_the_profile) {
  const auto owner = sign_up();
  verify(owner);
  const auto sent = send_to(owner, fresh_email());
  for (const auto& [profile, name] :
       {std::pair{R"({"name":"Ada Lovelace"})", std::string{"Ada Lovelace"}},
        std::pair{R"({"first_name":"Ada","last_name":"King"})", std::string{"Ada King"}},
        std::pair{R"({"last_name":"King"})", std::string{"King"}},
        std::pair{R"({"name":" "})", owner.email}}) {
    database().run("UPDATE user SET profile = " + literal(profile) + " WHERE id = " + binary(owner.user_id));
    require_equal(look_up(sent.token).text("/inviter/name"), name);
  }
}

Test(invite_lookup, an_expired_one_says_so_and_opens_nothing) {
  const auto owner = sign_up();
  for (const bool swept : {false, true}) {
    const auto sent = send_to(owner, fresh_email());
    let_expire(sent, swept);
    Unchanged database;
    const auto found = look_up(sent.token);
    require_equal(expect(found, 200).text("/state"), "expired");
    require_equal(found.text("/inviter/name"), owner.email);
    expect_problem(Client{}.post("/accept_invite", object({{"token", sent.token}, {"password", kPassword}})),
                   410, "invite_gone");
    expect_problem(Client{}.post("/api/v1/invites/" + sent.id + "/decline", object({{"token", sent.token}})),
                   410, "invite_gone");
    database.check("an expired invitation");
  }
}

Test(invite_lookup, what_cannot_be_accepted_answers_as_accepting_does) {
  const auto owner = sign_up();
  const auto revoked = send_to(owner, fresh_email());
  expect(owner.client().del("/api/v1/invites/" + revoked.id, ""), 204);
  const auto resent = send_to(owner, fresh_email());
  expect(owner.client().post("/api/v1/invites/" + resent.id + "/resend"), 200);
  const auto member = sign_up();
  verify(member);
  const auto used = send_to(owner, member.email);
  expect(Client{}.post("/accept_invite", object({{"token", used.token}})), 200);
  Unchanged database;
  for (const auto& token : {revoked.token, resent.token, std::string{"unknown"}}) {
    expect_problem(look_up(token), 410, "invite_gone");
    expect_problem(ask_again(token), 410, "invite_gone");
  }
  expect_problem(look_up(used.token), 409, "already_member");
  expect_problem(ask_again(used.token), 409, "already_member");
  for (const char* path : {"/api/v1/invites/lookup", "/api/v1/invites/ask-again"}) {
    expect_problem(Client{}.post(path, "{}"), 422, "validation_failed");
    expect_problem(Client{}.post(path, object({{"token", ""}})), 422, "validation_failed");
  }
  database.check("tokens that open nothing");
}

Test(invite_lookup, it_falls_with_the_inviter_and_the_organization) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto sent = send_to(admin, fresh_email());
  expect(give(owner, admin, "viewer"), 200);
  expect_problem(look_up(sent.token), 410, "invite_gone");
  const auto closed = send_to(owner, fresh_email());
  const auto late = send_to(owner, fresh_email());
  let_expire(late);
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(owner.org_id));
  Unchanged database;
  expect_problem(look_up(closed.token), 410, "invite_gone");
  expect_problem(look_up(late.token), 410, "invite_gone");
  expect_problem(ask_again(late.token), 410, "invite_gone");
  database.check("an organization that is not active");
}

Test(invite_lookup, the_inviter_is_asked_once_a_day) {
  const MovedClock clock;
  const auto owner = sign_up();
  verify(owner);
  const auto sent = send_to(owner, fresh_email());
  auto before = Snapshot::take();
  expect_problem(ask_again(sent.token), 409, "conflict");
  require_equal(before.difference(Snapshot::take()), "", "an invitation that is still good");
  let_expire(sent);
  expect(ask_again(sent.token), 202);
  const auto mail = newest_mail(owner.email, "invitation_asked");
  require(mail.text.find(sent.email) != std::string::npos, mail.text);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'invite.asked_again' AND actor_id IS NULL "
                          "AND subject_id = " +
                          binary(sent.id)),
                1);
  clock.set(86000);
  before = Snapshot::take();
  expect(ask_again(sent.token), 202);
  require_equal(before.difference(Snapshot::take()), "", "asked a second time within a day");
  clock.set(86500);
  expect(ask_again(sent.token), 202);
  require_equal(requests_to(owner), 2U);
  clock.set(0);
  // Sent again and expired again, it is another occasion.
  expect(owner.client().post("/api/v1/invites/" + sent.id + "/resend"), 200);
  const Sent again{sent.email, sent.id, invite_token(sent.email)};
  let_expire(again, true);
  expect_problem(ask_again(sent.token), 410, "invite_gone");
  expect(ask_again(again.token), 202);
  require_equal(requests_to(owner), 3U);
}

Test(invite_lookup, an_owner_is_asked_where_the_inviter_may_not_invite_any_more) {
  const auto owner = sign_up();
  verify(owner);
  const auto admin = invite_and_accept(owner, "admin");
  const auto sent = send_to(admin, fresh_email());
  let_expire(sent, true);
  expect(give(owner, admin, "viewer"), 200);
  expect(ask_again(sent.token), 202);
  require_equal(requests_to(admin), 0U);
  require_equal(requests_to(owner), 1U);
}

Test(invite_lookup, nobody_is_asked_at_an_address_that_is_not_proven) {
  const auto owner = sign_up();
  const auto sent = send_to(owner, fresh_email());
  let_expire(sent);
  expect(ask_again(sent.token), 202);
  require_equal(requests_to(owner), 0U);
}
