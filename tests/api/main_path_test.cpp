// The main job, end to end: an organization is founded, a colleague is invited by mail, joins, gets a role,
// is counted and leaves. And the rest of an account's life: refresh, sign out, a forgotten password, a new
// one.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

// The number of users that /role_wise_users gives for a role; 0 if it does not name it.
std::int64_t users_with_role(Client& client, const std::string& role) {
  const auto reply = client.get("/role_wise_users");
  expect(reply, 200);
  for (std::size_t i = 0; i < reply.size("/items"); ++i) {
    const std::string item = "/items/" + std::to_string(i);
    if (reply.text(item + "/role") == role) return reply.number(item + "/users");
  }
  return 0;
}

void require_token_reply(const Response& reply) {
  require(!reply.text("/access_token").empty() && !reply.text("/refresh_token").empty(), reply.describe());
  require_equal(reply.text("/token_type"), "Bearer");
  require(reply.number("/expires_in") > 0 && reply.number("/refresh_expires_in") > 0, reply.describe());
  require_equal(reply.header("cache-control"), "no-store");
  require(reply.body.find("argon2") == std::string::npos, "a reply holds a password's hash");
}

}  // namespace

Test(main_path, a_sign_up_makes_the_account_its_organization_and_an_owner) {
  const auto email = fresh_email();
  const auto name = fresh_name("Founders & Söhne");
  Client client;
  const auto reply = client.post(
      "/signup", object({{"email", email},
                         {"password", kPassword},
                         {"organization_name", name},
                         {"role", "viewer"},
                         {"profile", Field::raw(R"({"first_name":"Ada","tags":["a",{"b":null}]})")}}));
  expect(reply, 201);
  require_token_reply(reply);
  require_equal(reply.text("/user/email"), email);
  require_equal(reply.text("/user/profile/first_name"), "Ada");
  require_equal(reply.text("/organization/name"), name);
  require_equal(reply.text("/organization/role"), "owner");
  require_equal(reply.text("/member/role"), "owner");
  require_equal(reply.text("/member/org_id"), reply.text("/organization/id"));
  require_equal(stored_role(reply.text("/organization/id"), reply.text("/user/id")), "owner");
  require_equal(
      number_of("SELECT COUNT(*) FROM role WHERE org_id = " + binary(reply.text("/organization/id"))), 5);

  const auto mail = newest_mail(email, "verification");
  require(mail.link().starts_with(setting("PUBLIC_URL") + "/verify#token="), mail.link());
  require(mail.html.find(mail.token()) != std::string::npos, "the HTML part lacks the link");
  client.bearer(reply.text("/access_token"));
  expect(client.post("/api/v1/auth/verify-email", object({{"token", mail.token()}})), 204);
  expect_problem(client.post("/api/v1/auth/verify-email", object({{"token", mail.token()}})), 400,
                 "token_invalid");
  const auto me = client.get("/users/me");
  require(me.at("/email_verified").IsTrue(), me.describe());
  newest_mail(email, "welcome");
}

