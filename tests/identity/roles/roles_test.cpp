// An organization's own roles: made, shown, changed and removed.
#include <criterion/criterion.h>

#include <set>

#include "support/check.hpp"
#include "support/database.hpp"
#include "support/parallel.hpp"
#include "support/roles.hpp"
#include "tenantd/domain/permission.hpp"

using namespace tenantd::test;

namespace {

std::string system_role(const Account& owner, const std::string& name) {
  const auto roles = owner.client().get("/api/v1/roles");
  for (std::size_t i = 0; i < roles.size("/items"); ++i) {
    const auto at = "/items/" + std::to_string(i);
    if (roles.text(at + "/name") == name) return "/api/v1/roles/" + roles.text(at + "/id");
  }
  return {};
}

}  // namespace

Test(roles, a_role_is_made_shown_listed_changed_and_removed) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto made = client.post("/api/v1/roles", R"({"name":"Auditor","description":"Reads what happened",
                                "permissions":["events:read","audit:read"]})");
  expect(made, 201);
  require_equal(made.header("location"), path_of(made));
  require_equal(made.header("etag"), "\"1\"");
  require(made.body.find(R"("permissions":["audit:read","events:read"],"system":false)") != std::string::npos,
          made.describe());
  require_equal(made.text("/org_id"), owner.org_id);
  const auto shown = client.get(path_of(made));
  expect(shown, 200);
  require_equal(shown.body, made.body);
  require_equal(shown.header("etag"), "\"1\"");

  const auto list = client.get("/api/v1/roles?include_total=true");
  expect(list, 200);
  require_equal(list.number("/total"), 6);
  require_equal(list.size("/items"), 6U);
  require_equal(list.text("/items/5/name"), "Auditor");
  std::size_t system = 0;
  for (const auto& item : list.at("/items").GetArray()) system += item["system"].IsTrue() ? 1 : 0;
  require_equal(system, 5U);
  require_equal(client.get(system_role(owner, "owner")).size("/permissions"), tenantd::kPermissionCount);

  const auto changed = client.put(path_of(made), role_body("Reader", R"(["stats:read"])"));
  expect(changed, 200);
  require_equal(changed.header("etag"), "\"2\"");
  require_equal(changed.text("/name"), "Reader");
  require_equal(changed.text("/description"), "");
  require_equal(client.get(path_of(made)).body, changed.body);
  expect(client.del(path_of(made), ""), 204);
  expect_problem(client.get(path_of(made)), 404, "not_found");
  expect_problem(client.put(path_of(made), role_body("x", "[]")), 404, "not_found");
  expect_problem(client.del(path_of(made), ""), 404, "not_found");
}

Test(roles, the_list_goes_on_where_its_cursor_says) {
  const auto owner = sign_up();
  expect(make_role(owner, "a", "[]"), 201);
  auto client = owner.client();
  std::string cursor;
  std::set<std::string> names;
  for (int page = 0; page < 3; ++page) {
    const auto reply = client.get("/api/v1/roles?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (std::size_t i = 0; i < reply.size("/items"); ++i)
      names.insert(reply.text("/items/" + std::to_string(i) + "/name"));
    if (page < 2) cursor = reply.text("/next_cursor");
    if (page == 2) require(reply.at("/next_cursor").IsNull(), reply.describe());
  }
  require(names == std::set<std::string>{"owner", "admin", "manager", "member", "viewer", "a"}, "each once");
}

Test(roles, permissions_say_which_of_them_the_caller_may_grant) {
  const auto owner = sign_up();
  const auto admin = invite_and_accept(owner, "admin");
  const auto reply = admin.client().get("/api/v1/permissions");
  expect(reply, 200);
  require_equal(reply.size("/items"), tenantd::kPermissionCount);
  std::size_t grantable = 0;
  for (const auto& item : reply.at("/items").GetArray()) grantable += item["grantable"].IsTrue() ? 1 : 0;
  require_equal(grantable, tenantd::kPermissionCount - 3);
  require_equal(reply.text("/items/0/resource") + ':' + reply.text("/items/0/action"),
                reply.text("/items/0/name"));
}

Test(roles, system_roles_stay_as_they_are) {
  const auto owner = sign_up();
  auto client = owner.client();
  Unchanged database;
  for (const char* name : {"owner", "admin", "manager", "member", "viewer"}) {
    const auto path = system_role(owner, name);
    expect_problem(client.put(path, role_body(name, R"(["audit:read"])")), 403, "system_role");
    expect_problem(client.del(path, ""), 403, "system_role");
  }
  database.check("system roles");
}

Test(roles, a_name_is_taken_in_whatever_case_and_those_of_the_system_always) {
  const auto owner = sign_up();
  auto client = owner.client();
  const auto auditor = make_role(owner, "Auditor", "[]");
  expect(auditor, 201);
  expect(make_role(owner, "other", "[]"), 201);
  Unchanged database;
  for (const char* name : {"Auditor", "auditor", "AUDITOR", "owner", "Owner", "ADMIN", "viewer"})
    expect_problem(make_role(owner, name, "[]"), 409, "conflict");
  for (const char* name : {"OTHER", "Member"})
    expect_problem(client.put(path_of(auditor), role_body(name, "[]")), 409, "conflict");
  for (const char* name : {" x", "x ", " "}) {
    const auto reply = make_role(owner, name, "[]");
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, "/name");
  }
  database.check("names that are taken");
}

