// Who comes for the own address finds nothing running of what somebody else set up under it.
#include <criterion/criterion.h>

#include <functional>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fake_provider.hpp"
#include "support/mailbox.hpp"
#include "support/oauth.hpp"
#include "support/roles.hpp"
#include "support/super_admin.hpp"

using namespace tenantd::test;

namespace {

constexpr const char* kOwnPassword = "lantern violet bridge 7";

std::int64_t count(const std::string& table, const Account& owner, const std::string& condition) {
  return number_of("SELECT COUNT(*) FROM " + table + " WHERE org_id = " + binary(owner.org_id) + " AND " +
                   condition);
}

// An organization of somebody who signed up with another's address, and made oneself at home. Verified
// meanwhile, since an unverified account mails nobody.
struct Squat {
  Account squatter = sign_up_verified("Squatters");
  Account friendly = invite_and_accept(squatter, "admin");
  Account second = invite_and_accept(friendly, "admin");  // let in by the friend
  ApiKey key = make_api_key(friendly, R"(["users:read"])");
  std::vector<OauthClient> clients;

  Squat() {
    for (const auto& maker : {squatter, friendly})
      expect(maker.client().post("/api/v1/webhooks", object({{"url", "https://127.9.9.9/hooks"},
                                                             {"events", Field::raw(R"(["*"])")},
                                                             {"status", "active"}})),
             201);
    const std::map<std::string, std::string> itself{{"client_credentials", R"("allowed")"},
                                                    {"scopes", R"(["audit:read"])"}};
    clients = {register_client(squatter, itself), register_client(friendly, itself)};
    tokens_for(squatter, register_own_client(super_admin()));
    for (const auto& client : clients)
      expect(post_form("/oauth2/token", {{"grant_type", "client_credentials"}}, &client), 200);
    expect(squatter.client().put("/api/v1/scim/roles", R"({"default_role_name":"admin","group_roles":[]})"),
           200);
    make_provider(friendly, "google", true, R"(["example.com"])", "admin");
    expect(invite(friendly, fresh_email(), "admin"), 201);
    expect(invite(squatter, fresh_email(), "admin"), 201);
    database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(squatter.user_id));
    const auto late = account_of(expect(sign_in(squatter.email, squatter.password), 200), squatter.email);
    expect(late.client().post("/api/v1/auth/verify-email/resend"), 202);
  }
};

void expect_nothing_runs(const Squat& squat) {
  const auto& owner = squat.squatter;
  require_equal(count("member", owner, "status = 0"), 1, "active members");
  require_equal(count("webhook", owner, "status = 0"), 0, "active webhooks");
  require_equal(count("identity_provider", owner, "status = 0"), 0, "providers that are on");
  require_equal(count("invite", owner, "status = 0"), 0, "pending invitations");
  expect_problem(squat.key.client().get("/api/v1/members"), 401, "invalid_token");
  for (const auto& client : squat.clients)
    expect_oauth_error(post_form("/oauth2/token", {{"grant_type", "client_credentials"}}, &client), 401,
                       "invalid_client");
  require_equal(count("scim_setup", owner, "kept_by IS NOT NULL"), 0, "who answers for directories' roles");
  require_equal(number_of("SELECT COUNT(*) FROM oauth_consent WHERE user_id = " + binary(owner.user_id)), 0,
                "consents");
  for (const auto& member : {squat.friendly, squat.second})
    expect_problem(member.client().header("X-Tenant-Id", owner.org_id).get("/api/v1/members"), 404,
                   "not_found");
  require_equal(count("audit_log", owner, "action = 'organization.reclaimed'"), 1, "audit rows");
  const auto told = newest_mail(owner.email, "security_changed").text;
  require(told.find("2 members deactivated (") != std::string::npos, told);
  require(told.find(squat.friendly.email) != std::string::npos, told);
  require(told.find("2 webhooks paused, 1 identity providers switched off, 2 invitations revoked") !=
              std::string::npos,
          told);
}

