// Invitations: one pending for an address, used once, by the right person, while its time and its inviter's
// right last.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"

using namespace tenantd::test;

namespace {

Response accept(const std::string& token) {
  return Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}}));
}

std::int64_t invites_of(const Account& owner) {
  return number_of("SELECT COUNT(*) FROM invite WHERE org_id = " + binary(owner.org_id));
}

void set_expiry(const Account& owner, const std::string& expression) {
  database().run("UPDATE invite SET expires_at = " + expression + " WHERE org_id = " + binary(owner.org_id));
}

}  // namespace

Test(invite, a_second_invitation_while_one_is_pending_is_refused) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  expect_problem(invite(owner, email), 409, "invite_pending");
  std::string upper = email;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  expect_problem(invite(owner, upper), 409, "invite_pending");
  require_equal(invites_of(owner), 1);
  require_equal(count_mails(email, "invitation"), 1U);
  // Another organization may invite the same address.
  expect(invite(sign_up(), email), 201);
}

Test(invite, an_expired_invitation_is_refused_to_the_second_while_the_sweeper_stands_still) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto token = invite_token(email);
  set_expiry(owner, "UNIX_TIMESTAMP()");
  expect_problem(accept(token), 410, "invite_gone");
  require_equal(number_of("SELECT COUNT(*) FROM user WHERE email = " + literal(email)), 0);
  require_equal(invites_of(owner), 1);
  set_expiry(owner, "UNIX_TIMESTAMP() + 30");
  expect(accept(token), 200);
}

Test(invite, an_expired_invitation_makes_room_for_a_new_one_and_leaves_an_event) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto stale = invite_token(email);
  set_expiry(owner, "UNIX_TIMESTAMP()");
  expect(invite(owner, email), 201);
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'invite.expired' AND org_id = " +
                          binary(owner.org_id)),
                1);
  expect_problem(accept(stale), 410, "invite_gone");
  expect(accept(invite_token(email)), 200);
}

Test(invite, an_invitation_is_accepted_once) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto token = invite_token(email);
  const auto joined = accept(token);
  expect(joined, 200);
  Unchanged database;
  for (const auto& again : {accept(token), Client{}.get("/accept_invite?token=" + token)}) {
    expect_problem(again, 409, "already_member");
    require(again.text("/detail").find("sign in") != std::string::npos, again.body);
  }
  database.check("accepted twice");
  for (const std::string& unknown : {std::string{"x"}, token.substr(1), token + "A", std::string(512, 'A')})
    expect_problem(accept(unknown), 410, "invite_gone");
  expect_problem(invite(owner, email), 409, "already_member");
  // Who has been removed since is no member: the link is worth nothing.
  expect(owner.client().del("/delete", object({{"user_id", joined.text("/user/id")}})), 204);
  expect_problem(accept(token), 410, "invite_gone");
}

Test(invite, a_person_signed_in_as_somebody_else_is_refused) {
  const auto owner = sign_up();
  const auto other = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  const auto body = object({{"token", invite_token(email)}, {"password", kPassword}});
  {
    Unchanged database;
    const auto reply = other.client().post("/accept_invite", body);
    require(reply.status == 403, reply.describe());
    expect_problem(reply, 403, "wrong_account");
    expect_problem(owner.client().get("/accept_invite?token=" + invite_token(email)), 403, "wrong_account");
    database.check("another account's acceptance");
  }
  expect(Client{}.post("/accept_invite", body), 200);
}

Test(invite, an_invitation_falls_with_the_right_of_its_inviter) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto leaver = invite_and_accept(owner, "admin");
  const auto first = fresh_email();
  const auto second = fresh_email();
  expect(invite(admin, first, "admin"), 201);
  expect(invite(leaver, second, "viewer"), 201);
  auto boss = owner.client();
  expect(boss.post("/update_member_role", object({{"user_id", admin.user_id}, {"new_role_name", "manager"}})),
         200);
  expect_problem(accept(invite_token(first)), 410, "invite_gone");
  expect(boss.del("/delete", object({{"user_id", leaver.user_id}})), 204);
  expect_problem(accept(invite_token(second)), 410, "invite_gone");
  // It stays dead when the right comes back, and stands in nobody's way.
  expect(boss.post("/update_member_role", object({{"user_id", admin.user_id}, {"new_role_name", "admin"}})),
         200);
  expect_problem(accept(invite_token(first)), 410, "invite_gone");
  expect(invite(owner, second, "viewer"), 201);
  expect(invite(admin, first, "admin"), 201);
}

