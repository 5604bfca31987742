// What an impersonation may call, row by row. The rule is written down here once more, in names, so that
// neither a new row nor a new permission is let in by the service's own rule alone.
#include <criterion/criterion.h>

#include <cstdio>
#include <optional>
#include <set>

#include "api/schema_files.hpp"
#include "support/check.hpp"
#include "support/database.hpp"
#include "support/impersonation.hpp"
#include "support/processes.hpp"
#include "tenantd/api/authorizer.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/pool.hpp"
#include "tenantd/domain/impersonation.hpp"
#include "tenantd/effects/changes.hpp"

using namespace tenantd::test;
using tenantd::Permission;
using tenantd::api::Access;
using tenantd::api::LaneKind;
using tenantd::api::Rate;
using tenantd::api::Route;
using tenantd::http::Method;

namespace {

// Changes that an impersonation may make, besides those of described resources, which are business data.
const std::set<std::string_view> kChanges = {
    "projects:create",          "projects:update",         "projects:delete", "documents:create",
    "documents:update",         "documents:delete",        "stock:create",    "purchase_requests:create",
    "purchase_requests:update", "purchase_requests:submit"};

bool may_change(std::string_view permission) {
  return kChanges.contains(permission) || tenantd::is_resource(permission.substr(0, permission.find(':')));
}

bool ends_it(const Route& route) {
  return route.path == "/logout" || route.path == "/api/v1/auth/logout" ||
         route.path == "/api/v1/auth/end-impersonation";
}

bool is_open(const Route& route) {
  if (ends_it(route)) return true;
  // The address says who sends a file; nobody looks at a token.
  if (route.path == "/files/{document_id}") return true;
  if (route.rate == Rate::password || route.handler.access == Access::super) return false;
  if (route.method == Method::GET) return route.permission || route.lane != LaneKind::outbound;
  if (route.handler.access != Access::tenant) return false;
  // A search reads, though it is posted.
  const auto permission = tenantd::permission_name(*route.permission);
  return permission.ends_with(":read") || may_change(permission);
}

std::string label(const Route& route) {
  return std::string{tenantd::http::method_name(route.method)} + ' ' + std::string{route.path};
}

// The first example of the row's body, in this organization: what would be taken from the user.
std::string example_of(std::string_view schema, const Account& acting) {
  for (const auto& file : tenantd::api::schema_files()) {
    if (file.name != std::string{schema} + ".json") continue;
    rapidjson::Document document;
    document.Parse(file.text.data(), file.text.size());
    auto& example = document["examples"][0];
    if (example.HasMember("org_id"))
      example["org_id"].SetString(acting.org_id.c_str(), document.GetAllocator());
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    example.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
  }
  throw std::runtime_error("no schema " + std::string{schema});
}

Call call_of(const Route& route, const Account& acting, const std::string& user_id) {
  Call call;
  call.method = tenantd::http::method_name(route.method);
  call.path = route.path;
  for (auto begin = call.path.find('{'); begin != std::string::npos; begin = call.path.find('{')) {
    const auto end = call.path.find('}', begin);
    const auto part = call.path.substr(begin + 1, end - begin - 1);
    call.path.replace(begin, end - begin + 1,
                      part == "org_id" || part == "tenant_id" ? acting.org_id
                      : part == "user_id"                     ? user_id
                                                              : fresh_id());
  }
  if (!route.body.empty()) call.body = example_of(route.body, acting);
  return call;
}

std::string code_of(const Response& reply) { return reply.has("/code") ? reply.text("/code") : ""; }

// A change that an impersonation may make, since no row of this table takes one yet.
tenantd::http::Response make_project(const tenantd::api::Request& request, const tenantd::TenantScope& scope,
                                     tenantd::db::Txn& txn) {
  require(!scope.permissions().has(Permission::users_update),
          "the scope holds what nobody does in another's name");
  tenantd::service::record(
      {txn, request.context, scope},
      {"project.created", "project", tenantd::crypto::new_id<tenantd::EventId>().bytes()});
  return tenantd::api::no_content();
}

}  // namespace

