// Tenant isolation over the route table: whatever row is added is tried here by an outsider, by members
// without the permission, and by nobody. A row's body is its schema's example, unless this file builds
// another.
#include <criterion/criterion.h>

#include <algorithm>
#include <array>
#include <map>

#include "api/schema_files.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/fixtures.hpp"
#include "support/inventory.hpp"
#include "tenantd/api/described.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/base/text.hpp"

using namespace tenantd::test;
using tenantd::api::Access;
using tenantd::api::needs_permission;
using tenantd::api::Route;
using tenantd::api::routes;

namespace {

// What a request names. Empty: left out.
struct Names {
  std::string org;
  std::string user;
  std::string tenant_header;
  std::string part = {};  // for the path's parts that name a row of the organization
};

std::string member(const std::string& name, const std::string& value) {
  return value.empty() ? "" : ",\"" + name + "\":" + Field{value}.json();
}

// The schema's example, in the organization.
std::string example_of(std::string_view schema, const std::string& org) {
  const auto document = tenantd::api::schema_document(schema);
  require(document.HasMember("examples"), std::string{schema} + " has no example");
  rapidjson::Document body;
  body.CopyFrom(document["examples"][0], body.GetAllocator());
  if (!org.empty()) body.AddMember("org_id", rapidjson::Value{org, body.GetAllocator()}, body.GetAllocator());
  return tenantd::json::compact(body);
}

// The body of each schema of the tenants' rows: a schema that does not stand here is known by its example.
std::string body_for(std::string_view schema, const Names& names) {
  const std::string org = member("org_id", names.org);
  const std::string user = Field{names.user.empty() ? fresh_id() : names.user}.json();
  if (schema == "invite") return R"({"email":"x@example.com")" + org + '}';
  if (schema == "add_users") return R"({"users":[{"email":"x@example.com"}])" + org + '}';
  if (schema == "delete_member") return "{\"user_id\":" + user + org + '}';
  if (schema == "update_member_role") return "{\"new_role_name\":\"viewer\",\"user_id\":" + user + org + '}';
  if (schema == "create_user")
    return R"({"email":"x@example.com","first_name":"X","last_name":"Y")" + org + '}';
  if (schema == "create_users")
    return R"({"users":[{"email":"x@example.com","first_name":"X","last_name":"Y"}])" + org + '}';
  if (schema == "user_action") return R"({"action":"deactivate","user_ids":[)" + user + ']' + org + '}';
  if (schema == "update_user") return R"({"status":"inactive")" + org + '}';
  if (schema == "member_role") return R"({"new_role_name":"viewer")" + org + '}';
  if (schema == "api_key") return R"({"name":"x","permissions":["users:read"])" + org + '}';
  if (schema == "google_provider")
    return R"({"client_id":"x","client_secret":"y","default_role_name":"viewer"})";
  if (schema == "microsoft_provider")
    return R"({"client_id":"x","client_secret":"y","default_role_name":"viewer",)"
           R"("azure_tenant_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"})";
  if (schema == "identity_provider") return R"({"client_id":"x","default_role_name":"viewer"})";
  if (schema == "role") return R"({"name":"x","permissions":[])" + org + '}';
  if (schema == "change_webhook") return R"({"status":"paused")" + org + '}';
  if (schema == "webhook")
    return R"({"url":"https://192.0.32.8/","events":["*"],"status":"paused")" + org + '}';
  if (schema == "product") return R"({"sku":"x","name":"x")" + org + '}';
  if (schema == "product_import") return R"({"csv":"sku,name\nx,x\n")" + org + '}';
  if (schema == "movement_import") return R"({"csv":"sku,warehouse,type,quantity\nx,x,in,1\n")" + org + '}';
  if (schema == "stock_movement")
    return R"({"product_id":")" + fresh_id() + R"(","warehouse_id":")" + fresh_id() +
           R"(","type":"in","quantity":1)" + org + '}';
  if (schema == "purchase_request")
    return R"({"title":"x","lines":[{"product_id":")" + fresh_id() + R"(","quantity":1}])" + org + '}';
  if (schema == "purchase_approval" || schema == "purchase_rejection") return R"({"reason":"x")" + org + '}';
  if (schema == "purchase_receipt") return R"({"warehouse_id":null)" + org + '}';
  if (schema == "resend_invite") return R"({"expires_in":600)" + org + '}';
  if (schema == "approval_thresholds") return R"({"thresholds":[])" + org + '}';
  if (schema == "upload")
    return R"({"project_id":")" + fresh_id() + R"(","name":"x","content_type":"text/plain","size":1)" + org +
           '}';
  if (schema == "project" || schema == "document" || schema == "change_document")
    return R"({"name":"x")" + org + '}';
  if (schema == "search_projects") return R"({"query":"x")" + org + '}';
  if (schema == "change_organization") return R"({"settings":{}})";
  if (schema == "delete_organization") return R"({"name":"x"})";
  if (schema == "transfer_ownership") return "{\"user_id\":" + user + '}';
  return example_of(schema, names.org);
}

