#include "identity/roles/roles.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

void put_role(JsonOut& json, const TenantScope& scope, const store::Role& role) {
  json.begin_object()
      .field("id", role.id)
      .field("org_id", scope.org())
      .field("name", role.name)
      .field("description", role.description)
      .key("permissions")
      .begin_array();
  for (std::size_t i = 0; i < kPermissionCount; ++i)
    if (const auto permission = static_cast<Permission>(i); role.permissions.has(permission))
      json.value(permission_name(permission));
  json.end_array()
      .field("system", role.is_system)
      .field("created_at", role.created_at)
      .field("updated_at", role.updated_at)
      .end_object();
}

Response role_reply(const TenantScope& scope, const store::Role& role, int status = 200) {
  JsonOut json;
  put_role(json, scope, role);
  auto response = status == 201 ? created(json, "/api/v1/roles/" + role.id.str()) : reply(json, status);
  response.header("ETag", etag(role.revision));
  return response;
}

RoleId role_of(const Request& request) {
  const auto id = RoleId::parse(request.http.path_value("role_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

service::RoleForm role_form(const JsonValue& body) {
  service::RoleForm form{text(body, "name"), maybe_text(body, "description").value_or(""), {}};
  if (form.name.front() == ' ' || form.name.back() == ' ')
    refuse_field("/name", "must neither begin nor end with a blank");
  const auto& names = member(body, "permissions")->GetArray();
  for (rapidjson::SizeType i = 0; i < names.Size(); ++i) {
    const auto permission = parse_permission({names[i].GetString(), names[i].GetStringLength()});
    if (!permission) refuse_field("/permissions/" + std::to_string(i), "is no permission");
    form.permissions = form.permissions.with(*permission);
  }
  return form;
}

Response list_roles(const Request& request, const TenantScope& scope, Txn& txn) {
  const Page page = page_of(request.query);
  return page_reply(
      page, store::list_roles(txn, scope, page.from, page.limit + 1),
      [&](JsonOut& json, const auto& row) { put_role(json, scope, row); },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return store::count_roles(txn, scope); });
}

Response make_role(const Request& request, const TenantScope& scope, Txn& txn) {
  return role_reply(scope, service::make_role({txn, request.context, scope}, role_form(request.body)), 201);
}

Response show_role(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto role = store::find_whole_role(txn, scope, role_of(request));
  if (!role) throw ApiError(ErrorCode::not_found);
  return role_reply(scope, *role);
}

Response change_role(const Request& request, const TenantScope& scope, Txn& txn) {
  const auto is_expected = [&](std::int64_t revision) {
    return if_match_allows(request.http.if_match, revision);
  };
  return role_reply(scope, service::change_role_itself({txn, request.context, scope}, role_of(request),
                                                       role_form(request.body), is_expected));
}

Response delete_role(const Request& request, const TenantScope& scope, Txn& txn) {
  service::remove_role({txn, request.context, scope}, role_of(request));
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

constexpr auto kRows =
    section("Roles", {
                         {.method = GET,
                          .path = "/api/v1/roles",
                          .handler = list_roles,
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
                          .handler = show_role,
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

std::span<const Route> roles_rows() { return kRows; }

}  // namespace tenantd::api::handlers
