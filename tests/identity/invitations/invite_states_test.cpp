// What becomes of an invitation: listed, sent again, revoked, declined; and of several answers at once, one.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/processes.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

namespace {

struct Invited {
  std::string email;
  std::string id;
  std::string token;
};

Invited invited_by(const Account& inviter, const std::string& role = "member") {
  const auto email = fresh_email();
  const auto made = invite(inviter, email, role);
  expect(made, 201);
  return {email, made.text("/id"), invite_token(email)};
}

std::string path_to(const Invited& invited) { return "/api/v1/invites/" + invited.id; }

Response accept(const std::string& token) {
  return Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}}));
}

Response decline(const std::string& id, const std::string& token) {
  return Client{}.post("/api/v1/invites/" + id + "/decline", object({{"token", token}}));
}

void expire(const Invited& invited) {
  database().run("UPDATE invite SET expires_at = UNIX_TIMESTAMP() WHERE id = " + binary(invited.id));
}

std::string status_of(const Account& owner, const Invited& invited) {
  return owner.client().get(path_to(invited)).text("/status");
}

}  // namespace

Test(invite_states, the_list_tells_states_and_deliveries_and_takes_a_filter) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto pending = invited_by(owner);
  const auto revoked = invited_by(owner);
  const auto declined = invited_by(owner);
  const auto accepted = invited_by(owner);
  const auto expired = invited_by(owner);
  expect(client.del(path_to(revoked), ""), 204);
  expect(decline(declined.id, declined.token), 204);
  expect(accept(accepted.token), 200);
  expire(expired);
  const auto all = client.get("/api/v1/invites?include_total=true");
  expect(all, 200);
  require_equal(all.number("/total"), 5);
  for (const auto& [status, invited] :
       {std::pair{"pending", pending}, std::pair{"revoked", revoked}, std::pair{"declined", declined},
        std::pair{"accepted", accepted}, std::pair{"expired", expired}}) {
    const auto some = client.get(std::string{"/api/v1/invites?include_total=true&status="} + status);
    expect(some, 200);
    require_equal(some.number("/total"), 1, status);
    require_equal(some.text("/items/0/id"), invited.id, status);
    require_equal(some.text("/items/0/email"), invited.email, status);
    require_equal(some.text("/items/0/status"), status);
    require_equal(status_of(owner, invited), status);
  }
  require_equal(client.get("/api/v1/invites?status=0").size("/items"), 1U);
  expect_problem(client.get("/api/v1/invites?status=gone"), 422, "validation_failed");
  const auto first = client.get("/api/v1/invites?limit=2");
  const auto rest = client.get("/api/v1/invites?limit=3&cursor=" + first.text("/next_cursor"));
  require_equal(first.size("/items") + rest.size("/items"), 5U);
  require(rest.at("/next_cursor").IsNull(), rest.describe());
}

Test(invite_states, the_delivery_follows_the_mail) {
  const auto owner = sign_up();
  const auto invited = invited_by(owner);
  auto client = owner.client();
  wait_until("the mail is sent",
             [&] { return client.get(path_to(invited)).text("/delivery/state") == "sent"; });
  const auto sent = client.get(path_to(invited));
  require_equal(sent.number("/delivery/attempts"), 1);
  require(sent.at("/delivery/sent_at").IsInt64(), sent.describe());
  const auto mail = "(SELECT mail_id FROM invite WHERE id = " + binary(invited.id) + ')';
  database().run("UPDATE outbox SET status = 2, attempts = 9, sent_at = NULL WHERE id = " + mail);
  require_equal(client.get(path_to(invited)).text("/delivery/state"), "failed");
  database().run("DELETE FROM outbox WHERE id = " + mail);
  const auto swept = client.get(path_to(invited));
  require_equal(swept.text("/delivery/state"), "unknown");
  require(swept.at("/delivery/attempts").IsNull(), swept.describe());
}

