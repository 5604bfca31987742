// Changing users of an organization: role, status, profile; and what the numbers say of them.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/mailbox.hpp"
#include "support/parallel.hpp"

using namespace tenantd::test;

namespace {

std::string path_of(const Account& account) { return "/api/v1/users/" + account.user_id; }

std::int64_t stored_status(const Account& member) {
  return number_of("SELECT status FROM member WHERE org_id = " + binary(member.org_id) +
                   " AND user_id = " + binary(member.user_id));
}

std::string stored_profile(const Account& account) {
  return text_of("SELECT profile FROM user WHERE id = " + binary(account.user_id));
}

// A member whose role holds these permissions and no others.
Account with_permissions(const Account& owner, const std::string& permissions) {
  const auto name = fresh_name("custom");
  database().run("INSERT INTO role (org_id, id, name, permissions, created_at, updated_at) VALUES (" +
                 binary(owner.org_id) + ", " + binary(fresh_id()) + ", " + literal(name) + ", " +
                 literal(permissions) + ", 1, 1)");
  return invite_and_accept(owner, name);
}

}  // namespace

Test(user_changes, role_status_and_profile_change_in_one_request) {
  const auto owner = sign_up();
  const auto user = invite_and_accept(owner);
  const auto path = path_of(user);
  const auto reply =
      owner.client().put(path, R"({"profile":{"name":"Countess"},"role":"viewer","status":"inactive"})");
  expect(reply, 200);
  require_equal(reply.text("/role"), "viewer");
  require_equal(reply.text("/status"), "inactive");
  require_equal(reply.text("/profile/name"), "Countess");
  require_equal(owner.client().get(path).body, reply.body);
  const auto found = owner.client().get("/api/v1/users?status=inactive&q=countess");
  require_equal(found.size("/items"), 1U, found.body);
  Unchanged database;
  // What comes first is undone with what is refused.
  expect_problem(owner.client().put(path, R"({"profile":{},"role":"no such"})"), 422, "validation_failed");
  for (const char* body : {"{}", R"({"status":1})", R"({"status":"deleted"})", R"({"email":"x@example.com"})",
                           R"({"role":"viewer","is_super_admin":true})", R"({"member_since":1})"})
    expect_problem(owner.client().put(path, body), 422, "validation_failed");
  expect_problem(owner.client().put(path, R"({"role":"viewer","org_id":)" + Field{owner.org_id}.json() + '}'),
                 422, "validation_failed");
  database.check("refused changes");
}

Test(user_changes, a_profile_that_other_organizations_see_is_not_changed_from_one) {
  const auto owner = sign_up();
  const auto shared = sign_up();
  join(owner, shared, "member");
  Unchanged database;
  expect_problem(owner.client().put(path_of(shared), R"({"profile":{"name":"x"}})"), 403, "account_shared");
  expect_problem(owner.client().put(path_of(shared), R"({"role":"viewer","profile":{"name":"x"}})"), 403,
                 "account_shared");
  database.check("a shared profile");
}

Test(user_changes, nobody_rises_above_or_acts_on_who_is_above) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto member = invite_and_accept(owner, "member");
  const auto editor = with_permissions(owner, "users:read,users:update,projects:read");
  const auto lesser = with_permissions(owner, "projects:read");
  Unchanged database;
  for (const char* body : {R"({"role":"admin"})", R"({"status":"active"})", R"({"profile":{}})"})
    expect_problem(member.client().put(path_of(member), body), 403, "forbidden");
  expect_problem(admin.client().put(path_of(admin), R"({"role":"owner"})"), 403, "role_outranks");
  for (const char* body : {R"({"role":"viewer"})", R"({"status":"inactive"})", R"({"profile":{}})"})
    expect_problem(admin.client().put(path_of(owner), body), 403, "role_outranks");
  expect_problem(admin.client().del(path_of(owner), ""), 403, "role_outranks");
  expect_problem(member.client().del(path_of(owner), ""), 403, "forbidden");
  expect_problem(editor.client().put(path_of(lesser), R"({"role":"viewer"})"), 403, "forbidden");
  expect_problem(editor.client().put(path_of(lesser), R"({"profile":{},"role":"viewer"})"), 403, "forbidden");
  expect_problem(editor.client().put(path_of(admin), R"({"status":"inactive"})"), 403, "role_outranks");
  expect_problem(editor.client().del(path_of(lesser), ""), 403, "forbidden");
  database.check("climbing");
}

Test(user_changes, who_may_update_without_assigning_changes_all_but_the_role) {
  const auto owner = sign_up();
  const auto editor = with_permissions(owner, "users:update,projects:read");
  const auto lesser = with_permissions(owner, "projects:read");
  expect(editor.client().put(path_of(lesser), R"({"profile":{"name":"Less"},"status":"inactive"})"), 200);
  require_equal(stored_profile(lesser), R"({"name":"Less"})");
  require_equal(stored_status(lesser), 1);
}

