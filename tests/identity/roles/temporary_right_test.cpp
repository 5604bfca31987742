// A right for a time leaves nothing behind that outlasts it.
#include <criterion/criterion.h>

#include <atomic>
#include <ctime>
#include <functional>
#include <thread>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/roles.hpp"
#include "tenantd/api/lasting.hpp"

using namespace tenantd::test;
using tenantd::api::Route;
using tenantd::api::routes;

namespace {

void end_role_of(const Account& member, std::int64_t seconds) {
  database().run("UPDATE member SET role_expires_at = " +
                 std::to_string(static_cast<std::int64_t>(std::time(nullptr)) + seconds) +
                 " WHERE user_id = " + binary(member.user_id));
}

// A member of the owner's organization whose role ends in an hour.
Account temporary(const Account& owner, const std::string& role = "admin") {
  auto member = invite_and_accept(owner, role);
  const auto until = static_cast<std::int64_t>(std::time(nullptr)) + 3600;
  expect(owner.client().put("/api/v1/members/" + member.user_id + "/role",
                            object({{"new_role_name", role}, {"expires_at", until}})),
         200);
  return member;
}

std::string path_of(const Route& route, const std::string& org) {
  std::string path{route.path};
  for (auto begin = path.find('{'); begin != std::string::npos; begin = path.find('{')) {
    const auto end = path.find('}', begin);
    path.replace(begin, end - begin + 1, path.substr(begin, end - begin) == "{org_id" ? org : fresh_id());
  }
  return path;
}

Response send(Client& client, const Route& route, const std::string& org) {
  const auto path = path_of(route, org);
  switch (route.method) {
    case tenantd::http::Method::POST: return client.post(path, "{}");
    case tenantd::http::Method::PUT: return client.put(path, "{}");
    default: return client.del(path, "{}");
  }
}

// Runs `request` until it waits for its turn in the organization, then `meanwhile` in the transaction that
// has the turn.
Response overtaken(const std::string& org, const std::function<Response()>& request,
                   const std::function<void(tenantd::db::Connection&)>& meanwhile) {
  tenantd::db::Connection holder{as_admin()};
  holder.run("START TRANSACTION");
  holder.run_query("SELECT org_id FROM tenantd.organization_turn WHERE org_id = " + binary(org) +
                   " FOR UPDATE");
  Response reply;
  std::atomic<bool> answered = false;
  std::jthread asking{[&] {
    reply = request();
    answered = true;
  }};
  while (status_value("Innodb_row_lock_current_waits") == 0)
    require(!answered, "it did not wait for its turn: " + (answered ? reply.describe() : ""));
  meanwhile(holder);
  holder.run("COMMIT");
  asking.join();
  return reply;
}

}  // namespace

Test(temporary_right, every_row_that_sets_up_what_lasts_refuses_a_role_with_an_end) {
  const auto owner = sign_up();
  const auto other = invite_and_accept(owner, "admin");
  expect(
      owner.client().put("/api/v1/members/" + other.user_id + "/role", object({{"new_role_name", "owner"}})),
      200);
  const auto key = make_api_key(other, R"(["roles:update","webhooks:manage","tenant:manage"])");
  end_role_of(other, 3600);
  const auto late = account_of(expect(sign_in(other.email, other.password), 200), other.email);
  auto client = late.client();
  std::size_t tried = 0;
  Unchanged database;
  for (const auto& route : routes()) {
    if (!tenantd::api::takes_lasting_right(route)) continue;
    expect_problem(send(client, route, owner.org_id), 403, "temporary_right");
    ++tried;
  }
  require(tried >= 15, std::to_string(tried) + " rows");
  auto by_key = key.client();
  expect_problem(by_key.put("/api/v1/roles/" + fresh_id(), "{}"), 403, "temporary_right");
  expect_problem(by_key.post("/api/v1/webhooks", "{}"), 403, "temporary_right");
  database.check("rows that set up what lasts");
}

// The way that was open: a friend's role for good, widened by somebody who is an admin for half a minute.
Test(temporary_right, an_admin_for_half_a_minute_widens_no_role_for_good) {
  const auto owner = sign_up();
  const auto role = make_role(owner, "Friend", R"(["projects:read"])");
  const auto admin = invite_and_accept(owner, "admin");
  end_role_of(admin, 30);
  const auto late = account_of(expect(sign_in(admin.email, admin.password), 200), admin.email);
  auto client = late.client();
  Unchanged database;
  expect_problem(
      client.put(tenantd::test::path_of(role), role_body("Friend", R"(["users:delete","roles:assign"])")),
      403, "temporary_right");
  expect_problem(client.post("/api/v1/tenants/" + owner.org_id + "/identity-providers/google",
                             object({{"client_id", "own"},
                                     {"client_secret", "own secret"},
                                     {"auto_provision_users", true},
                                     {"allowed_domains", Field::raw(R"(["example.com"])")},
                                     {"default_role_name", "admin"}})),
                 403, "temporary_right");
  expect_problem(client.put("/api/v1/purchase-requests/thresholds", R"({"thresholds":[]})"), 403,
                 "temporary_right");
  expect(client.get("/api/v1/roles"), 200);
  database.check("an admin for half a minute");
}

