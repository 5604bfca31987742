// The table of roles that the directory's groups give. A person sets it, who answers for it.
#include "identity/scim/group_roles.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

Response roles_reply(const Request& request, const TenantScope& scope, Txn& txn,
                     const std::optional<store::ScimSetup>& setup, bool complete) {
  JsonOut json;
  json.begin_object().field("default_role_name", setup ? setup->default_role_name : "member");
  json.key("group_roles").begin_array();
  if (setup)
    for (const auto& each : setup->groups)
      json.begin_object().field("group", each.group).field("role_name", each.role_name).end_object();
  json.end_array().key("groups").begin_array();
  for (const auto& group : store::list_groups(txn, scope, service::kMostGroups)) json.value(group.name);
  json.end_array().field("kept_by", setup ? setup->kept_by : std::nullopt).field("complete", complete);
  json.field("base_url", request.context.settings.public_url + "/scim/v2").end_object();
  return reply(json);
}

Response show_scim_roles(const Request& request, const TenantScope& scope, Txn& txn) {
  return roles_reply(request, scope, txn, store::find_scim_setup(txn, scope), true);
}

Response set_scim_roles(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::ScimRolesForm form;
  form.default_role = text(request.body, "default_role_name");
  for (const auto& each : request.body["group_roles"].GetArray())
    form.groups.emplace_back(text(each, "group"), text(each, "role_name"));
  const auto stored = service::store_scim_roles({txn, request.context, scope}, form);
  return roles_reply(request, scope, txn, stored.setup, stored.complete);
}

constexpr auto kScimRolesRows =
    section("SCIM", {
                        {.method = GET,
                         .path = "/api/v1/scim/roles",
                         .handler = show_scim_roles,
                         .permission = identity_providers_manage,
                         .rate = Rate::read,
                         .reply = ok("scim_roles"),
                         .refuses = nothing,
                         .summary = "Which roles the groups of the organization's directory give"},
                        {.method = PUT,
                         .path = "/api/v1/scim/roles",
                         .handler = set_scim_roles,
                         .permission = identity_providers_manage,
                         .rate = Rate::write,
                         .body = "scim_roles",
                         .reply = ok("scim_roles"),
                         .refuses = {role_outranks, temporary_right},
                         .summary = "Say which roles the groups give, and give them"},
                    });

}  // namespace

std::span<const Route> scim_roles_rows() { return kScimRolesRows; }

}  // namespace tenantd::api::handlers