void reset_as_unproven(const Account& account) {
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(account.user_id));
  expect(Client{}.post("/reset_password", object({{"email", account.email}})), 202);
  expect(Client{}.post("/reset_password",
                       object({{"token", newest_mail(account.email, "password_reset").token()},
                               {"new_password", kOwnPassword}})),
         204);
}

std::string role_of(const Account& member) {
  return text_of(
      "SELECT r.name FROM member m JOIN role r ON r.org_id = m.org_id AND r.id = m.role_id "
      "WHERE m.user_id = " +
      binary(member.user_id) + " AND m.org_id = " + binary(member.org_id));
}

void give_role(const Account& by, const Account& to, const std::string& role) {
  expect(by.client().post("/update_member_role", object({{"user_id", to.user_id}, {"new_role_name", role}})),
         200);
}

}  // namespace

Test(reclaim, whichever_way_the_owner_comes_what_the_squatter_set_up_is_off) {
  const std::vector<std::pair<std::string, std::function<Response(const Account&)>>> ways = {
      {"the link of the sign-up",
       [](const Account& a) {
         return Client{}.post("/api/v1/auth/verify-email",
                              object({{"token", newest_mail(a.email, "verification").token()},
                                      {"new_password", kOwnPassword}}));
       }},
      {"a reset",
       [](const Account& a) {
         expect(Client{}.post("/reset_password", object({{"email", a.email}})), 202);
         const auto token = newest_mail(a.email, "password_reset").token();
         return Client{}.post("/reset_password", object({{"token", token}, {"new_password", kOwnPassword}}));
       }},
      {"an invitation",
       [](const Account& a) {
         expect(invite(sign_up(), a.email, "admin"), 201);
         return Client{}.post("/accept_invite",
                              object({{"token", invite_token(a.email)}, {"password", kOwnPassword}}));
       }},
  };
  for (const auto& [way, come] : ways) {
    const Squat squat;
    const auto reply = come(squat.squatter);
    require(reply.status == 200 || reply.status == 204, way + ": " + reply.describe());
    expect_nothing_runs(squat);
    // The owner is asked: what is to go on is switched on.
    const auto owner = account_of(expect(sign_in(squat.squatter.email, kOwnPassword), 200),
                                  squat.squatter.email, kOwnPassword);
    auto client = owner.client();
    client.header("X-Tenant-Id", squat.squatter.org_id);
    expect(client.put("/api/v1/users/" + squat.friendly.user_id, R"({"status":"active"})"), 200);
    expect(squat.friendly.client().get("/api/v1/members"), 200);
  }
}

// Whom the account did not let in stays, and so does all of an account that was never anybody else's.
// Whoever let somebody in and has left, or two who let in each other, do not stand between the two ends of a
// chain.
Test(reclaim, nobody_stays_by_a_chain_that_is_broken_or_goes_in_a_circle) {
  for (const bool circle : {false, true}) {
    const Squat squat;
    const auto& owner = squat.squatter;
    const auto key =
        expect(squat.friendly.client().post("/api/v1/api-keys",
                                            object({{"name", "kept"},
                                                    {"permissions", Field::raw(R"(["products:read"])")},
                                                    {"owner", "organization"}})),
               201)
            .text("/key");
    const auto status = [](const Account& by, const Account& of, const std::string& to) {
      expect(by.client().put("/api/v1/users/" + of.user_id, object({{"status", to}})), 200);
    };
    if (circle) {
      for (const char* to : {"inactive", "active"}) status(squat.friendly, squat.second, to);
      for (const char* to : {"inactive", "active"}) status(squat.second, squat.friendly, to);
    } else {
      expect(owner.client().del("/delete", object({{"user_id", squat.friendly.user_id}})), 204);
    }
    expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
    expect(Client{}.post("/reset_password",
                         object({{"token", newest_mail(owner.email, "password_reset").token()},
                                 {"new_password", kOwnPassword}})),
           204);
    require_equal(count("member", owner, "status = 0"), 1, circle ? "a circle" : "a broken chain");
    require_equal(count("api_key", owner, "of_organization"), 0, "keys of the organization");
    expect_problem(Client{}.header("X-Api-Key", key).get("/api/v1/products"), 401, "invalid_token");
  }
}

