#include "identity/domains/discovery.hpp"
#include "identity/domains/domains.hpp"
#include "identity/domains/enforcement.hpp"
#include "tenantd/api/collection.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

constexpr std::string_view kDomainsPath = "/api/v1/domains";

void put_domain(JsonOut& json, const store::Domain& domain) { store::domain_table.put(json, domain); }

Response make_domain(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return row_reply(service::claim_domain({txn, request.context, scope}, text(request.body, "domain")),
                   kDomainsPath, put_domain, 201);
}

Response verify_domain(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  return row_reply(
      service::verify_domain({txn, request.context, scope}, path_id<DomainId>(request, "domain_id")),
      kDomainsPath, put_domain);
}

Response delete_domain(const Request& request, const Session&, const TenantScope& scope, Txn& txn) {
  service::give_up_domain({txn, request.context, scope}, path_id<DomainId>(request, "domain_id"));
  return no_content();
}

Response enforcement_reply(bool enforced) {
  JsonOut json;
  json.begin_object().field("enforced", enforced).end_object();
  return reply(json);
}

Response show_enforcement(const Request&, const TenantScope& scope, Txn& txn) {
  return enforcement_reply(store::is_sso_enforced(txn, scope));
}

Response change_enforcement(const Request& request, const Session& session, const TenantScope& scope,
                            Txn& txn) {
  const service::Work work{txn, request.context, scope};
  const bool enforced = request.body["enforced"].GetBool();
  enforced ? service::enforce_sso(work, session) : service::release_sso(work);
  return enforcement_reply(enforced);
}

Response discover(const Request& request, Txn& txn) {
  const auto ways = service::discover_ways(txn, email_in(request.body, "email"));
  JsonOut json;
  json.begin_object().key("organization");
  if (ways.organization)
    json.begin_object()
        .field("slug", ways.organization->first)
        .field("name", ways.organization->second)
        .end_object();
  else
    json.value(nullptr);
  json.key("providers").begin_array();
  for (const auto& provider : ways.providers)
    json.begin_object()
        .field("id", provider.way)
        .field("kind", store::provider_name(provider.kind))
        .field("name", provider.name)
        .end_object();
  json.end_array().field("password", ways.password).end_object();
  return reply(json);
}

constexpr auto kDomainsRows = section(
    "Domains",
    {
        {.method = GET,
         .path = "/api/v1/domains",
         .handler = record::handle<store::domain_list, record::list_rows>,
         .permission = domains_manage,
         .rate = Rate::read,
         .query = "page_query",
         .reply = ok("domains"),
         .refuses = nothing,
         .summary = "The organization's domains, claimed and proven"},
        {.method = POST,
         .path = "/api/v1/domains",
         .handler = make_domain,
         .permission = domains_manage,
         .rate = Rate::write,
         .body = "domain",
         .reply = made("domain"),
         .refuses = {limit_reached},
         .summary = "Claim a domain: the reply says by which TXT record it is proven"},
        {.method = GET,
         .path = "/api/v1/domains/enforcement",
         .handler = show_enforcement,
         .permission = domains_manage,
         .rate = Rate::read,
         .reply = ok("sso_enforcement"),
         .refuses = nothing,
         .summary = "Whether members of the proven domains sign in by the provider alone"},
        {.method = PUT,
         .path = "/api/v1/domains/enforcement",
         .handler = change_enforcement,
         .permission = domains_manage,
         .rate = Rate::write,
         .body = "sso_enforcement",
         .reply = ok("sso_enforcement"),
         .refuses = {domain_unproven},
         .summary = "Let members of the proven domains sign in by the provider alone, or in every way"},
        {.method = GET,
         .path = "/api/v1/domains/{domain_id}",
         .handler = record::handle<store::domain_list, record::show_row>,
         .permission = domains_manage,
         .rate = Rate::read,
         .reply = ok("domain"),
         .refuses = {not_found},
         .summary = "A domain"},
        {.method = DELETE_,
         .path = "/api/v1/domains/{domain_id}",
         .handler = delete_domain,
         .permission = domains_manage,
         .rate = Rate::write,
         .reply = done(),
         .refuses = {not_found, resource_in_use},
         .summary = "Give a domain up"},
        {.method = POST,
         .path = "/api/v1/domains/{domain_id}/verify",
         .handler = verify_domain,
         .permission = domains_manage,
         .rate = Rate::outbound,
         .reply = ok("domain"),
         .refuses = {not_found, domain_unproven, domain_taken, dns_unavailable},
         .summary = "Look the domain's record up, and prove the domain by it"},
        {.method = POST,
         .path = "/api/v1/auth/discover",
         .handler = discover,
         .rate = Rate::password,
         .lane = LaneKind::fast,
         .body = "discover",
         .reply = ok("discovered"),
         .refuses = nothing,
         .name = "discoverSignIn",
         .summary = "Ways to sign in for an address, by its domain alone"},
    });

}  // namespace

std::span<const Route> domains_rows() { return kDomainsRows; }

}  // namespace tenantd::api::handlers