Test(main_path, a_colleague_is_invited_joins_gets_a_role_is_counted_and_leaves) {
  const auto owner = sign_up();
  auto boss = owner.client();
  const auto email = fresh_email("carol");

  const auto sent =
      boss.post("/invite_member", object({{"email", email}, {"org_id", owner.org_id}, {"role", "viewer"}}));
  expect(sent, 201);
  require_equal(sent.text("/email"), email);
  require_equal(sent.text("/status"), "pending");
  require_equal(sent.number("/expires_at") - sent.number("/created_at"), 600);
  require(sent.header("location").ends_with(sent.text("/id")), "Location " + sent.header("location"));

  const auto mail = newest_mail(email, "invitation");
  require(mail.link().starts_with(setting("PUBLIC_URL") + "/invite#token="), mail.link());
  require(mail.text.find(owner.email) != std::string::npos,
          "the mail does not name the inviter:\n" + mail.text);
  const auto page = Client{}.get("/invite");
  expect(page, 200);
  require(page.header("content-type").starts_with("text/html"), page.header("content-type"));

  Client carol;
  expect_problem(carol.post("/accept_invite", object({{"token", mail.token()}})), 422, "password_required");
  const auto accepted =
      carol.post("/accept_invite", object({{"token", mail.token()}, {"password", kPassword}}));
  expect(accepted, 200);
  require_token_reply(accepted);
  require_equal(accepted.text("/organization/id"), owner.org_id);
  require_equal(accepted.text("/member/role"), "viewer");
  const auto user = accepted.text("/user/id");
  require_equal(stored_role(owner.org_id, user), "viewer");
  expect(sign_in(email, kPassword), 200);

  const auto change = object({{"user_id", user}, {"org_id", owner.org_id}, {"new_role_name", "manager"}});
  const auto changed = boss.post("/update_member_role", change);
  expect(changed, 200);
  require_equal(changed.text("/role"), "manager");
  require_equal(stored_role(owner.org_id, user), "manager");

  require_equal(users_with_role(boss, "owner"), 1);
  require_equal(users_with_role(boss, "manager"), 1);
  require_equal(users_with_role(boss, "viewer"), 0);
  const auto by_org = boss.get("/stats/organization-users");
  require_equal(by_org.number("/items/0/users"), 2);
  const auto by_role = boss.get("/stats/organization-role-users?status=active");
  require_equal(by_role.size("/items"), 2U);
  const auto later = boss.get("/stats/organization-users?from_time=4000000000");
  require_equal(later.size("/items"), 0U, later.describe());
  const auto until_now = boss.get("/stats/organization-users?from_time=0&to_time=4000000000&status=0");
  require_equal(until_now.number("/items/0/users"), 2);

  expect(boss.del("/delete", object({{"user_id", user}, {"org_id", owner.org_id}})), 204);
  require_equal(stored_role(owner.org_id, user), "");
  require_equal(users_with_role(boss, "manager"), 0);
  carol.bearer(accepted.text("/access_token"));
  expect_problem(carol.get("/organization/list_users"), 401, "invalid_token");
  expect_problem(boss.del("/delete", object({{"user_id", user}, {"org_id", owner.org_id}})), 404,
                 "not_found");
}

Test(main_path, an_existing_account_joins_by_the_token_alone_and_sees_both_organizations) {
  const auto owner = sign_up();
  const auto guest = sign_up();
  join(owner, guest, "member");
  auto client = guest.client();
  const auto mine = client.get("/users/list_orgs?include_total=true");
  expect(mine, 200);
  require_equal(mine.size("/items"), 2U);
  require_equal(mine.number("/total"), 2);
  const auto selected = client.post("/organization/select", object({{"org_id", owner.org_id}}));
  expect(selected, 200);
  require_token_reply(selected);
  require_equal(selected.text("/organization/role"), "member");
  Client other;
  other.bearer(selected.text("/access_token"));
  require_equal(other.get("/users/me").text("/organization/id"), owner.org_id);
  // The session remembers: a refresh stays there.
  const auto next =
      other.post("/refresh_token", object({{"refresh_token", selected.text("/refresh_token")}}));
  require_equal(next.text("/organization/id"), owner.org_id);
}

Test(main_path, the_organizations_of_an_account_are_listed_page_by_page) {
  const auto owner = sign_up();
  auto client = owner.client();
  for (int i = 0; i < 4; ++i)
    expect(client.post("/organization/register", object({{"name", fresh_name("Branch")}})), 201);
  std::vector<std::string> seen;
  std::string path = "/users/list_orgs?limit=2";
  for (int page = 0; page < 3; ++page) {
    const auto reply = client.get(path);
    expect(reply, 200);
    for (std::size_t i = 0; i < reply.size("/items"); ++i)
      seen.push_back(reply.text("/items/" + std::to_string(i) + "/id"));
    if (page == 2) {
      require(reply.at("/next_cursor").IsNull(), reply.describe());
    } else {
      path = "/users/list_orgs?limit=2&cursor=" + reply.text("/next_cursor");
    }
  }
  require_equal(seen.size(), 5U);
  std::sort(seen.begin(), seen.end());
  require(std::adjacent_find(seen.begin(), seen.end()) == seen.end(), "an organization is on two pages");
}

