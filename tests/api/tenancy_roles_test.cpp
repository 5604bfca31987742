// Inside an organization: every row beside every role and kind of key, and what totals show.
#include <criterion/criterion.h>

#include "api/tenancy_fixture.hpp"

using namespace tenantd::test::outsiders;
using namespace tenantd::test;
using tenantd::api::Access;
using tenantd::api::needs_permission;
using tenantd::api::Route;
using tenantd::api::routes;

Test(tenancy_roles, every_role_is_refused_wherever_it_lacks_the_permission) {
  const auto owner = sign_up();
  std::map<std::string, Account> holders;
  for (const auto& role : tenantd::system_roles())
    if (role.name != "owner")
      holders[std::string{role.name}] = invite_and_accept(owner, std::string{role.name});
  Unchanged database;
  std::size_t refused = 0;
  for (const auto& [name, holder] : holders) {
    auto client = holder.client();
    for (const auto& route : tenant_routes()) {
      if (tenantd::find_system_role(name)->permissions.has(route.permission.value())) continue;
      const auto reply = client.send(call_of(route, {named(route, owner), owner.user_id, ""}));
      require(reply.status == 403, name + " " + label(route) + ": " + reply.describe());
      expect_problem(reply, 403, "forbidden");
      expect_problem(client.send(call_of(route, {"", owner.user_id, owner.org_id})), 403, "forbidden");
      ++refused;
    }
  }
  require(refused > 20, "only " + std::to_string(refused) + " cells of role and row were tried");
  database.check("requests without permission");
}

// Permissions as a JSON array: all of an owner's without `left_out`, or `only` one.
std::string owners_permissions_without(tenantd::Permission left_out) {
  std::string names;
  const auto all = tenantd::find_system_role("owner")->permissions.without(left_out);
  const auto text = tenantd::format_permissions(all);
  for (const auto name : tenantd::split(text, ','))
    names += (names.empty() ? "\"" : ",\"") + std::string{name} + '"';
  return '[' + names + ']';
}
std::string only(tenantd::Permission permission) {
  return "[\"" + std::string{tenantd::permission_name(permission)} + "\"]";
}

Test(tenancy_roles, an_api_key_may_call_the_rows_that_take_no_session_and_whose_permission_it_holds) {
  const auto owner = sign_up();
  std::map<tenantd::Permission, std::pair<ApiKey, ApiKey>> keys;
  for (const auto& route : routes())
    if (const auto p = route.permission; p && !keys.contains(*p))
      keys[*p] = {make_api_key(owner, only(*p)), make_api_key(owner, owners_permissions_without(*p))};
  std::size_t allowed = 0;
  for (const auto& route : tenant_routes()) {
    const auto& [holds, lacks] = keys.at(route.permission.value());
    const auto call = call_of(route, {named(route, owner), fresh_id(), ""});
    const auto with = holds.client().send(call);
    const auto without = lacks.client().send(call);
    if (route.handler.tenant_with_session_ != nullptr) {
      expect_problem(with, 403, "session_required");
      expect_problem(without, 403, "session_required");
      continue;
    }
    // Who may make accounts and nothing else gives nobody a role that holds more.
    const bool outranked = (route.body == "create_user" || route.body == "invite") && with.status == 403;
    if (outranked) expect_problem(with, 403, "role_outranks");
    require(outranked || (with.status != 401 && with.status != 403), label(route) + ": " + with.describe());
    expect_problem(without, 403, "forbidden");
    ++allowed;
  }
  require(allowed >= 5, "only " + std::to_string(allowed) + " rows can be called with a key");
}

Test(tenancy_roles, an_api_key_is_refused_by_every_row_that_takes_a_person) {
  const auto owner = sign_up();
  auto client = make_api_key(owner, R"(["users:read"])").client();
  for (const auto& route : routes()) {
    if (route.handler.access != Access::user && route.handler.access != Access::super) continue;
    Call call{std::string{tenantd::http::method_name(route.method)},
              with_organization(route, owner.org_id),
              std::nullopt,
              "application/json",
              {}};
    if (!route.body.empty()) call.body = "{}";
    // What stands between braces is no id: a key learns nothing from that.
    expect_problem(client.send(call), 403, "session_required");
  }
}

Test(tenancy_roles, lists_totals_and_statistics_show_no_row_of_another_organization) {
  const auto ours = sign_up("Ours");
  const auto theirs = sign_up("Theirs");
  const auto guest = invite_and_accept(theirs, "admin");
  expect(invite(theirs, fresh_email("waiting")), 201);
  auto client = ours.client();
  for (const char* path :
       {"/organization/list_users?include_total=true", "/api/v1/members?status=active",
        "/api/v1/members?role=admin", "/users/list_orgs?include_total=true", "/role_wise_users",
        "/stats/organization-users", "/stats/organization-role-users",
        "/stats/organization-users?from_time=0&to_time=4000000000",
        "/stats/organization-role-users?from_time=1", "/users/me", "/api/v1/users?include_total=true",
        "/api/v1/users?q=example.com", "/api/v1/users/stats?from_time=0"}) {
    const auto reply = client.get(path);
    expect(reply, 200);
    for (const auto& foreign :
         {theirs.org_id, theirs.user_id, theirs.email, guest.user_id, guest.email, std::string{"Theirs"}})
      require(reply.body.find(foreign) == std::string::npos,
              "a row of another organization: " + reply.describe());
  }
  require_equal(client.get("/organization/list_users?include_total=true").number("/total"), 1);
  require_equal(client.get("/organization/list_users?include_total=true&role=admin").number("/total"), 0);
  require_equal(client.get("/role_wise_users").body, R"({"items":[{"role":"owner","users":1}]})");
  // A cursor made in one organization opens no other.
  for (int i = 0; i < 2; ++i) invite_and_accept(theirs);
  const auto cursor = theirs.client().get("/organization/list_users?limit=1").text("/next_cursor");
  require(
      client.get("/organization/list_users?cursor=" + cursor).body.find(guest.user_id) == std::string::npos,
      "a foreign cursor");
}

Test(tenancy_roles, statistics_count_only_where_the_role_may_count) {
  const auto owner = sign_up("Mine");
  const auto host = sign_up("Host");
  join(host, owner, "viewer");
  auto client = owner.client();
  require_equal(client.get("/stats/organization-users").size("/items"), 1U);
  require_equal(client.get("/role_wise_users").body, R"({"items":[{"role":"owner","users":1}]})");
  const auto change = object({{"user_id", owner.user_id}, {"new_role_name", "manager"}});
  expect(host.client().post("/update_member_role", change), 200);
  require_equal(client.get("/stats/organization-users").size("/items"), 2U);
}

Test(tenancy_roles, a_role_of_one_organization_is_none_in_another) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  const auto member = invite_and_accept(ours);
  database().run("INSERT INTO role (org_id, id, name, permissions, created_at, updated_at) VALUES (" +
                 binary(theirs.org_id) + ", " + binary(fresh_id()) + ", 'auditor', 'audit:read', 1, 1)");
  auto client = ours.client();
  Unchanged database;
  const auto body = object({{"user_id", member.user_id}, {"new_role_name", "auditor"}});
  for (const auto& reply :
       {client.post("/update_member_role", body),
        client.post("/invite_member", object({{"email", fresh_email()}, {"role", "auditor"}}))}) {
    expect_problem(reply, 422, "validation_failed");
    require(reply.body.find("auditor") == std::string::npos, "a foreign role is named: " + reply.body);
  }
  database.check("a foreign role");
}