// True if the body may name the organization: then it is read before anything else of the body is judged.
bool takes_org_id(const Route& route) {
  return route.body == "delete_member" || route.body == "update_member_role" || route.body == "member_role";
}

// True if the path itself names the organization.
bool names_the_organization(const Route& route) {
  return route.path.find("{org_id}") != std::string_view::npos;
}

// Rows of an organization, besides its members, that paths name.
bool names_a_part(const Route& route) {
  std::size_t parts = 0;
  for (const char c : route.path) parts += c == '{' ? 1U : 0U;
  return parts > (route.path.find("{user_id}") == std::string_view::npos ? 0U : 1U) +
                     (names_the_organization(route) ? 1U : 0U);
}

bool names_a_user(const Route& route) {
  return route.body == "delete_member" || route.body == "update_member_role" ||
         route.path.find("{user_id}") != std::string_view::npos;
}

Call call_of(const Route& route, const Names& names) {
  Call call;
  call.method = tenantd::http::method_name(route.method);
  call.path = route.path;
  if (const auto at = call.path.find("{user_id}"); at != std::string::npos)
    call.path.replace(at, 9, names.user.empty() ? fresh_id() : names.user);
  if (const auto at = call.path.find("{org_id}"); at != std::string::npos) {
    const bool by_header = tenantd::parse_uuid(names.tenant_header).has_value();
    const auto named = by_header && names.org.empty() ? names.tenant_header : names.org;
    call.path.replace(at, 8, named.empty() ? fresh_id() : named);
  }
  for (auto at = call.path.find('{'); at != std::string::npos; at = call.path.find('{'))
    call.path.replace(at, call.path.find('}') - at + 1, names.part.empty() ? fresh_id() : names.part);
  if (!route.body.empty()) call.body = body_for(route.body, names);
  if (!names.tenant_header.empty()) call.headers.emplace_back("X-Tenant-Id", names.tenant_header);
  return call;
}

std::vector<Route> tenant_routes() {
  std::vector<Route> found;
  for (const auto& route : routes())
    if (needs_permission(route.handler.access)) found.push_back(route);
  return found;
}

std::string label(const Route& route) {
  return std::string{tenantd::http::method_name(route.method)} + ' ' + std::string{route.path};
}

// Body and headers, without what differs by request.
std::string anonymized(const Response& reply) {
  const auto id = reply.header("x-request-id");
  std::string body = reply.body;
  for (auto at = body.find(id); at != std::string::npos; at = body.find(id)) body.replace(at, id.size(), "…");
  return std::to_string(reply.status) + ' ' + reply.header("content-type") + ' ' +
         reply.header("content-length") + ' ' + body;
}

// The row's path, its other parts left as they are.
std::string with_organization(const Route& route, const std::string& org_id) {
  std::string path{route.path};
  if (const auto at = path.find("{org_id}"); at != std::string::npos) path.replace(at, 8, org_id);
  return path;
}

// The organization, where the path cannot do without one.
std::string named(const Route& route, const Account& account) {
  return names_the_organization(route) ? account.org_id : "";
}

// The id of a row of the organization.
std::string uuid_of(const std::string& table, const std::string& condition, const Account& account) {
  const auto hex = text_of("SELECT LOWER(HEX(id)) FROM " + table + " WHERE " + condition +
                           "org_id = " + binary(account.org_id));
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

std::string slug_of(const Account& account) {
  return text_of("SELECT slug FROM organization WHERE id = " + binary(account.org_id));
}

}  // namespace