Test(invite_states, an_account_that_was_named_by_its_id_keeps_its_address_to_itself) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  const auto known = sign_up();
  auto client = owner.client();
  expect(client.post("/api/v1/invites", object({{"user_id", guest.user_id}})), 201);
  expect(invite(owner, known.email), 201);
  const auto list = client.get("/api/v1/invites");
  require(list.body.find(guest.email) == std::string::npos, list.describe());
  require(list.body.find(guest.user_id) != std::string::npos, list.describe());
  // Nor does an address tell whether it has an account.
  require(list.body.find(known.user_id) == std::string::npos, list.describe());
}

Test(invite_states, an_invitation_that_is_sent_again_begins_anew) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto invited = invited_by(owner);
  expire(invited);
  const auto again = admin.client().post(path_to(invited) + "/resend");
  expect(again, 200);
  require_equal(again.text("/status"), "pending");
  require_equal(again.text("/invited_by"), admin.user_id);
  require_equal(again.text("/delivery/state"), "queued");
  require_equal(count_mails(invited.email, "invitation"), 2U);
  expect_problem(accept(invited.token), 410, "invite_gone");
  expect(accept(invite_token(invited.email)), 200);
  expect_problem(admin.client().post(path_to(invited) + "/resend"), 409, "conflict");
  expect_problem(admin.client().del(path_to(invited), ""), 409, "conflict");
}

Test(invite_states, a_newer_one_takes_the_place_of_an_expired_one) {
  const auto owner = sign_up();
  const auto found_by_the_sweeper = invited_by(owner);
  const auto not_yet = invited_by(owner);
  database().run("UPDATE invite SET status = 4, expires_at = UNIX_TIMESTAMP() WHERE id = " +
                 binary(found_by_the_sweeper.id));
  expire(not_yet);
  for (const auto& old : {found_by_the_sweeper, not_yet}) {
    expect(invite(owner, old.email), 201);
    require_equal(number_of("SELECT COUNT(*) FROM invite WHERE status = 0 AND email = " + literal(old.email)),
                  1);
    Unchanged database;
    expect_problem(owner.client().post(path_to(old) + "/resend"), 404, "not_found");
    expect_problem(accept(old.token), 410, "invite_gone");
    expect_problem(invite(owner, old.email), 409, "invite_pending");
    database.check("one that was replaced");
  }
}

Test(invite_states, an_expired_one_can_be_withdrawn) {
  const auto owner = sign_up();
  const auto invited = invited_by(owner);
  database().run("UPDATE invite SET status = 4, expires_at = UNIX_TIMESTAMP() WHERE id = " +
                 binary(invited.id));
  expect(owner.client().del(path_to(invited), ""), 204);
  require_equal(status_of(owner, invited), "revoked");
  expect_problem(owner.client().post(path_to(invited) + "/resend"), 409, "conflict");
}

Test(invite_states, it_lives_by_the_right_of_who_sent_it_last) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto invited = invited_by(admin);
  expect(owner.client().post(path_to(invited) + "/resend"), 200);
  const auto token = invite_token(invited.email);
  expect(give(owner, admin, "viewer"), 200);
  expect(accept(token), 200);
}

Test(invite_states, a_revoked_or_declined_link_is_gone) {
  const auto owner = sign_up();
  const auto revoked = invited_by(owner);
  const auto declined = invited_by(owner);
  expect(owner.client().del(path_to(revoked), ""), 204);
  expect(decline(declined.id, declined.token), 204);
  Unchanged database;
  for (const auto& invited : {revoked, declined}) {
    expect_problem(accept(invited.token), 410, "invite_gone");
    expect_problem(decline(invited.id, invited.token), 410, "invite_gone");
    expect_problem(owner.client().post(path_to(invited) + "/resend"), 409, "conflict");
    expect_problem(owner.client().del(path_to(invited), ""), 409, "conflict");
  }
  database.check("links that are gone");
}