Test(roles, a_role_takes_a_name_of_another_organization_and_its_own_in_another_case) {
  const auto name = fresh_name("role");
  const auto made = make_role(sign_up(), name, "[]");
  expect(made, 201);
  const auto owner = sign_up();
  const auto again = make_role(owner, name, "[]");
  expect(again, 201);
  std::string upper = name;
  upper.front() = 'R';
  expect(owner.client().put(path_of(again), role_body(upper, "[]")), 200);
}

Test(roles, an_unknown_permission_is_refused_with_its_place) {
  const auto owner = sign_up();
  Unchanged database;
  for (const auto& [permissions, pointer] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"(["audit:read","audit:write"])", "/permissions/1"},
           {R"(["*"])", "/permissions/0"},
           {R"(["Audit:Read"])", "/permissions/0"},
           {R"([""])", "/permissions/0"},
           {R"(["audit:read,tenant:delete"])", "/permissions/0"},
           {R"(["audit:read","audit:read"])", "/permissions"},
           {R"([1])", "/permissions/0"}}) {
    const auto reply = make_role(owner, "x", permissions);
    expect_problem(reply, 422, "validation_failed");
    expect_pointer(reply, pointer);
  }
  database.check("unknown permissions");
}

Test(roles, a_role_can_hold_every_permission) {
  const auto owner = sign_up();
  std::string all;
  for (std::size_t i = 0; i < tenantd::kPermissionCount; ++i)
    all += (i == 0 ? "[\"" : ",\"") +
           std::string{tenantd::permission_name(static_cast<tenantd::Permission>(i))} + '"';
  const auto made = make_role(owner, "deputy", all + ']');
  expect(made, 201);
  require_equal(owner.client().get(path_of(made)).size("/permissions"), tenantd::kPermissionCount);
}

Test(roles, a_stale_tag_is_refused_and_of_two_at_once_one_wins) {
  const auto owner = sign_up();
  const auto made = make_role(owner, "reader", "[]");
  expect(made, 201);
  const auto put = [&](const std::string& tag, const std::string& name) {
    return owner.client().header("If-Match", tag).put(path_of(made), role_body(name, "[]"));
  };
  expect(put("\"1\"", "second"), 200);
  {
    Unchanged database;
    for (const char* tag : {"\"1\"", "W/\"1\"", "\"3\"", "2", "\"x\""})
      expect_problem(put(tag, "third"), 412, "precondition_failed");
    database.check("stale tags");
  }
  expect(put("*", "third"), 200);
  expect(put("\"9\", \"3\"", "fourth"), 200);
  for (int round = 4; round < 14; ++round) {
    const auto tag = '"' + std::to_string(round) + '"';
    const auto replies = at_once(4, [&](std::size_t i) { return put(tag, "name-" + std::to_string(i)); });
    int won = 0;
    for (const auto& reply : replies) {
      if (reply.status == 200) ++won;
      if (reply.status != 200) expect_problem(reply, 412, "precondition_failed");
    }
    require_equal(won, 1, "changes of one revision");
  }
}