Test(tenancy, every_row_answers_an_outsider_as_if_the_organization_did_not_exist) {
  const auto ours = sign_up("Ours");
  const auto theirs = sign_up("Theirs");
  const auto colleague = invite_and_accept(theirs);
  const auto slug = slug_of(theirs);
  expect(theirs.client().post("/api/v1/roles", R"({"name":"theirs","permissions":[]})"), 201);
  expect(invite(theirs, fresh_email("waiting")), 201);
  expect(theirs.client().post("/api/v1/webhooks", body_for("webhook", {})), 201);
  expect(move(theirs, make_product(theirs), make_warehouse(theirs), "in", 1), 201);
  std::vector<std::string> parts = {
      uuid_of("role", "name = 'theirs' AND ", theirs), uuid_of("invite", "status = 0 AND ", theirs),
      uuid_of("webhook", "", theirs), uuid_of("event", "type = 'webhook.created' AND ", theirs),
      uuid_of("stock_movement", "", theirs)};
  for (const auto* resource : tenantd::api::described_resources()) {
    if (resource->rows.empty()) continue;
    const auto body = body_for(resource->name, {});
    parts.push_back(expect(theirs.client().post(std::string{resource->path}, body), 201).text("/id"));
    if (resource->name == "product")
      parts.push_back(expect(theirs.client().post("/api/v1/purchase-requests",
                                                  R"({"title":"x","lines":[{"product_id":")" + parts.back() +
                                                      R"(","quantity":1}]})"),
                             201)
                          .text("/id"));
  }
  auto client = ours.client();
  Unchanged database;
  for (const auto& route : tenant_routes()) {
    struct Pair {
      Names real, unreal;
    };
    std::vector<Pair> pairs = {
        {{"", "", theirs.org_id}, {"", "", fresh_id()}},
        {{"", "", slug}, {"", "", slug + "-x"}},
        {{"", colleague.user_id, theirs.org_id}, {"", colleague.user_id, fresh_id()}},
    };
    if (!route.body.empty()) {
      const auto never = fresh_id();
      pairs.push_back({{theirs.org_id, "", ""}, {never, "", ""}});
      pairs.push_back({{theirs.org_id, theirs.user_id, ""}, {never, fresh_id(), ""}});
      pairs.push_back({{theirs.org_id, colleague.user_id, theirs.org_id}, {never, fresh_id(), never}});
    }
    if (names_a_user(route)) {
      pairs.push_back({{"", colleague.user_id, ""}, {"", fresh_id(), ""}});
      const auto in_body = takes_org_id(route) ? ours.org_id : "";
      pairs.push_back({{in_body, theirs.user_id, ours.org_id}, {in_body, fresh_id(), ours.org_id}});
    }
    if (names_a_part(route))
      for (const auto& row : parts) pairs.push_back({{"", "", "", row}, {"", "", "", fresh_id()}});
    for (const auto& [real, unreal] : pairs) {
      const auto reply = client.send(call_of(route, real));
      require(reply.status == 404, label(route) + ": " + reply.describe());
      expect_problem(reply, 404, "not_found");
      require_equal(anonymized(client.send(call_of(route, unreal))), anonymized(reply), label(route));
      database.check(label(route));
    }
  }
}

Test(tenancy, an_organization_that_is_named_in_two_ways_is_refused) {
  const auto ours = sign_up();
  const auto theirs = sign_up();
  auto client = ours.client();
  Unchanged database;
  for (const auto& route : tenant_routes()) {
    if (route.body.empty()) continue;
    expect_problem(client.send(call_of(route, {ours.org_id, "", theirs.org_id})), 400, "tenant_ambiguous");
    expect_problem(client.send(call_of(route, {theirs.org_id, "", ours.org_id})), 400, "tenant_ambiguous");
    const auto by_slug = client.send(call_of(route, {ours.org_id, "", slug_of(theirs)}));
    require(by_slug.status == 400 || by_slug.status == 404, label(route) + ": " + by_slug.describe());
    database.check(label(route));
  }
}

Test(tenancy, every_role_is_refused_wherever_it_lacks_the_permission) {
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

Test(tenancy, an_api_key_may_call_the_rows_that_take_no_session_and_whose_permission_it_holds) {
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

Test(tenancy, an_api_key_is_refused_by_every_row_that_takes_a_person) {
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

Test(tenancy, every_row_that_is_not_public_refuses_who_shows_no_token) {
  Unchanged database;
  Client nobody;
  for (const auto& route : routes()) {
    if (route.handler.access == Access::anyone) continue;
    Call call{std::string{tenantd::http::method_name(route.method)},
              with_organization(route, fresh_id()),
              std::nullopt,
              "",
              {}};
    if (!route.body.empty()) call = {call.method, call.path, "{}", "application/json", {}};
    const auto reply = nobody.send(call);
    require(reply.status == 401, label(route) + ": " + reply.describe());
    expect_problem(reply, 401, "unauthenticated");
    call.headers.emplace_back("Authorization", "Bearer garbage");
    expect_problem(nobody.send(call), 401, "invalid_token");
  }
  database.check("anonymous requests");
}

Test(tenancy, lists_totals_and_statistics_show_no_row_of_another_organization) {
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

Test(tenancy, statistics_count_only_where_the_role_may_count) {
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

Test(tenancy, a_role_of_one_organization_is_none_in_another) {
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