Test(user_changes, a_deactivated_member_is_out_at_once_and_back_when_activated) {
  const auto owner = sign_up();
  const auto manager = invite_and_accept(owner, "manager");
  const auto guest = fresh_email();
  expect(invite(manager, guest, "viewer"), 201);
  auto client = manager.client();
  expect(client.get("/api/v1/users"), 200);
  for (int i = 0; i < 2; ++i) expect(owner.client().del(path_of(manager), ""), 204);
  expect_problem(client.get("/api/v1/users"), 401, "invalid_token");
  require_equal(client.get("/api/v1/auth/status").size("/permissions"), std::size_t{0}, "permissions");
  require_equal(stored_role(owner.org_id, manager.user_id), "manager", "data kept");
  require_equal(number_of("SELECT COUNT(*) FROM event WHERE type = 'member.deactivated' AND subject_id = " +
                          binary(manager.user_id)),
                1);
  expect_problem(
      Client{}.post("/accept_invite", object({{"token", invite_token(guest)}, {"password", kPassword}})), 410,
      "invite_gone");
  require_equal(owner.client().get(path_of(manager)).text("/status"), "inactive");
  expect(owner.client().put(path_of(manager), R"({"status":"active"})"), 200);
  expect(client.get("/api/v1/users"), 200);
}

Test(user_changes, the_last_owner_stays_whoever_asks_and_however) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto act = R"({"action":"deactivate","user_ids":[)" + Field{owner.user_id}.json() + "]}";
  Unchanged database;
  expect_problem(client.del(path_of(owner), ""), 409, "last_owner");
  expect_problem(client.put(path_of(owner), R"({"status":"inactive"})"), 409, "last_owner");
  expect_problem(client.put(path_of(owner), R"({"role":"admin"})"), 409, "last_owner");
  const auto reply = client.post("/api/v1/users/bulk/action", act);
  expect(reply, 200);
  require_equal(reply.text("/items/0/code"), "last_owner");
  database.check("the last owner");
}

Test(user_changes, one_who_is_not_the_last_owner_may_leave) {
  const auto owner = sign_up();
  const auto second = invite_and_accept(owner, "owner");
  expect(second.client().del(path_of(second), ""), 204);
  expect_problem(second.client().get("/api/v1/users"), 401, "invalid_token");
  // An inactive owner does not count.
  expect_problem(owner.client().del(path_of(owner), ""), 409, "last_owner");
}

Test(user_changes, two_owners_who_deactivate_each_other_leave_one) {
  for (int round = 0; round < 12; ++round) {
    const auto one = sign_up();
    const auto two = invite_and_accept(one, "owner");
    const auto strike = [&](const Account& by, const Account& at) {
      auto client = by.client();
      if (round % 3 == 0) return client.del(path_of(at), "");
      if (round % 3 == 1) return client.put(path_of(at), R"({"status":"inactive"})");
      return client.post("/api/v1/users/bulk/action",
                         R"({"action":"deactivate","user_ids":[)" + Field{at.user_id}.json() + "]}");
    };
    const auto replies =
        at_once(2, [&](std::size_t i) { return i == 0 ? strike(one, two) : strike(two, one); });
    for (const auto& reply : replies) require(reply.status < 500, reply.describe());
    require_equal(
        number_of("SELECT COUNT(*) FROM member WHERE status = 0 AND org_id = " + binary(one.org_id)), 1,
        "owners left");
  }
}

Test(user_changes, statistics_count_by_status_role_and_day_of_joining) {
  const auto owner = sign_up();
  const auto manager = invite_and_accept(owner, "manager");
  const auto viewer = invite_and_accept(owner, "viewer");
  const auto old = invite_and_accept(owner, "viewer");
  database().run("UPDATE member SET created_at = 1000000000 WHERE user_id = " + binary(old.user_id));
  expect(owner.client().del(path_of(viewer), ""), 204);
  const auto reply = owner.client().get("/api/v1/users/stats");
  expect(reply, 200);
  require_equal(reply.number("/total"), 4);
  require_equal(reply.number("/by_status/active"), 3);
  require_equal(reply.number("/by_status/inactive"), 1);
  require(reply.body.find(R"("by_role":[{"role":"manager","users":1},{"role":"owner","users":1},)"
                          R"({"role":"viewer","users":2}])") != std::string::npos,
          reply.body);
  std::int64_t joined = 0;
  for (std::size_t i = 0; i < reply.size("/by_day"); ++i)
    joined += reply.number("/by_day/" + std::to_string(i) + "/users");
  require_equal(joined, 3, "within thirty days");
  const auto then = manager.client().get("/api/v1/users/stats?from_time=999999999&to_time=1000000000");
  require(then.body.find(R"("by_day":[{"day":"2001-09-09","users":1}])") != std::string::npos, then.body);
  require_equal(owner.client().get("/api/v1/users/stats?to_time=999999999").size("/by_day"), 0U);
  for (const char* query : {"from_time=2&to_time=1", "from_time=-1", "to_time=x", "status=active"})
    expect_problem(owner.client().get(std::string{"/api/v1/users/stats?"} + query), 422, "validation_failed");
  expect_problem(old.client().get("/api/v1/users/stats"), 403, "forbidden");
}

Test(user_changes, an_invitation_goes_by_the_users_path_as_well) {
  const auto owner = sign_up();
  const auto email = fresh_email();
  const auto reply =
      owner.client().post("/api/v1/users/invite", object({{"email", email}, {"role", "viewer"}}));
  expect(reply, 201);
  require_equal(reply.text("/role"), "viewer");
  newest_mail(email, "invitation");
}