Test(invite_states, only_the_token_of_the_invitation_declines_it) {
  const auto owner = sign_up();
  const auto one = invited_by(owner);
  const auto two = invited_by(owner);
  const auto old = invited_by(owner);
  expire(old);
  Unchanged database;
  expect_problem(decline(one.id, two.token), 410, "invite_gone");
  expect_problem(decline(fresh_id(), one.token), 410, "invite_gone");
  expect_problem(decline("x", one.token), 410, "invite_gone");
  expect_problem(decline(one.id, "x"), 410, "invite_gone");
  expect_problem(decline(old.id, old.token), 410, "invite_gone");
  database.check("wrong tokens");
}

Test(invite_states, an_invitation_above_ones_own_role_is_not_ones_to_touch) {
  const auto owner = sign_up();
  const auto manager = invite_and_accept(owner, "manager");
  const auto stranger = sign_up();
  const auto invited = invited_by(owner, "admin");
  Unchanged database;
  expect_problem(manager.client().post(path_to(invited) + "/resend"), 403, "role_outranks");
  expect_problem(manager.client().del(path_to(invited), ""), 403, "role_outranks");
  for (const auto& path :
       {path_to(invited), "/api/v1/invites/" + fresh_id(), std::string{"/api/v1/invites/x"}}) {
    expect_problem(stranger.client().get(path), 404, "not_found");
    expect_problem(stranger.client().post(path + "/resend"), 404, "not_found");
    expect_problem(stranger.client().del(path, ""), 404, "not_found");
  }
  database.check("other people's invitations");
}

Test(invite_states, an_api_key_invites_in_the_name_of_its_maker) {
  const auto owner = sign_up();
  const auto key = make_api_key(owner, R"(["users:invite"])");
  const auto role = make_role(owner, "guest", "[]");
  expect(role, 201);
  const auto email = fresh_email();
  const auto made = key.client().post("/api/v1/invites", object({{"email", email}, {"role", "guest"}}));
  expect(made, 201);
  require_equal(made.text("/invited_by"), owner.user_id);
  require(newest_mail(email, "invitation").text.find(owner.email) != std::string::npos, "the inviter");
  expect_problem(key.client().post("/api/v1/invites", object({{"email", fresh_email()}, {"role", "viewer"}})),
                 403, "role_outranks");
}

Test(invite_states, of_several_answers_at_once_one_counts) {
  for (int round = 0; round < 8; ++round) {
    const auto owner = sign_up();
    const auto guest = sign_up();
    verify(guest);
    const auto made = invite(owner, guest.email);
    expect(made, 201);
    const Invited invited{guest.email, made.text("/id"), invite_token(guest.email)};
    const auto replies = at_once(3, [&](std::size_t i) {
      if (i == 0) return Client{}.post("/accept_invite", object({{"token", invited.token}}));
      if (i == 1) return decline(invited.id, invited.token);
      return owner.client().del(path_to(invited), "");
    });
    int won = 0;
    for (const auto& reply : replies) {
      won += reply.status < 300 ? 1 : 0;
      require(reply.status < 300 || reply.status == 409 || reply.status == 410, reply.describe());
    }
    require_equal(won, 1, "answers");
    const auto status = status_of(owner, invited);
    require_equal(status, replies[0].status == 200   ? "accepted"
                          : replies[1].status == 204 ? "declined"
                                                     : "revoked");
    require_equal(stored_role(owner.org_id, guest.user_id), replies[0].status == 200 ? "member" : "");
  }
}

Test(invite_states, of_an_acceptance_and_a_second_mail_at_once_one_counts) {
  for (int round = 0; round < 8; ++round) {
    const auto owner = sign_up();
    const auto guest = sign_up();
    verify(guest);
    const auto made = invite(owner, guest.email);
    expect(made, 201);
    const Invited invited{guest.email, made.text("/id"), invite_token(guest.email)};
    const auto replies = at_once(2, [&](std::size_t i) {
      return i == 0 ? Client{}.post("/accept_invite", object({{"token", invited.token}}))
                    : owner.client().post(path_to(invited) + "/resend");
    });
    require_equal((replies[0].status == 200) + (replies[1].status == 200), 1, "answers");
    if (replies[0].status == 200) {
      require(replies[1].status == 409, replies[1].describe());
    } else {
      expect_problem(replies[0], 410, "invite_gone");
    }
  }
}