Test(reclaim, the_mail_makes_no_link_of_what_the_squatter_wrote) {
  const auto squatter = sign_up("Confirm at evil.example/x now");
  verify(squatter);
  invite_and_accept(squatter, "admin");
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(squatter.user_id));
  expect(Client{}.post("/reset_password", object({{"email", squatter.email}})), 202);
  expect(Client{}.post("/reset_password",
                       object({{"token", newest_mail(squatter.email, "password_reset").token()},
                               {"new_password", kOwnPassword}})),
         204);
  const auto mail = newest_mail(squatter.email, "security_changed");
  require(mail.text.find("1 members deactivated") != std::string::npos, mail.text);
  require(mail.text.find("evil.example") == std::string::npos, mail.text);
}

Test(reclaim, what_does_not_rest_on_the_account_stays) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto other = invite_and_accept(owner, "viewer");
  const auto guest = invite_and_accept(admin, "viewer");
  database().run("UPDATE user SET email_verified_at = NULL WHERE id = " + binary(admin.user_id));
  expect(Client{}.post("/reset_password", object({{"email", admin.email}})), 202);
  expect(
      Client{}.post("/reset_password", object({{"token", newest_mail(admin.email, "password_reset").token()},
                                               {"new_password", kOwnPassword}})),
      204);
  require_equal(count("member", owner, "status = 0"), 3, "the owner, the admin and the other");
  require_equal(count("member", owner, "status = 1 AND user_id = " + binary(guest.user_id)), 1);
  expect(other.client().get("/users/me"), 200);

  // A verified account's own reset leaves everything as it is.
  expect(Client{}.post("/reset_password", object({{"email", admin.email}})), 202);
  expect(owner.client().put("/api/v1/users/" + guest.user_id, R"({"status":"active"})"), 200);
  expect(
      Client{}.post("/reset_password", object({{"token", newest_mail(admin.email, "password_reset").token()},
                                               {"new_password", "another quiet lantern 8"}})),
      204);
  require_equal(count("member", owner, "status = 0"), 4, "after a verified account's reset");
}

// Whoever founded it is known as such by nothing that others can change.
Test(reclaim, an_organization_that_was_handed_on_by_the_squatter_comes_back_to_the_founder) {
  const auto founder = sign_up("Squatters");
  verify(founder);
  const auto heir = invite_and_accept(founder, "admin");
  expect(founder.client().post("/api/v1/organizations/" + founder.org_id + "/transfer-ownership",
                               object({{"user_id", heir.user_id}, {"password", founder.password}})),
         200);
  const auto third = invite_and_accept(heir, "admin");
  give_role(heir, third, "owner");
  give_role(third, founder, "viewer");
  expect(third.client().del("/delete", object({{"user_id", heir.user_id}})), 204);
  reset_as_unproven(founder);
  require_equal(count("member", founder, "status = 0"), 1, "active members");
  require_equal(role_of(founder), std::string{"owner"});
  require_equal(count("audit_log", founder, "action = 'member.role_changed' AND resource_id = actor_id"), 1);
}

Test(reclaim, those_whom_the_account_never_let_in_stay_whoever_gave_them_a_role) {
  const auto founder = sign_up();
  const auto first = invite_and_accept(founder, "admin");
  const auto second = invite_and_accept(first, "admin");
  const auto third = invite_and_accept(second, "viewer");
  const auto taken = invite_and_accept(founder, "viewer");
  // Two who let each other in, one whose granter has gone, and a founder who is none any more.
  give_role(second, first, "admin");
  for (const char* status : {"inactive", "active"})
    expect(second.client().put("/api/v1/users/" + first.user_id, object({{"status", status}})), 200);
  expect(founder.client().post("/api/v1/organizations/" + founder.org_id + "/transfer-ownership",
                               object({{"user_id", first.user_id}, {"password", founder.password}})),
         200);
  expect(first.client().del("/delete", object({{"user_id", second.user_id}})), 204);
  expect(third.client().get("/users/me"), 200);
  // It came by a file of the operator's, as far as the rows say.
  database().run("UPDATE member SET granted_by = NULL, created_at = created_at + 9 WHERE user_id = " +
                 binary(taken.user_id));
  reset_as_unproven(taken);
  require_equal(count("member", founder, "status = 0"), 4, "active members");
  require_equal(count("audit_log", founder, "action = 'organization.reclaimed'"), 0);
}