Test(impersonation_rows, only_what_reads_and_business_data_is_open_and_the_rest_changes_nothing,
     .timeout = 300) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto colleague = invite_and_accept(owner);
  make_api_key(owner, R"(["users:read"])");
  expect(invite(owner, fresh_email("waiting")), 201);
  const auto acting = acting_as(admin, owner, owner);
  auto client = acting.client();
  std::size_t open = 0;
  std::size_t refused = 0;
  std::optional<Unchanged> database{std::in_place};
  for (const auto& route : tenantd::api::routes()) {
    if (ends_it(route) || route.rate == Rate::none) continue;
    if (route.gate != nullptr) continue;  // it answers before anybody is known
    // A read that is written down: audit_export_test.
    if (route.path == "/api/v1/audit-logs/export") continue;
    for (const auto& user : {owner.user_id, colleague.user_id}) {
      const auto reply = client.send(call_of(route, acting, user));
      if (is_open(route)) {
        require(code_of(reply) != "impersonating" && reply.status != 401 && reply.status < 500,
                label(route) + ": " + reply.describe());
        ++open;
      } else {
        require(reply.status == 403, label(route) + ": " + reply.describe());
        expect_problem(reply, 403, "impersonating");
        ++refused;
      }
      // An open change that was taken is what the next one is compared with.
      if (route.method == Method::GET || !is_open(route))
        database->check(label(route));
      else
        database.emplace();
    }
  }
  std::printf("impersonation: %zu calls open, %zu refused\n", open, refused);
  require(open > 40 && refused > 80, "too few rows were tried");
}

Test(impersonation_rows, what_reads_shows_all_that_the_user_sees_and_others_are_told_less) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto member = invite_and_accept(owner);
  auto client = acting_as(admin, owner, owner).client();
  for (const auto& path :
       {std::string{"/api/v1/api-keys"}, std::string{"/api/v1/invites"}, std::string{"/api/v1/roles"},
        std::string{"/api/v1/members"}, "/api/v1/users/" + owner.user_id + "/sessions",
        "/api/v1/users/" + member.user_id + "/sessions", "/api/v1/users/" + member.user_id + "/security",
        "/api/v1/organizations/" + owner.org_id})
    expect(client.get(path), 200);
  const auto status = client.get("/api/v1/auth/status");
  expect(status, 200);
  std::set<std::string> named;
  for (const auto& name : status.at("/permissions").GetArray()) named.insert(name.GetString());
  require(named.contains("projects:update") && named.contains("audit:read"), status.body);
  for (const char* lacking : {"users:update", "roles:assign", "api_keys:manage", "tenant:manage",
                              "webhooks:manage", "purchase_requests:approve"})
    require(!named.contains(lacking), lacking);
  const auto held =
      expect(client.get("/auth/verify?permission=projects:update"), 204).header("x-permissions");
  require_equal(held.find("users:update"), std::string::npos, held);
  expect_problem(client.get("/auth/verify?permission=users:update"), 403, "forbidden");
  // Somebody who may little may no more in another's name.
  auto less = acting_as(admin, member, owner).client();
  expect_problem(less.get("/api/v1/api-keys"), 403, "forbidden");
}

Test(impersonation_rows, what_remains_of_the_permissions_is_what_is_written_here) {
  for (std::size_t i = 0; i < tenantd::kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    const auto name = tenantd::permission_name(permission);
    const bool reads = name.ends_with(":read") || name == "documents:download";
    require_equal(tenantd::kImpersonable.has(permission), reads || may_change(name), std::string{name});
  }
}

