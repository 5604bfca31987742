// Roles that are given for a time: to the second, whoever remembers the token, and nobody prolongs their own.
#include <criterion/criterion.h>

#include <ctime>

#include "support/check.hpp"
#include "support/clock.hpp"
#include "support/database.hpp"
#include "support/roles.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;

namespace {

std::int64_t in(std::int64_t seconds) { return static_cast<std::int64_t>(std::time(nullptr)) + seconds; }

Response give_until(const Account& giver, const Account& member, const std::string& role,
                    const Field& expires_at) {
  return giver.client().put("/api/v1/members/" + member.user_id + "/role",
                            object({{"new_role_name", role}, {"expires_at", expires_at}}));
}

const Field never = Field::raw("null");

}  // namespace

Test(assignment, both_paths_give_a_role_for_a_time_and_for_good) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  auto client = owner.client();
  const auto until = in(3600);
  const auto given = give_until(owner, member, "manager", until);
  expect(given, 200);
  require_equal(given.number("/role_expires_at"), until);
  require_equal(member.client().get("/users/list_orgs").number("/items/0/role_expires_at"), until);
  require_equal(client.get("/api/v1/members?role=manager").number("/items/0/role_expires_at"), until);
  require(client.get("/api/v1/members?role=owner").at("/items/0/role_expires_at").IsNull(), "the owner");
  // The same role for another time, by the other path.
  const auto longer = client.post(
      "/update_member_role",
      object({{"user_id", member.user_id}, {"new_role_name", "manager"}, {"expires_at", until + 60}}));
  expect(longer, 200);
  require_equal(longer.number("/role_expires_at"), until + 60);
  for (const auto& for_good : {give(owner, member, "manager"), give_until(owner, member, "manager", never)}) {
    expect(for_good, 200);
    require(for_good.at("/role_expires_at").IsNull(), for_good.describe());
  }
  require(client.get("/api/v1/members?role=manager").at("/items/0/role_expires_at").IsNull(), "for good");
}

Test(assignment, a_time_that_is_over_or_no_time_is_refused) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  Unchanged database;
  for (const auto& time : {Field{in(0)}, Field{in(-1)}, Field{0}, Field{-5}, Field::raw("1.5"), Field{"soon"},
                           Field::raw("9223372036854775807"), Field::raw("true")}) {
    const auto reply = give_until(owner, member, "manager", time);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/expires_at");
  }
  expect_pointer(give_until(owner, member, "owner", in(60)), "/expires_at");
  expect_problem(give_until(owner, owner, "owner", in(60)), 422, "validation_failed");
  database.check("times that are none");
}

Test(assignment, an_expired_role_grants_nothing_from_that_second_on) {
  const auto owner = sign_up();
  const auto member = invite_and_accept(owner);
  const auto email = fresh_email();
  auto client = member.client();
  expect(give_until(owner, member, "manager", in(100)), 200);
  expect(invite(member, email, "viewer"), 201);
  const auto token = invite_token(email);
  MovedClock clock;
  clock.set(90);
  for (int i = 0; i < 3; ++i) expect(client.get("/api/v1/members"), 200);
  // One second more or less passes while this runs.
  clock.set(99);
  const auto until =
      number_of("SELECT role_expires_at FROM member WHERE user_id = " + binary(member.user_id));
  while (in(99) < until) expect(client.get("/users/me"), 200);
  expect_problem(client.get("/api/v1/members"), 403, "forbidden");
  expect_problem(client.get("/role_wise_users"), 403, "forbidden");
  expect_problem(invite(member, fresh_email(), "viewer"), 403, "forbidden");
  expect_problem(Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}})), 410,
                 "invite_gone");
  // Still a member, and signed in.
  require_equal(client.get("/users/me").text("/organization/role"), "manager");
  require_equal(client.get("/api/v1/auth/status").size("/permissions"), std::size_t{0}, "permissions");
  expect(give(owner, member, "manager"), 200);
  expect(client.get("/api/v1/members"), 200);
}

