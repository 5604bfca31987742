// Organizations that are switched off, and on again; and what they come to in numbers.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"
#include "support/tenants.hpp"

using namespace tenantd::test;

namespace {

Response deactivate(const Account& root, const std::string& org_id) {
  return root.client().post(tenant_path(org_id) + "/deactivate", R"({"reason":"Unpaid since March"})");
}

Response activate(const Account& root, const std::string& org_id) {
  return root.client().post(tenant_path(org_id) + "/activate");
}

// Eight connections, so that every worker is asked.
template <class MakeClient>
void expect_everywhere(MakeClient make_client, const char* path, int status,
                       const std::source_location& at = std::source_location::current()) {
  const auto statuses = at_once(8, [&](std::size_t) { return make_client().get(path).status; });
  for (const int found : statuses) require_equal(found, status, path, at);
}

Response refresh(const Account& account) {
  return Client{}.post("/refresh_token", object({{"refresh_token", account.refresh_token}}));
}

}  // namespace

Test(tenant_status, every_token_and_key_of_a_deactivated_organization_is_refused_at_once_in_every_worker) {
  const auto root = super_admin();
  for (int round = 0; round < 3; ++round) {
    const auto owner = sign_up("Off");
    const auto guest = sign_up("On");
    join(owner, guest, "manager");
    const auto over = account_of(
        expect(guest.client().post("/organization/select", object({{"org_id", owner.org_id}})), 200),
        guest.email);
    // The access token of before names the organization of before, as long as it lives.
    const auto& at_home = guest;
    const auto key = make_api_key(owner, R"(["users:read"])");
    const auto in_owner = [&] { return owner.client(); };
    const auto in_over = [&] { return over.client(); };
    const auto by_key = [&] { return key.client(); };
    for (const char* path : {"/users/me", "/api/v1/members"}) {
      expect_everywhere(in_owner, path, 200);
      expect_everywhere(in_over, path, 200);
    }
    expect_everywhere(by_key, "/api/v1/members", 200);

    const auto off = deactivate(root, owner.org_id);
    expect(off, 200);
    require_equal(off.text("/status"), "inactive");
    require(off.at("/deactivated_at").IsInt64(), off.describe());
    for (const char* path : {"/users/me", "/api/v1/members"}) {
      expect_everywhere(in_owner, path, 401);
      expect_everywhere(in_over, path, 401);
    }
    expect_everywhere(by_key, "/api/v1/members", 401);
    expect_everywhere(by_key, "/auth/verify", 401);
    expect_everywhere([&] { return at_home.client(); }, "/users/me", 200);
    // Named from elsewhere it is not there; and nobody goes over.
    auto elsewhere = at_home.client();
    elsewhere.header("X-Tenant-Id", owner.org_id);
    expect_problem(elsewhere.get("/api/v1/members"), 404, "not_found");
    expect_problem(at_home.client().post("/organization/select", object({{"org_id", owner.org_id}})), 404,
                   "not_found");
    // A refresh finds the next organization, or none; a sign-in as well.
    require_equal(refresh(over).text("/organization/id"), guest.org_id);
    const auto none = refresh(owner);
    expect(none, 200);
    require(none.at("/organization").IsNull(), none.describe());
    require(sign_in(owner.email, kPassword).at("/organization").IsNull(), "signed in");
    expect(account_of(sign_in(guest.email, kPassword), guest.email).client().get("/api/v1/members"), 200);

    const auto on = activate(root, owner.org_id);
    require(expect(on, 200).at("/deactivated_at").IsNull(), on.describe());
    expect_everywhere(in_owner, "/api/v1/members", 200);
    expect_everywhere(by_key, "/api/v1/members", 200);
  }
}

