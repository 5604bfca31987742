#include "identity/tenants/tenants.hpp"

#include "identity/members/new_user.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/encode.hpp"
#include "tenantd/identity/organizations.hpp"

namespace tenantd::api::handlers {
namespace {

OrgId tenant_of(const Request& request) {
  const auto id = OrgId::parse(request.http.path_value("tenant_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

// Fields of a tenant, inside an object.
void put_tenant_fields(JsonOut& json, const store::Tenant& tenant) {
  const auto& o = tenant.organization;
  json.field("id", o.id)
      .field("name", o.name)
      .field("slug", o.slug)
      .field("status", status_name(o.status))
      .field("personal", o.personal)
      .field("require_mfa", o.require_mfa);
  put_limits(json, tenant.limits);
  put_usage(json, tenant.usage);
  json.field("deactivated_at", tenant.deactivated_at)
      .field("created_at", o.created_at)
      .field("updated_at", o.updated_at);
}

void put_tenant(JsonOut& json, const store::Tenant& tenant) {
  json.begin_object();
  put_tenant_fields(json, tenant);
  json.end_object();
}

Response tenant_reply(const store::Tenant& tenant) {
  JsonOut json;
  put_tenant(json, tenant);
  auto response = reply(json);
  response.header("ETag", etag(tenant.revision));
  return response;
}

// A number, null for no limit, or nothing.
std::optional<std::optional<std::int64_t>> limit_of(const JsonValue& limits, const char* name) {
  const auto limit = maybe_integer(limits, name);
  if (!limit && !is_null(limits, name)) return std::nullopt;
  return limit;
}

service::LimitsChange limits_of(const JsonValue& body) {
  const auto* limits = member(body, "limits");
  if (limits == nullptr) return {};
  return {limit_of(*limits, "max_members"), limit_of(*limits, "max_projects"),
          limit_of(*limits, "max_storage_bytes"), limit_of(*limits, "max_requests")};
}

Response set_status(const Request& request, const SuperAdmin& admin, Txn& txn, Status status) {
  return tenant_reply(service::set_tenant_status(txn, request.context, admin, tenant_of(request), status,
                                                 maybe_text(request.body, "reason")));
}

Response settings_reply(const store::OrganizationForm& form) {
  JsonOut json;
  json.begin_object().key("settings").raw(form.settings);
  json.field("require_mfa", form.require_mfa);
  put_business(json, form.business);
  json.end_object();
  return reply(json);
}

Response make_tenant(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto email = email_in(request.body, "admin_email");
  const auto made =
      service::make_tenant(txn, request.context, admin,
                           {text(request.body, "name"), text(request.body, "slug"), limits_of(request.body),
                            email, named_profile(request.body, "admin_")});
  JsonOut json;
  json.begin_object();
  put_tenant_fields(json, made.tenant);
  json.key("admin")
      .begin_object()
      .field("id", made.admin.id)
      .field("email", made.admin.email)
      .field("role", kOwnerRole)
      .field("password_link_mailed", made.password_link_mailed)
      .end_object()
      .end_object();
  auto response = created(json, "/api/v1/tenants/" + made.tenant.organization.id.str());
  response.header("ETag", etag(made.tenant.revision));
  return response;
}

Response list_tenants(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const Page page = page_of(request.query);
  store::TenantFilter filter;
  if (const auto status = maybe_text(request.query, "status")) filter.status = parse_status(*status);
  filter.q = maybe_text(request.query, "q");
  return page_reply(
      page, store::list_tenants(txn, admin, filter, page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) { put_tenant(json, row); },
      [](const auto& row) {
        return store::Keyset{row.organization.created_at, row.organization.id.bytes()};
      },
      [&] { return store::count_tenants(txn, admin, filter); });
}

Response show_tenant(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto tenant = store::find_tenant(txn, admin, tenant_of(request));
  if (!tenant) throw ApiError(ErrorCode::not_found);
  return tenant_reply(*tenant);
}

Response change_tenant(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return tenant_reply(service::change_tenant(
      txn, request.context, admin, tenant_of(request),
      {maybe_text(request.body, "name"), maybe_text(request.body, "slug"), limits_of(request.body)}));
}

Response show_tenant_settings(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return settings_reply(service::read_tenant_settings(txn, request.context, admin, tenant_of(request)));
}

Response change_tenant_settings(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const bool required = member(request.body, "require_mfa")->GetBool();
  return settings_reply(
      service::require_tenant_mfa(txn, request.context, admin, tenant_of(request), required));
}

Response delete_tenant(const Request& request, const SuperAdmin& admin, Txn& txn) {
  service::delete_organization({txn, request.context, admin.in(tenant_of(request))},
                               text(request.body, "name"));
  return no_content();
}

Response activate_tenant(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return set_status(request, admin, txn, Status::active);
}

Response deactivate_tenant(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return set_status(request, admin, txn, Status::inactive);
}

constexpr auto kTenantsRows = section(
    "Tenants",
    {
        {.method = POST,
         .path = "/api/v1/tenants",
         .handler = make_tenant,
         .rate = Rate::write,
         .body = "tenant",
         .reply = made("new_tenant"),
         .refuses = nothing,
         .summary = "Make an organization for somebody, who becomes its owner"},
        {.method = GET,
         .path = "/api/v1/tenants",
         .handler = list_tenants,
         .rate = Rate::read,
         .query = "tenants_query",
         .reply = ok("tenants"),
         .refuses = nothing,
         .summary = "Every organization, with its limits"},
        {.method = GET,
         .path = "/api/v1/tenants/{tenant_id}",
         .handler = show_tenant,
         .rate = Rate::read,
         .reply = ok("tenant"),
         .refuses = nothing,
         .summary = "An organization, with its limits"},
        {.method = PUT,
         .path = "/api/v1/tenants/{tenant_id}",
         .handler = change_tenant,
         .rate = Rate::write,
         .body = "change_tenant",
         .reply = ok("tenant"),
         .refuses = nothing,
         .summary = "Change name, slug or limits; If-Match takes its ETag"},
        {.method = GET,
         .path = "/api/v1/tenants/{tenant_id}/settings",
         .handler = show_tenant_settings,
         .rate = Rate::read,
         .reply = ok("tenant_settings"),
         .refuses = nothing,
         .summary = "What an organization's own people have set; its audit log says that it was read"},
        {.method = PUT,
         .path = "/api/v1/tenants/{tenant_id}/settings",
         .handler = change_tenant_settings,
         .rate = Rate::write,
         .body = "tenant_settings",
         .reply = ok("tenant_settings"),
         .refuses = {reauthentication_required},
         .summary = "Ask its members for a second factor, or no longer"},
        {.method = DELETE_,
         .path = "/api/v1/tenants/{tenant_id}",
         .handler = delete_tenant,
         .step_up = true,
         .rate = Rate::write,
         .body = "delete_organization",
         .reply = done(),
         .refuses = {confirmation_mismatch},
         .summary = "End an organization with everything in it"},
        {.method = POST,
         .path = "/api/v1/tenants/{tenant_id}/activate",
         .handler = activate_tenant,
         .rate = Rate::write,
         .reply = ok("tenant"),
         .refuses = nothing,
         .summary = "Let an organization's tokens and keys count again"},
        {.method = POST,
         .path = "/api/v1/tenants/{tenant_id}/deactivate",
         .handler = deactivate_tenant,
         .rate = Rate::write,
         .body = "deactivate_tenant",
         .reply = ok("tenant"),
         .refuses = nothing,
         .summary = "Refuse every token and key of an organization at once"},
    });

}  // namespace

std::span<const Route> tenants_rows() { return kTenantsRows; }

}  // namespace tenantd::api::handlers
