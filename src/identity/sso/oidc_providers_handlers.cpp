#include "identity/sso/oidc_providers.hpp"

#include "identity/sso/identity_providers.hpp"
#include "identity/sso/single_sign_on.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/etag.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"

namespace tenantd::api::handlers {
namespace {

// The secret is written only; of a key the public half is shown, for the provider to know.
void put_oidc_provider(JsonOut& json, const Request& request, const TenantScope& scope,
                       const store::IdentityProvider& provider) {
  const auto& terms = *provider.oidc;
  json.begin_object()
      .field("id", provider.id)
      .field("org_id", scope.org())
      .field("slug", terms.slug)
      .field("name", terms.name)
      .field("issuer", terms.issuer)
      .field("redirect_uri", service::redirect_url(request.context.settings, scope.org(), provider))
      .field("client_id", provider.client_id)
      .field("client_auth", terms.has_key ? "private_key_jwt" : "client_secret")
      .key("client_jwk");
  if (terms.client_jwk.empty()) {
    json.value(nullptr);
  } else {
    json.raw(terms.client_jwk);
  }
  json.field("scopes", terms.scopes)
      .field("auto_provision_users", provider.auto_provision)
      .field("allowed_domains", provider.domains)
      .field("default_role_name", provider.default_role_name)
      .field("email_claim", terms.email_claim)
      .field("name_claim", terms.name_claim)
      .field("groups_claim", terms.groups_claim)
      .key("group_roles")
      .begin_array();
  for (const auto& each : terms.groups)
    json.begin_object().field("group", each.group).field("role_name", each.role_name).end_object();
  json.end_array()
      .field("groups_each_time", terms.groups_each_time)
      .field("trust_addresses", terms.trust_addresses)
      .field("enabled", provider.enabled)
      .field("kept_by", provider.kept_by)
      .field("created_at", provider.created_at)
      .field("updated_at", provider.updated_at)
      .end_object();
}

Response oidc_reply(const Request& request, const TenantScope& scope, const store::IdentityProvider& provider,
                    int status = 200) {
  JsonOut json;
  put_oidc_provider(json, request, scope, provider);
  auto response =
      status == 201
          ? created(json, "/api/v1/tenants/" + scope.org().str() + "/oidc-providers/" + provider.id.str())
          : reply(json, status);
  response.header("ETag", etag(provider.revision));
  return response;
}

ProviderId oidc_in_path(const Request& request) {
  const auto id = ProviderId::parse(request.http.path_value("oidc_provider_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

std::optional<bool> maybe_flag(const JsonValue& body, const char* name) {
  const auto* value = member(body, name);
  return value == nullptr ? std::nullopt : std::optional{value->GetBool()};
}

service::OidcForm oidc_form(const JsonValue& body) {
  service::OidcForm form;
  form.slug = maybe_text(body, "slug");
  form.issuer = maybe_text(body, "issuer");
  form.name = maybe_text(body, "name");
  form.client_id = maybe_text(body, "client_id");
  if (auto secret = maybe_text(body, "client_secret")) form.client_secret = Secret{*std::move(secret)};
  if (const auto way = maybe_text(body, "client_auth")) form.has_key = *way == "private_key_jwt";
  form.renew_key = maybe_flag(body, "renew_key").value_or(false);
  form.scopes = maybe_text(body, "scopes");
  form.auto_provision = maybe_flag(body, "auto_provision_users");
  if (const auto* domains = member(body, "allowed_domains"))
    for (const auto& domain : (form.domains.emplace(), domains->GetArray()))
      form.domains->emplace_back(domain.GetString(), domain.GetStringLength());
  form.default_role = maybe_text(body, "default_role_name");
  form.email_claim = maybe_text(body, "email_claim");
  form.name_claim = maybe_text(body, "name_claim");
  if (body.HasMember("groups_claim")) form.groups_claim = maybe_text(body, "groups_claim");
  if (const auto* groups = member(body, "group_roles"))
    for (const auto& each : (form.groups.emplace(), groups->GetArray()))
      form.groups->push_back({text(each, "group"), text(each, "role_name")});
  form.groups_each_time = maybe_flag(body, "groups_each_time");
  form.trust_addresses = maybe_flag(body, "trust_addresses");
  form.enabled = maybe_flag(body, "enabled");
  return form;
}

Response make_oidc_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return oidc_reply(request, scope,
                    service::make_oidc_provider({txn, request.context, scope}, oidc_form(request.body)), 201);
}

Response list_oidc_providers(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::require_organization(txn, scope);
  const Page page = page_of(request.query);
  return page_reply(
      page, store::list_oidc_providers(txn, scope, page.from, page.limit + 1),
      [&](JsonOut& json, const auto& row) { put_oidc_provider(json, request, scope, row); },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return store::count_oidc_providers(txn, scope); });
}

Response show_oidc_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  const auto provider = store::find_oidc_provider(txn, scope, oidc_in_path(request));
  if (!provider) throw ApiError(ErrorCode::not_found);
  return oidc_reply(request, scope, *provider);
}

Response change_oidc_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return oidc_reply(request, scope,
                    service::change_oidc_provider({txn, request.context, scope}, oidc_in_path(request),
                                                  oidc_form(request.body)));
}

Response delete_oidc_provider(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::remove_oidc_provider({txn, request.context, scope}, oidc_in_path(request));
  return no_content();
}

constexpr auto kOidcProvidersRows = section(
    "Single sign-on",
    {
        {.method = POST,
         .path = "/api/v1/tenants/{org_id}/oidc-providers",
         .handler = make_oidc_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::write,
         .body = "oidc_provider",
         .reply = made("oidc_provider"),
         .refuses = {role_outranks, not_found, limit_reached, url_refused},
         .summary = "Let an OpenID Connect provider of one's own choice vouch for members"},
        {.method = GET,
         .path = "/api/v1/tenants/{org_id}/oidc-providers",
         .handler = list_oidc_providers,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("oidc_providers"),
         .refuses = {not_found},
         .summary = "OpenID Connect providers of an organization's own choice"},
        {.method = GET,
         .path = "/api/v1/tenants/{org_id}/oidc-providers/{oidc_provider_id}",
         .handler = show_oidc_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::read,
         .reply = ok("oidc_provider"),
         .refuses = {not_found},
         .summary = "An OpenID Connect provider"},
        {.method = PUT,
         .path = "/api/v1/tenants/{org_id}/oidc-providers/{oidc_provider_id}",
         .handler = change_oidc_provider,
         .permission = identity_providers_manage,
         .super_too = true,
         .rate = Rate::write,
         .body = "change_oidc_provider",
         .reply = ok("oidc_provider"),
         .refuses = {role_outranks, not_found},
         .summary = "Change an OpenID Connect provider's terms, or switch it off; If-Match takes its ETag"},
        {.method = DELETE_,
         .path = "/api/v1/tenants/{org_id}/oidc-providers/{oidc_provider_id}",
         .handler = delete_oidc_provider,
         .permission = identity_providers_manage,
         .if_match = true,
         .super_too = true,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found},
         .summary = "End an OpenID Connect provider"},
    });

}  // namespace

std::span<const Route> oidc_providers_rows() { return kOidcProvidersRows; }

}  // namespace tenantd::api::handlers
