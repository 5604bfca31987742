#include "identity/roles/roles.hpp"

#include "tenantd/api/collection.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kPath = "/api/v1/roles";

void put_role(JsonOut& json, const store::Role& role) { store::role_table.put(json, role); }

store::Role role_form(const JsonValue& body) {
  store::Role form;
  store::role_table.fill(form, body);
  return form;
}

Response make_role(const Request& request, const TenantScope& scope, Txn& txn) {
  return row_reply(service::make_role({txn, request.context, scope}, role_form(request.body)), kPath,
                   put_role, 201);
}

Response change_role(const Request& request, const TenantScope& scope, Txn& txn) {
  return row_reply(service::change_role_itself({txn, request.context, scope},
                                               path_id<RoleId>(request, "role_id"), role_form(request.body)),
                   kPath, put_role);
}

Response delete_role(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_role({txn, request.context, scope}, path_id<RoleId>(request, "role_id"));
  return no_content();
}

Response list_permissions(const Request&, const TenantScope& scope, Txn&) {
  JsonOut json;
  json.begin_object().key("items").begin_array();
  for (std::size_t i = 0; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    const auto parts = split(permission_name(permission), ':');
    json.begin_object()
        .field("name", permission_name(permission))
        .field("resource", parts[0])
        .field("action", parts[1])
        .field("grantable", scope.permissions().has(permission))
        .end_object();
  }
  json.end_array().end_object();
  return reply(json);
}

constexpr auto kRolesRows =
    section("Roles", {
                         {.method = GET,
                          .path = "/api/v1/roles",
                          .handler = record::handle<store::role_list, record::list_rows>,
                          .permission = roles_read,
                          .rate = Rate::read,
                          .query = "page_query",
                          .reply = ok("roles"),
                          .summary = "Roles"},
                         {.method = POST,
                          .path = "/api/v1/roles",
                          .handler = make_role,
                          .permission = roles_create,
                          .rate = Rate::write,
                          .body = "role",
                          .reply = made("role"),
                          .summary = "Make a role"},
                         {.method = GET,
                          .path = "/api/v1/roles/{role_id}",
                          .handler = record::handle<store::role_list, record::show_row>,
                          .permission = roles_read,
                          .rate = Rate::read,
                          .reply = ok("role"),
                          .summary = "A role"},
                         {.method = PUT,
                          .path = "/api/v1/roles/{role_id}",
                          .handler = change_role,
                          .permission = roles_update,
                          .rate = Rate::write,
                          .body = "role",
                          .reply = ok("role"),
                          .summary = "Replace a role; If-Match takes its ETag"},
                         {.method = DELETE_,
                          .path = "/api/v1/roles/{role_id}",
                          .handler = delete_role,
                          .permission = roles_delete,
                          .if_match = true,
                          .rate = Rate::write,
                          .reply = done(),
                          .summary = "Remove a role that nobody holds"},
                         {.method = GET,
                          .path = "/api/v1/permissions",
                          .handler = list_permissions,
                          .permission = roles_read,
                          .rate = Rate::read,
                          .reply = ok("permissions"),
                          .summary = "Permissions, and which of them the caller may grant"},
                     });

}  // namespace

std::span<const Route> roles_rows() { return kRolesRows; }

}  // namespace tenantd::api::handlers
