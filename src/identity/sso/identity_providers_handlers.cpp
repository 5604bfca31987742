#include "identity/sso/identity_providers.hpp"

#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

using store::IdentityProvider;
using store::ProviderKind;

// The secret is written only.
void put_provider(JsonOut& json, const TenantScope& scope, const IdentityProvider& provider) {
  json.begin_object()
      .field("id", provider.id)
      .field("org_id", scope.org())
      .field("provider", store::provider_name(provider.kind))
      .field("client_id", provider.client_id)
      .field("azure_tenant_id", provider.azure_tenant)
      .field("auto_provision_users", provider.auto_provision)
      .key("allowed_domains")
      .begin_array();
  for (const auto& domain : provider.domains) json.value(domain);
  json.end_array()
      .field("default_role_name", provider.default_role_name)
      .field("enabled", provider.enabled)
      .field("kept_by", provider.kept_by)
      .field("created_at", provider.created_at)
      .field("updated_at", provider.updated_at)
      .end_object();
}

Response provider_reply(const TenantScope& scope, const IdentityProvider& provider, int status = 200) {
  JsonOut json;
  put_provider(json, scope, provider);
  auto response =
      status == 201
          ? created(json, "/api/v1/tenants/" + scope.org().str() + "/identity-providers/" + provider.id.str())
          : reply(json, status);
  response.header("ETag", etag(provider.revision));
  return response;
}

ProviderId provider_in_path(const Request& request) {
  const auto id = ProviderId::parse(request.http.path_value("provider_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

service::ProviderForm provider_form(const JsonValue& body) {
  service::ProviderForm form;
  form.client_id = maybe_text(body, "client_id");
  if (auto secret = maybe_text(body, "client_secret")) form.client_secret = Secret{*std::move(secret)};
  form.azure_tenant = maybe_text(body, "azure_tenant_id");
  if (const auto* automatic = member(body, "auto_provision_users"))
    form.auto_provision = automatic->GetBool();
  if (const auto* domains = member(body, "allowed_domains"))
    for (const auto& domain : (form.domains.emplace(), domains->GetArray()))
      form.domains->emplace_back(domain.GetString(), domain.GetStringLength());
  form.default_role = maybe_text(body, "default_role_name");
  if (const auto* enabled = member(body, "enabled")) form.enabled = enabled->GetBool();
  return form;
}

Response make(const Request& request, const TenantScope& scope, Txn& txn, ProviderKind kind) {
  return provider_reply(
      scope, service::make_provider({txn, request.context, scope}, kind, provider_form(request.body)), 201);
}

Response make_microsoft_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return make(request, scope, txn, ProviderKind::microsoft);
}

Response make_google_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return make(request, scope, txn, ProviderKind::google);
}

Response list_identity_providers(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::require_organization(txn, scope);
  const Page page = page_of(request.query);
  return page_reply(
      page, store::list_providers(txn, scope, page.from, page.limit + 1),
      [&](JsonOut& json, const auto& row) { put_provider(json, scope, row); },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return store::count_providers(txn, scope); });
}

Response show_identity_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const auto provider = store::find_provider(txn, scope, provider_in_path(request));
  if (!provider) throw ApiError(ErrorCode::not_found);
  return provider_reply(scope, *provider);
}

Response change_identity_provider(const Request& request, const Session&, const TenantScope& scope,
                                  Txn& txn) {
  return provider_reply(scope,
                        service::change_provider({txn, request.context, scope}, provider_in_path(request),
                                                 provider_form(request.body)));
}

Response delete_identity_provider(const Request& request, const Session&, const TenantScope& scope,
                                  Txn& txn) {
  service::remove_provider({txn, request.context, scope}, provider_in_path(request));
  return no_content();
}

constexpr auto kIdentityProvidersRows = section(
    "Single sign-on",
    {
        {.method = POST,
         .path = "/api/v1/tenants/{org_id}/identity-providers/microsoft",
         .handler = make_microsoft_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::write,
         .body = "microsoft_provider",
         .reply = made("identity_provider"),
         .refuses = {role_outranks, not_found},
         .name = "createMicrosoftProvider",
         .summary = "Let Microsoft Entra ID vouch for members"},
        {.method = POST,
         .path = "/api/v1/tenants/{org_id}/identity-providers/google",
         .handler = make_google_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::write,
         .body = "google_provider",
         .reply = made("identity_provider"),
         .refuses = {role_outranks, not_found},
         .name = "createGoogleProvider",
         .summary = "Let Google vouch for members"},
        {.method = GET,
         .path = "/api/v1/tenants/{org_id}/identity-providers",
         .handler = list_identity_providers,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("identity_providers"),
         .refuses = {not_found},
         .summary = "Identity providers of an organization"},
        {.method = GET,
         .path = "/api/v1/tenants/{org_id}/identity-providers/{provider_id}",
         .handler = show_identity_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::read,
         .reply = ok("identity_provider"),
         .refuses = {not_found},
         .summary = "An identity provider"},
        {.method = PUT,
         .path = "/api/v1/tenants/{org_id}/identity-providers/{provider_id}",
         .handler = change_identity_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::write,
         .body = "identity_provider",
         .reply = ok("identity_provider"),
         .refuses = {role_outranks, not_found},
         .summary = "Change an identity provider's settings, or switch it off; If-Match takes its ETag"},
        {.method = DELETE_,
         .path = "/api/v1/tenants/{org_id}/identity-providers/{provider_id}",
         .handler = delete_identity_provider,
         .permission = identity_providers_manage,
         .if_match = true,
         .super_too = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found},
         .summary = "End an identity provider"},
    });

}  // namespace

std::span<const Route> identity_providers_rows() { return kIdentityProvidersRows; }

}  // namespace tenantd::api::handlers