// A change of many leaves the numbers that the trigger leaves after as many changes of one.
void require_numbers_agree(const Account& owner) {
  const std::string org = "c.org_id = " + binary(owner.org_id);
  const std::string same = "m.org_id = c.org_id AND m.status = c.status";
  const std::string counted =
      " <> (SELECT COUNT(*) FROM member m WHERE " + same + " AND c.block IN (-1, m.created_at >> 22)";
  require_equal(
      number_of("SELECT COUNT(*) FROM member_total c WHERE " + org + " AND members" + counted + ")"), 0,
      "totals");
  require_equal(number_of("SELECT COUNT(*) FROM member_count c WHERE " + org + " AND members" + counted +
                          " AND m.role_id = c.role_id)"),
                0, "counts");
  require_equal(number_of("SELECT COUNT(*) FROM member_count c WHERE " + org +
                          " AND block = -1 AND COALESCE(CHAR_LENGTH(times) - "
                          "CHAR_LENGTH(REPLACE(times, ',', '')), -1) <> IF(members > 200, -1, members)"),
                0, "times");
  require_equal(number_of("SELECT COUNT(*) FROM member c LEFT JOIN member_text m ON " + same +
                          " AND m.created_at = c.created_at AND m.user_id = c.user_id WHERE " + org +
                          " AND m.words IS NULL"),
                0, "words");
}

// As many statements for all of them as for one: the request has seconds.
Test(reclaim, a_large_organization_comes_back_within_the_request) {
  const auto founder = sign_up("Squatters");
  verify(founder);
  const auto friendly = invite_and_accept(founder, "admin");
  const std::string row = id_of("CONCAT(HEX(" + binary(founder.org_id) + "), seq)");
  database().run("INSERT INTO user (id, email, password, profile, created_at, updated_at) SELECT " + row +
                 ", CONCAT(HEX(" + row + "), '@crowd.example'), '', '{}', 0, 0 FROM " + series(3000));
  // A few admins, whose times are kept, and many viewers, whose times are not; of several spans of 48 days.
  database().run("INSERT INTO member (org_id, user_id, role_id, granted_by, created_at, updated_at) SELECT " +
                 binary(founder.org_id) + ", " + row + ", (SELECT id FROM role WHERE org_id = " +
                 binary(founder.org_id) + " AND name = IF(seq <= 120, 'admin', 'viewer')), " +
                 binary(friendly.user_id) + ", seq * 5000, 0 FROM " + series(3000));
  reset_as_unproven(founder);
  require_equal(count("member", founder, "status = 0"), 1, "active members");
  const auto told = newest_mail(founder.email, "security_changed").text;
  require(told.find("3001 members deactivated (") != std::string::npos, told);
  require_numbers_agree(founder);
}

// An account that an administrator made is opened by its mailbox for the first time: nobody was in it before.
Test(reclaim, the_first_password_of_an_account_that_was_made_for_somebody_ends_nothing) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  const auto made = owner.client().post(
      "/api/v1/users",
      object({{"email", email}, {"first_name", "Dan"}, {"last_name", "Doe"}, {"role", "admin"}}));
  expect(made, 201);
  const auto member = invite_and_accept(owner, "viewer");
  database().run("UPDATE member SET granted_by = " + binary(made.text("/id")) +
                 " WHERE user_id = " + binary(member.user_id));
  expect(Client{}.post("/reset_password", object({{"token", newest_mail(email, "account_created").token()},
                                                  {"new_password", kOwnPassword}})),
         204);
  require_equal(count("member", owner, "status = 0"), 3);
}