// The end is set between the authorizer's look and the change.
Test(temporary_right, one_whose_role_gets_its_end_while_the_request_waits_is_refused) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  auto client = admin.client();
  expect(client.get("/api/v1/roles"), 200);
  const auto role = make_role(owner, "Friend", R"(["projects:read"])");
  const tenantd::test::Alone alone;
  const auto until = std::to_string(static_cast<std::int64_t>(std::time(nullptr)) + 30);
  const auto reply = overtaken(
      owner.org_id,
      [&] { return client.put(tenantd::test::path_of(role), role_body("Friend", R"(["users:delete"])")); },
      [&](tenantd::db::Connection& holder) {
        holder.run("UPDATE tenantd.member SET role_expires_at = " + until +
                   " WHERE user_id = " + binary(admin.user_id));
      });
  expect_problem(reply, 403, "temporary_right");
  require_equal(
      text_of("SELECT permissions FROM role WHERE org_id = " + binary(owner.org_id) + " AND name = 'Friend'"),
      "projects:read");
}

Test(temporary_right, nobody_brings_back_a_member_whose_role_lasts_longer) {
  const auto owner = sign_up();
  const auto friend_of = invite_and_accept(owner, "admin");
  const auto path = "/api/v1/users/" + friend_of.user_id;
  expect(owner.client().del(path, ""), 204);
  const auto admin = temporary(owner);
  auto client = admin.client();
  {
    Unchanged database;
    expect_problem(client.put(path, R"({"status":"active"})"), 403, "temporary_right");
    const auto bulk = client.post("/api/v1/users/bulk/action",
                                  R"({"action":"activate","user_ids":[")" + friend_of.user_id + "\"]}");
    require_equal(expect(bulk, 200).text("/items/0/code"), "temporary_right");
    database.check("an admin for good, brought back by one for a time");
  }
  // Whose role ends no later is brought back.
  end_role_of(friend_of, 60);
  expect(client.put(path, R"({"status":"active"})"), 200);
}

Test(temporary_right, what_carries_its_end_can_be_given) {
  const auto owner = sign_up();
  const auto admin = temporary(owner);
  const auto guest = invite_and_accept(admin, "viewer");
  require_equal(number_of("SELECT role_expires_at FROM member WHERE user_id = " + binary(guest.user_id)),
                number_of("SELECT role_expires_at FROM member WHERE user_id = " + binary(admin.user_id)));
  make_api_key(admin, R"(["users:read"])");
}

Test(temporary_right, an_owner_with_an_end_is_not_the_one_that_an_organization_keeps) {
  const auto owner = sign_up();
  const auto second = invite_and_accept(owner, "admin");
  auto client = owner.client();
  expect(client.put("/api/v1/members/" + second.user_id + "/role", object({{"new_role_name", "owner"}})),
         200);
  end_role_of(second, 3600);
  {
    Unchanged database;
    const auto self = "/api/v1/users/" + owner.user_id;
    expect_problem(client.del("/delete", object({{"user_id", owner.user_id}})), 409, "last_owner");
    expect_problem(give(owner, owner, "admin"), 409, "last_owner");
    expect_problem(client.put(self, R"({"status":"inactive"})"), 409, "last_owner");
    expect_problem(client.del(self, ""), 409, "last_owner");
    database.check("the only owner without an end");
  }
  // Who has an end can go.
  expect(client.del("/delete", object({{"user_id", second.user_id}})), 204);
}

Test(temporary_right, an_owner_with_an_end_makes_nobody_the_owner_instead) {
  const auto owner = sign_up();
  const auto second = invite_and_accept(owner, "admin");
  expect(
      owner.client().put("/api/v1/members/" + second.user_id + "/role", object({{"new_role_name", "owner"}})),
      200);
  end_role_of(second, 3600);
  const auto heir = invite_and_accept(owner, "viewer");
  const auto late = account_of(expect(sign_in(second.email, second.password), 200), second.email);
  auto client = late.client();
  Unchanged database;
  expect_problem(client.post("/api/v1/organizations/" + owner.org_id + "/transfer-ownership",
                             object({{"user_id", heir.user_id}, {"password", second.password}})),
                 403, "temporary_right");
  expect_problem(
      client.put("/api/v1/members/" + heir.user_id + "/role", object({{"new_role_name", "owner"}})), 403,
      "role_outranks");
  database.check("an owner for a time");
}