Test(invite, nobody_grants_a_role_above_their_own) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto manager = invite_and_accept(owner, "manager");
  Unchanged database;
  for (const char* role : {"owner"}) expect_problem(invite(admin, fresh_email(), role), 403, "role_outranks");
  for (const char* role : {"owner", "admin"})
    expect_problem(invite(manager, fresh_email(), role), 403, "role_outranks");
  const auto promote = object({{"user_id", admin.user_id}, {"new_role_name", "owner"}});
  expect_problem(admin.client().post("/update_member_role", promote), 403, "role_outranks");
  const auto demote = object({{"user_id", owner.user_id}, {"new_role_name", "viewer"}});
  expect_problem(admin.client().post("/update_member_role", demote), 403, "role_outranks");
  expect_problem(admin.client().del("/delete", object({{"user_id", owner.user_id}})), 403, "role_outranks");
  expect_problem(invite(owner, fresh_email(), "emperor"), 422, "validation_failed");
  database.check("roles above one's own");
}

Test(invite, the_last_owner_can_be_neither_removed_nor_demoted) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  expect_problem(client.del("/delete", object({{"user_id", owner.user_id}})), 409, "last_owner");
  const auto demote = object({{"user_id", owner.user_id}, {"new_role_name", "admin"}});
  expect_problem(client.post("/update_member_role", demote), 409, "last_owner");
  database.check("the last owner");
}

Test(invite, a_scanner_that_follows_the_link_like_a_browser_changes_nothing) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  verify(guest);
  expect(invite(owner, guest.email), 201);
  const auto token = invite_token(guest.email);
  {
    Unchanged database;
    for (const char* accept_header :
         {"text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}) {
      const auto reply = Client{}.send(
          {"GET", "/accept_invite?token=" + token, std::nullopt, "", {{"Accept", accept_header}}});
      expect(reply, 303);
      require(reply.header("location").ends_with("/invite#token=" + token), reply.header("location"));
      require_equal(reply.header("cache-control"), "no-store");
    }
    expect_problem(
        Client{}.send(
            {"GET", "/accept_invite?token=x%0d%0aSet-Cookie:x", std::nullopt, "", {{"Accept", "text/html"}}}),
        422, "validation_failed");
    expect(
        Client{}.send({"HEAD", "/accept_invite?token=" + token, std::nullopt, "", {{"Accept", "text/html"}}}),
        303);
    database.check("a scanner");
  }
  expect(Client{}.get("/accept_invite?token=" + token), 200);
  require_equal(stored_role(owner.org_id, guest.user_id), "member");
}

Test(invite, a_head_request_accepts_nothing) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  expect(invite(owner, guest.email), 201);
  const auto token = invite_token(guest.email);
  Unchanged database;
  Client{}.send({"HEAD", "/accept_invite?token=" + token, std::nullopt, "", {}});
  database.check("a HEAD request (RFC 9110: safe)");
}

Test(invite, no_column_of_any_table_holds_a_token) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
  auto columns = database().run_query(
      "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t "
      "ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
      "WHERE c.table_schema = 'tenantd' AND t.table_type = 'BASE TABLE'");
  const auto invitation = invite_token(email);
  const auto reset = newest_mail(owner.email, "password_reset").token();
  while (columns.next()) {
    const auto place = '`' + columns.text(1) + "` FROM `" + columns.text(0) + '`';
    for (const auto& token : {invitation, reset, owner.refresh_token, owner.access_token,
                              tenantd::base64url_decode(invitation).value()})
      require_equal(number_of("SELECT COUNT(*) FROM `" + columns.text(0) + "` WHERE LOCATE(0x" +
                              tenantd::to_hex(token) + ", CAST(`" + columns.text(1) + "` AS BINARY)) > 0"),
                    0, place);
  }
  const auto hash = tenantd::to_hex(tenantd::crypto::sha256(invitation));
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE token = 0x" + hash), 1);
}

Test(invite, a_deactivated_account_does_not_join) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  expect(invite(owner, guest.email), 201);
  database().run("UPDATE user SET status = 1 WHERE email = " + literal(guest.email));
  expect_problem(accept(invite_token(guest.email)), 410, "invite_gone");
  expect_problem(owner.client().post("/invite_member", object({{"user_id", guest.user_id}})), 404,
                 "not_found");
  require_equal(stored_role(owner.org_id, guest.user_id), "");
}

Test(invite, an_organization_that_is_deactivated_takes_nobody) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  expect(invite(owner, email), 201);
  database().run("UPDATE organization SET status = 1 WHERE id = " + binary(owner.org_id));
  expect_problem(accept(invite_token(email)), 410, "invite_gone");
}

Test(invite, the_end_of_a_membership_takes_the_pending_invitations_along) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  database().run(
      "INSERT INTO invite (org_id, id, token, email, user_id, role_id, invited_by, created_at, updated_at, "
      "expires_at) "
      "SELECT org_id, " +
      binary(fresh_id()) + ", " + "REPEAT('y', 32), email, " + binary(member.user_id) +
      ", role_id, invited_by, created_at, updated_at, UNIX_TIMESTAMP() + 600 FROM invite WHERE org_id = " +
      binary(owner.org_id));
  expect(owner.client().del("/delete", object({{"user_id", member.user_id}})), 204);
  require_equal(
      number_of("SELECT COUNT(*) FROM invite WHERE status = 0 AND org_id = " + binary(owner.org_id)), 0);
}