Test(tenant_status, done_twice_it_is_done_and_told_once) {
  const auto root = super_admin();
  const auto owner = sign_up();
  expect(activate(root, owner.org_id), 200);
  const auto first = deactivate(root, owner.org_id);
  Unchanged database;
  const auto again = deactivate(root, owner.org_id);
  expect(again, 200);
  require_equal(again.body, first.body);
  require_equal(again.header("etag"), first.header("etag"));
  // The reason is nobody's duty, and neither is a body.
  expect(root.client().post(tenant_path(owner.org_id) + "/deactivate"), 200);
  expect(root.client().post(tenant_path(owner.org_id) + "/deactivate", "{}"), 200);
  for (const char* body : {R"({"reason":""})", R"({"reason":1})", R"({"why":"x"})", "[]"})
    expect_problem(root.client().post(tenant_path(owner.org_id) + "/deactivate", body), 422,
                   "validation_failed");
  expect_problem(
      root.client().send({"POST", tenant_path(owner.org_id) + "/deactivate", "{}", "text/plain", {}}), 415,
      "unsupported_media_type");
  database.check("done already");
  require_equal(
      text_of("SELECT new_values FROM audit_log WHERE action = 'organization.deactivated' AND org_id = " +
              binary(owner.org_id)),
      R"({"status":"inactive","reason":"Unpaid since March"})");
  require_equal(
      number_of("SELECT COUNT(*) FROM event WHERE type LIKE 'organization.%activated' AND org_id = " +
                binary(owner.org_id)),
      1, "events");
}

Test(tenant_status, invitations_of_a_deactivated_organization_are_over_until_it_is_back) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto email = fresh_email();
  const auto invited = invite(owner, email);
  const auto body = object({{"token", invite_token(email)}, {"password", kPassword}});
  expect(deactivate(root, owner.org_id), 200);
  {
    Unchanged database;
    expect_problem(Client{}.post("/accept_invite", body), 410, "invite_gone");
    expect_problem(Client{}.post("/api/v1/invites/" + invited.text("/id") + "/decline",
                                 object({{"token", invite_token(email)}})),
                   410, "invite_gone");
    database.check("invitations of nobody");
  }
  // What concerns the account itself goes on.
  verify(owner);
  expect(Client{}.post("/reset_password", object({{"email", owner.email}})), 202);
  expect(
      Client{}.post("/reset_password", object({{"token", newest_mail(owner.email, "password_reset").token()},
                                               {"new_password", "marble lantern 79 quick"}})),
      204);
  expect(activate(root, owner.org_id), 200);
  expect(Client{}.post("/accept_invite", body), 200);
}

Test(tenant_status, whoever_joins_while_it_is_switched_off_is_in_before_or_not_at_all) {
  const auto root = super_admin();
  for (int round = 0; round < 4; ++round) {
    const auto owner = sign_up();
    std::vector<std::string> bodies;
    for (int i = 0; i < 6; ++i) {
      const auto email = fresh_email();
      expect(invite(owner, email), 201);
      bodies.push_back(object({{"token", invite_token(email)}, {"password", kPassword}}));
    }
    const auto replies = at_once(7, [&](std::size_t i) {
      return i == 6 ? deactivate(root, owner.org_id) : Client{}.post("/accept_invite", bodies[i]);
    });
    std::int64_t joined = 0;
    for (std::size_t i = 0; i < 6; ++i) {
      joined += replies[i].status == 200 ? 1 : 0;
      if (replies[i].status != 200) expect_problem(replies[i], 410, "invite_gone");
    }
    expect(replies[6], 200);
    require_equal(active_members(owner.org_id), joined + 1);
  }
}