Test(assignment, nobody_gives_a_role_for_longer_than_they_hold_their_own) {
  const auto owner = sign_up();
  const auto ada = invite_and_accept(owner, "admin");
  const auto bob = invite_and_accept(owner, "admin");
  const auto until = in(3600);
  for (const auto& admin : {ada, bob}) expect(give_until(owner, admin, "admin", until), 200);
  {
    Unchanged database;
    expect_problem(give(ada, bob, "admin"), 403, "role_outranks");
    expect_problem(give_until(ada, bob, "admin", until + 1), 403, "role_outranks");
    database.check("two who would make each other's last");
  }
  // Nor by others whom they bring in.
  const auto carol = invite_and_accept(ada, "manager");
  const auto stored = "SELECT COALESCE(role_expires_at, 0) FROM member WHERE user_id = ";
  require_equal(number_of(stored + binary(carol.user_id)), until, "by invitation");
  const auto made = ada.client().post(
      "/api/v1/users", object({{"email", fresh_email()}, {"first_name", "Dan"}, {"last_name", "Doe"}}));
  require_equal(number_of(stored + binary(expect(made, 201).text("/id"))), until,
                "by an account made for them");
  // What takes away stays for good.
  const auto erin = invite_and_accept(owner, "manager");
  expect(give(ada, erin, "viewer"), 200);
}

Test(assignment, giving_the_same_role_without_a_time_keeps_the_time) {
  const auto owner = sign_up();
  const auto ada = invite_and_accept(owner, "manager");
  const auto until = in(3600);
  expect(give_until(owner, ada, "manager", until), 200);
  auto client = owner.client();
  const auto changed = client.put("/api/v1/users/" + ada.user_id, R"({"role":"manager"})");
  require_equal(expect(changed, 200).number("/role_expires_at"), until);
  expect(client.post("/api/v1/users/bulk/action",
                     R"({"action":"assign_role","role":"manager","user_ids":[")" + ada.user_id + "\"]}"),
         200);
  require_equal(number_of("SELECT role_expires_at FROM member WHERE user_id = " + binary(ada.user_id)),
                until);
}

Test(assignment, nobody_prolongs_a_role_of_their_own) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto until = in(3600);
  expect(give_until(owner, admin, "admin", until), 200);
  Unchanged database;
  expect_problem(give(admin, admin, "admin"), 403, "role_outranks");
  expect_problem(give_until(admin, admin, "admin", never), 403, "role_outranks");
  expect_problem(give_until(admin, admin, "admin", until + 1), 403, "role_outranks");
  expect_problem(give(admin, admin, "viewer"), 403, "role_outranks");
  database.check("a role of one's own, longer");
}

Test(assignment, one_may_shorten_ones_own) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto until = in(3600);
  expect(give_until(admin, admin, "admin", until), 200);
  expect(give_until(admin, admin, "admin", until - 1), 200);
  require_equal(give_until(admin, admin, "viewer", until - 2).number("/role_expires_at"), until - 2);
}

Test(assignment, statistics_count_no_organization_whose_role_has_expired) {
  const auto host = sign_up("Host");
  const auto guest = sign_up("Guest");
  join(host, guest, "manager");
  expect(give_until(host, guest, "manager", in(100)), 200);
  auto client = guest.client();
  const auto counted = [&] {
    for (const char* query : {"", "?from_time=0", "?from_time=0&to_time=4000000000", "?status=active"})
      for (const char* path : {"/stats/organization-users", "/stats/organization-role-users"}) {
        const auto body = client.get(std::string{path} + query).body;
        if (body.find(host.org_id) == std::string::npos) return false;
      }
    return client.get("/role_wise_users").body.find("manager") != std::string::npos;
  };
  const auto left_out = [&] {
    for (const char* query : {"", "?from_time=0", "?from_time=0&to_time=4000000000", "?status=active"})
      for (const char* path : {"/stats/organization-users", "/stats/organization-role-users"}) {
        const auto reply = client.get(std::string{path} + query);
        expect(reply, 200);
        if (reply.body.find(host.org_id) != std::string::npos) return false;
        if (reply.body.find(guest.org_id) == std::string::npos) return false;
      }
    return client.get("/role_wise_users").body.find("manager") == std::string::npos;
  };
  require(counted(), "while the role lasts");
  {
    MovedClock clock;
    clock.set(101);
    require(left_out(), "once the role has expired");
  }
  require(counted(), "before");
  // Nor one that requires a second factor which the caller has not.
  database().run("UPDATE organization SET require_mfa = TRUE WHERE id = " + binary(host.org_id));
  require(left_out(), "without the second factor");
}