Test(impersonation_rows, a_change_that_is_open_carries_both_names) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  const auto acting = acting_as(admin, owner, owner);
  const auto settings = tenantd::load_settings();
  const auto keys = tenantd::crypto::KeyRing::load(settings.keys_dir);
  const tenantd::api::Authorizer authorizer{settings, nullptr, nullptr};
  tenantd::db::Pool pool{as_app(), 1};
  tenantd::service::Context context{
      settings, keys, tenantd::now(), "192.0.2.1", "test", "r-1", nullptr, {}, {}, {}, {}};
  tenantd::http::Request http;
  http.authorization = "Bearer " + acting.access_token;
  const tenantd::api::Json none;
  const auto send = [&](Permission permission) {
    const Route row{.method = Method::POST,
                    .path = "/x",
                    .handler = make_project,
                    .permission = permission,
                    .rate = Rate::write,
                    .reply = {204, ""},
                    .summary = "x"};
    tenantd::db::Txn txn{pool};
    const auto principal = authorizer.authenticate(http, context, {}, txn);
    context.caller = &principal;
    const tenantd::api::Request request{http, context, none, none, std::nullopt, nullptr};
    authorizer.call(row, request, principal, txn);
    txn.commit();
  };
  send(Permission::projects_create);
  for (const auto permission : {Permission::users_update, Permission::roles_assign,
                                Permission::webhooks_manage, Permission::purchase_requests_approve}) {
    try {
      send(permission);
      require(false, std::string{tenantd::permission_name(permission)} + " is open");
    } catch (const tenantd::ApiError& e) {
      require(e.code() == tenantd::ErrorCode::impersonating, e.what());
    }
  }
  const auto rows =
      "SELECT COUNT(*) FROM audit_log WHERE action = 'project.created' AND org_id = " + binary(owner.org_id);
  require_equal(number_of(rows), 1);
  require_equal(number_of(rows + " AND actor_id = " + binary(admin.user_id) + " AND actor_email = " +
                          literal(admin.email) + " AND effective_id = " + binary(owner.user_id) +
                          " AND effective_email = " + literal(owner.email)),
                1);
}

// The database makes no such session; were there one, its rank would be worth nothing.
Test(impersonation_rows, a_super_admins_rank_counts_for_nothing_in_the_hands_of_another) {
  const tenantd::Settings settings;
  const tenantd::api::Authorizer authorizer{settings, nullptr, nullptr};
  const tenantd::api::Handler::Super handler = [](const tenantd::api::Request&, const tenantd::SuperAdmin&,
                                                  tenantd::db::Txn&) { return tenantd::api::no_content(); };
  tenantd::Principal principal;
  principal.user.is_super = true;
  for (const auto method : {Method::GET, Method::POST}) {
    const Route row{.method = method,
                    .path = "/x",
                    .handler = handler,
                    .rate = Rate::read,
                    .reply = {204, ""},
                    .summary = "x"};
    principal.actor.reset();
    authorizer.authorize(row, {}, principal, tenantd::now());
    principal.actor = tenantd::Actor{};
    try {
      authorizer.authorize(row, {}, principal, tenantd::now());
      require(false, "a super-admin's row is open");
    } catch (const tenantd::ApiError& e) {
      require(e.code() == tenantd::ErrorCode::impersonating, e.what());
    }
  }
}

// What anybody may call is open to a stranger, not to the user whose name is used.
Test(impersonation_rows, public_rows_know_no_session_of_an_impersonation) {
  const auto admin = new_super_admin();
  const auto owner = sign_up("Tenant");
  auto client = acting_as(admin, owner, owner).client();
  Unchanged database;
  const auto own = object(
      {{"email", owner.email}, {"current_password", owner.password}, {"new_password", "lantern 7 x violet"}});
  expect_problem(client.post("/reset_password", own), 403, "impersonating");
  expect_problem(client.post("/signin", object({{"email", owner.email}, {"password", owner.password}})), 403,
                 "impersonating");
  expect_problem(client.post("/refresh_token", object({{"refresh_token", owner.refresh_token}})), 403,
                 "impersonating");
  expect_problem(client.get("/accept_invite?token=" + std::string(43, 'x')), 403, "impersonating");
  expect(client.get("/.well-known/jwks.json"), 200);
  database.check("public rows");
}