Test(main_path, several_people_are_invited_with_a_result_for_each) {
  const auto owner = sign_up();
  const auto known = sign_up();
  const auto first = fresh_email();
  const auto body = R"({"org_id":")" + owner.org_id + R"(","users":[{"email":")" + first +
                    R"(","role":"viewer"},{"email":")" + first + R"("},{"user_id":")" + known.user_id +
                    R"(","role":"admin"},{"user_id":")" + fresh_id() + R"("},{"email":")" + fresh_email() +
                    R"(","role":"emperor"},{"email":"no address"}]})";
  const auto reply = owner.client().post("/organization/add_users", body);
  expect(reply, 200);
  require_equal(reply.text("/items/0/result"), "invited");
  require_equal(reply.text("/items/1/code"), "invite_pending");
  require_equal(reply.text("/items/2/result"), "invited");
  require(!reply.has("/items/2/email"), "an id gives its address away: " + reply.body);
  require_equal(reply.text("/items/3/code"), "not_found");
  require_equal(reply.text("/items/4/code"), "validation_failed");
  require_equal(reply.text("/items/5/code"), "validation_failed");
  require_equal(reply.text("/items/5/email"), "no address");
  require_equal(number_of("SELECT COUNT(*) FROM invite WHERE org_id = " + binary(owner.org_id)), 2);
  invite_token(first);
  invite_token(known.email);
}

Test(main_path, a_refresh_gives_a_new_pair_and_a_sign_out_ends_the_access_token_at_once) {
  const auto owner = sign_up();
  Client client;
  const auto next = client.post("/refresh_token", object({{"refresh_token", owner.refresh_token}}));
  expect(next, 200);
  require_token_reply(next);
  require(next.text("/refresh_token") != owner.refresh_token, "the refresh token was not rotated");
  auto signed_in = account_of(next, owner.email).client();
  expect(signed_in.get("/users/me"), 200);
  expect(signed_in.post("/logout"), 204);
  expect_problem(signed_in.get("/users/me"), 401, "invalid_token");
  expect_problem(owner.client().get("/users/me"), 401, "invalid_token");
  expect_problem(client.post("/refresh_token", object({{"refresh_token", next.text("/refresh_token")}})), 401,
                 "invalid_token");
}

Test(main_path, a_forgotten_password_is_replaced_by_the_mailed_link_and_ends_every_session) {
  const auto owner = sign_up();
  Client client;
  const auto asked = client.post("/reset_password", object({{"email", owner.email}}));
  expect(asked, 202);
  require(!asked.text("/detail").empty(), asked.describe());
  const auto mail = newest_mail(owner.email, "password_reset");
  require(mail.link().starts_with(setting("PUBLIC_URL") + "/reset#token="), mail.link());
  const std::string fresh = "marble lantern 77 quick";
  expect(client.post("/reset_password", object({{"token", mail.token()}, {"new_password", fresh}})), 204);
  expect_problem(owner.client().get("/users/me"), 401, "invalid_token");
  expect_problem(sign_in(owner.email, owner.password), 401, "invalid_credentials");
  expect(sign_in(owner.email, fresh), 200);
  newest_mail(owner.email, "password_changed");
}

Test(main_path, the_owner_of_an_account_changes_the_password_and_keeps_this_session_only) {
  const auto owner = sign_up();
  verify(owner);
  const auto elsewhere = account_of(expect(sign_in(owner.email, owner.password), 200), owner.email);
  newest_mail(owner.email, "login_alert");
  const std::string fresh = "marble lantern 78 quick";
  auto client = owner.client();
  const auto body =
      object({{"email", owner.email}, {"current_password", owner.password}, {"new_password", fresh}});
  expect(client.post("/reset_password", body), 204);
  expect(client.get("/users/me"), 200);
  expect_problem(elsewhere.client().get("/users/me"), 401, "invalid_token");
  expect(sign_in(owner.email, fresh), 200);

  // Without the token, or for another's address, it is a request for a link, and changes nothing.
  const auto again =
      object({{"email", owner.email}, {"current_password", fresh}, {"new_password", kPassword}});
  expect(Client{}.post("/reset_password", again), 202);
  expect(sign_up().client().post("/reset_password", again), 202);
  expect(client.post("/reset_password", object({{"email", owner.email}, {"new_password", kPassword}})), 202);
  expect(sign_in(owner.email, fresh), 200);
}

Test(main_path, a_registration_makes_a_personal_organization) {
  const auto email = fresh_email();
  const auto reply = Client{}.post("/users/register", object({{"email", email}, {"password", kPassword}}));
  expect(reply, 201);
  require(reply.at("/organization/personal").IsTrue(), reply.describe());
  require_equal(reply.text("/organization/role"), "owner");
}
