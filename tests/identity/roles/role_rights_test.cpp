// Roles are made, changed, removed and given by those who hold what is in them.
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/roles.hpp"

using namespace tenantd::test;

Test(role_rights, nobody_puts_into_a_role_what_they_do_not_hold) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto billing = make_role(owner, "billing", R"(["tenant:billing"])");
  expect(billing, 201);
  const auto clerk =
      make_role(owner, "clerk", R"(["roles:read","roles:create","roles:update","roles:assign"])");
  expect(clerk, 201);
  const auto member = invite_and_accept(owner);
  expect(give(owner, member, "clerk"), 200);
  Unchanged database;
  for (const char* name : {"tenant:billing", "tenant:transfer", "tenant:delete"})
    expect_problem(make_role(admin, "x", std::string{"[\""} + name + "\"]"), 403, "role_outranks");
  // What it holds already counts as well as what it is to hold.
  expect_problem(admin.client().put(path_of(billing), role_body("billing", "[]")), 403, "role_outranks");
  expect_problem(admin.client().del(path_of(billing), ""), 403, "role_outranks");
  // A role that one holds oneself.
  auto climber = member.client();
  expect_problem(climber.put(path_of(clerk), role_body("clerk", R"(["roles:update","users:delete"])")), 403,
                 "role_outranks");
  expect_problem(climber.post("/api/v1/roles", role_body("x", R"(["users:delete"])")), 403, "role_outranks");
  for (const char* role : {"admin", "owner", "billing", "manager"})
    expect_problem(give(member, member, role), 403, "role_outranks");
  for (const char* role : {"owner", "billing"}) {
    expect_problem(give(admin, admin, role), 403, "role_outranks");
    expect_problem(give(admin, member, role), 403, "role_outranks");
    expect_problem(invite(admin, fresh_email(), role), 403, "role_outranks");
  }
  database.check("roles above one's own");
}

Test(role_rights, a_change_counts_on_the_next_request_of_its_holders) {
  const auto owner = sign_up();
  const auto made = make_role(owner, "reader", R"(["users:read"])");
  expect(made, 201);
  const auto holder = invite_and_accept(owner, "reader");
  auto client = holder.client();
  auto boss = owner.client();
  for (int i = 0; i < 3; ++i) {
    expect(client.get("/api/v1/members"), 200);
    expect(boss.put(path_of(made), role_body("reader", "[]")), 200);
    expect_problem(client.get("/api/v1/members"), 403, "forbidden");
    expect(boss.put(path_of(made), role_body("reader", R"(["users:read","stats:read"])")), 200);
  }
  expect(boss.put(path_of(made), role_body("lector", R"(["users:read","stats:read"])")), 200);
  require_equal(client.get("/users/me").text("/organization/role"), "lector");
  require(client.get("/role_wise_users").body.find("lector") != std::string::npos, "statistics");
  require(boss.get("/api/v1/members").body.find("\"lector\"") != std::string::npos, "members");
}

Test(role_rights, a_role_stays_while_members_or_pending_invitations_hold_it) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made = make_role(owner, "reader", "[]");
  expect(made, 201);
  expect(invite(owner, fresh_email(), "reader"), 201);
  {
    Unchanged database;
    expect_problem(client.del(path_of(made), ""), 409, "role_in_use");
    database.check("a role that an invitation holds");
  }
  const auto expire = "UPDATE invite SET expires_at = 1 WHERE org_id = " + binary(owner.org_id);
  database().run(expire);
  const auto holder = invite_and_accept(owner, "reader");
  {
    Unchanged database;
    expect_problem(client.del(path_of(made), ""), 409, "role_in_use");
    database.check("a role that a member holds");
  }
  expect(give(owner, holder, "viewer"), 200);
  expect(client.del(path_of(made), ""), 204);
  require_equal(stored_role(owner.org_id, holder.user_id), "viewer");
}

Test(role_rights, a_role_whose_invitation_is_being_accepted_stays) {
  for (int round = 0; round < 8; ++round) {
    const auto owner = sign_up();
    const auto guest = sign_up();
    verify(guest);
    const auto made = make_role(owner, "reader", "[]");
    expect(made, 201);
    expect(invite(owner, guest.email, "reader"), 201);
    const auto body = object({{"token", invite_token(guest.email)}});
    const auto replies = at_once(4, [&](std::size_t i) {
      return i == 0 ? Client{}.post("/accept_invite", body) : owner.client().del(path_of(made), "");
    });
    expect(replies[0], 200);
    for (std::size_t i = 1; i < replies.size(); ++i) expect_problem(replies[i], 409, "role_in_use");
    require_equal(stored_role(owner.org_id, guest.user_id), "reader");
  }
}

Test(role_rights, an_invitation_dies_with_what_its_inviters_role_loses) {
  const auto owner = sign_up();
  const auto made = make_role(owner, "host", R"(["users:invite","stats:read"])");
  expect(made, 201);
  const auto guests = make_role(owner, "guest", R"(["stats:read"])");
  expect(guests, 201);
  const auto host = invite_and_accept(owner, "host");
  const auto email = fresh_email();
  expect(invite(host, email, "guest"), 201);
  const auto token = invite_token(email);
  expect(owner.client().put(path_of(made), role_body("host", R"(["users:invite"])")), 200);
  expect_problem(Client{}.post("/accept_invite", object({{"token", token}, {"password", kPassword}})), 410,
                 "invite_gone");
  // It stands in nobody's way.
  expect(invite(owner, email, "guest"), 201);
  // A role that grows beyond the inviter is not given either.
  expect(owner.client().put(path_of(made), role_body("host", R"(["users:invite","stats:read"])")), 200);
  const auto second = fresh_email();
  expect(invite(host, second, "guest"), 201);
  expect(owner.client().put(path_of(guests), role_body("guest", R"(["tenant:delete"])")), 200);
  expect_problem(
      Client{}.post("/accept_invite", object({{"token", invite_token(second)}, {"password", kPassword}})),
      410, "invite_gone");
}

Test(role_rights, a_role_of_another_organization_is_none) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  const auto made = make_role(theirs, "auditor", R"(["audit:read"])");
  expect(made, 201);
  auto client = ours.client();
  Unchanged database;
  expect_problem(client.get(path_of(made)), 404, "not_found");
  expect_problem(client.put(path_of(made), role_body("x", "[]")), 404, "not_found");
  expect_problem(client.del(path_of(made), ""), 404, "not_found");
  expect_problem(give(ours, ours, "auditor"), 422, "validation_failed");
  expect_problem(client.get("/api/v1/roles/x"), 404, "not_found");
  require(client.get("/api/v1/roles").body.find("auditor") == std::string::npos, "a foreign role");
  database.check("a foreign role");
}