Test(tenant_status, the_numbers_of_one_organization_hold_nothing_of_another) {
  const auto root = super_admin();
  const auto owner = sign_up();
  const auto other = sign_up();
  const auto member = invite_and_accept(owner);
  const auto gone = invite_and_accept(owner, "viewer");
  expect(owner.client().send({"DELETE", "/api/v1/users/" + gone.user_id, std::nullopt, "", {}}), 204);
  expect(invite(owner, fresh_email()), 201);
  make_api_key(owner, R"(["users:read"])");
  for (int i = 0; i < 3; ++i) invite_and_accept(other, "admin");
  expect(invite(other, fresh_email()), 201);
  auto client = root.client();
  const auto numbers = client.get(tenant_path(owner.org_id) + "/stats");
  expect(numbers, 200);
  require_equal(numbers.number("/members/active"), 2);
  require_equal(numbers.number("/members/inactive"), 1);
  require_equal(numbers.size("/by_role"), 3U);
  require_equal(numbers.text("/by_role/0/role"), "member");
  require_equal(numbers.text("/by_role/2/role"), "viewer");
  require_equal(numbers.number("/by_role/2/inactive"), 1);
  require_equal(numbers.size("/by_day"), 1U);
  require_equal(numbers.number("/by_day/0/members"), 3);
  require_equal(numbers.number("/pending_invites"), 1);
  require_equal(numbers.number("/api_keys"), 1);
  // Whoever is deactivated has a session that counts nowhere here.
  require_equal(numbers.number("/live_sessions"), 2);
  const auto now = number_of("SELECT UNIX_TIMESTAMP()");
  require(now - numbers.number("/last_activity_at") < 300, numbers.describe());
  require_equal(client.get(tenant_path(owner.org_id) + "/stats?from_time=0&to_time=1").size("/by_day"), 0U);
  expect_problem(client.get(tenant_path(owner.org_id) + "/stats?from_time=2&to_time=1"), 422,
                 "validation_failed");
  expect_problem(owner.client().get(tenant_path(owner.org_id) + "/stats"), 403, "forbidden");
}

Test(tenant_status, the_numbers_of_all_agree_with_the_database) {
  const auto root = super_admin();
  const auto owner = sign_up();
  invite_and_accept(owner);
  expect(deactivate(root, owner.org_id), 200);
  auto client = root.client();
  // Nobody else signs up meanwhile.
  const Alone alone;
  const auto numbers = client.get("/api/v1/tenants/stats?from_time=0&to_time=4000000000");
  expect(numbers, 200);
  require_equal(numbers.number("/tenants/total"), number_of("SELECT COUNT(*) FROM organization"));
  require_equal(numbers.number("/tenants/inactive"),
                number_of("SELECT COUNT(*) FROM organization WHERE status = 1"));
  require_equal(numbers.number("/members/active"), number_of("SELECT COUNT(*) FROM member WHERE status = 0"));
  require_equal(numbers.number("/members/total"), number_of("SELECT COUNT(*) FROM member"));
  std::int64_t made = 0;
  for (const auto& day : numbers.at("/by_day").GetArray()) made += day["tenants"].GetInt64();
  require_equal(made, numbers.number("/tenants/total"), "by day");
  require_equal(
      numbers.number("/largest/0/members"),
      number_of("SELECT MAX(c) FROM (SELECT COUNT(*) c FROM member WHERE status = 0 GROUP BY org_id) x"));
  require(numbers.size("/largest") <= 10, numbers.describe());
  expect_problem(owner.client().get("/api/v1/tenants/stats"), 401, "invalid_token");
}

// As everywhere: what nobody looks at is refused, on rows that take no body too.
Test(tenant_status, rows_without_a_body_refuse_unknown_members_and_change_nothing) {
  const auto root = super_admin();
  const auto owner = sign_up("Strict");
  expect(deactivate(root, owner.org_id), 200);
  auto client = root.client();
  {
    Unchanged database;
    const auto path = tenant_path(owner.org_id) + "/activate";
    expect_problem(client.post(path, R"({"status":"active"})"), 422, "validation_failed");
    expect_problem(client.post(path, "[]"), 422, "validation_failed");
    expect_problem(client.post(path, "{"), 400, "malformed_json");
    expect_problem(client.send({"POST", path, "a=b", "application/x-www-form-urlencoded", {}}), 415,
                   "unsupported_media_type");
    expect_problem(client.del("/api/v1/users/" + root.user_id + "/sessions", R"({"keep":"this"})"), 422,
                   "validation_failed");
    expect_problem(client.post("/logout", R"({"everywhere":true})"), 422, "validation_failed");
    database.check("refused bodies");
  }
  expect(client.post(tenant_path(owner.org_id) + "/activate", "{}"), 200);
}
