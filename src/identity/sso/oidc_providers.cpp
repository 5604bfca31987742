#include "identity/sso/oidc_providers.hpp"

#include <algorithm>

#include "identity/sso/provider_rules.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/client_key.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/standing.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {
namespace {

using store::OidcTerms;

[[noreturn]] void refuse_term(const std::string& pointer, const char* why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

// Names that addresses use for something else.
bool is_reserved(const std::string& slug) {
  return slug == "google" || slug == "microsoft" || slug == "github" || slug == "oidc" || slug == "social";
}

bool is_loopback(const std::string& url) {
  auto host = origin_of(url);
  host = host.substr(host.find("://") + 3);
  return host.starts_with("127.") || host.starts_with("[::1]") || host == "localhost" ||
         host.starts_with("localhost:");
}

std::string_view without_slashes(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

// An https address without query or fragment (Discovery section 4), which its tokens repeat to the letter. In
// the clear only to this host itself, where the settings let anybody be called so.
void judge_issuer_url(const Context& context, const std::string& issuer) {
  if (!std::all_of(issuer.begin(), issuer.end(), [](char c) { return c > ' ' && c < '\x7f'; }) ||
      issuer.find_first_of("?#") != std::string::npos)
    refuse_term("/issuer", "must be an address without query, fragment and blanks");
  if (!is_https(issuer) && !(context.settings.outbound_http && is_loopback(issuer)))
    refuse_term("/issuer", "must be an https address");
  // Google vouches for whatever address a consumer has an account under, and its own form knows that.
  if (without_slashes(issuer) == without_slashes(context.settings.oauth_google_url))
    refuse_term("/issuer",
                "is Google, which is set up as the provider google: there its hosted domain counts");
  if (const auto why = net::refuse_url(net::outbound_policy(context.settings), issuer))
    throw ApiError(ErrorCode::url_refused, "The issuer is an address that must not be called").detail(*why);
}

// Blanks between, none of those that are asked for anyway.
std::string tidy_scopes(const std::string& typed) {
  std::string scopes;
  for (const auto scope : split(typed, ' ')) {
    if (scope.empty() || scope == "openid" || scope == "email" || scope == "profile") continue;
    scopes += (scopes.empty() ? "" : " ") + std::string{scope};
  }
  return scopes;
}

void apply_client(const Work& work, const OidcForm& form, store::IdentityProvider& provider) {
  auto& terms = *provider.oidc;
  const auto keep = [&](const Secret& secret) {
    provider.secret_sealed = crypto::seal(work.context.keys.seal_key(), secret.reveal(),
                                          provider_seal_context(work.scope.org(), provider.id));
  };
  const bool had_key = terms.has_key;
  terms.has_key = form.has_key.value_or(had_key);
  if (terms.has_key) {
    if (form.client_secret) refuse_term("/client_secret", "goes with client_secret alone");
    if (had_key && !form.renew_key) return;
    auto made = crypto::make_client_key();
    keep(made.pem);
    terms.client_jwk = std::move(made.jwk);
    return;
  }
  if (form.renew_key) refuse_term("/renew_key", "goes with private_key_jwt alone");
  if (!form.client_secret && (had_key || provider.secret_sealed.empty()))
    refuse_term("/client_secret", "is required");
  terms.client_jwk.clear();
  if (form.client_secret) keep(*form.client_secret);
}

void apply_claims(const OidcForm& form, OidcTerms& terms) {
  terms.email_claim = form.email_claim.value_or(terms.email_claim);
  terms.name_claim = form.name_claim.value_or(terms.name_claim);
  if (form.groups_claim) terms.groups_claim = *form.groups_claim;
  terms.groups_each_time = form.groups_each_time.value_or(terms.groups_each_time);
  terms.trust_addresses = form.trust_addresses.value_or(terms.trust_addresses);
}

// All of them are judged anew: whoever saves them answers for them from now on.
void apply_groups(const Work& work, const OidcForm& form, OidcTerms& terms) {
  std::vector<GroupForm> typed;
  if (form.groups)
    typed = *form.groups;
  else
    for (const auto& each : terms.groups) typed.push_back({each.group, each.role_name});
  terms.groups.clear();
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const auto pointer = "/group_roles/" + std::to_string(i);
    const auto& group = typed[i].group;
    if (std::any_of(terms.groups.begin(), terms.groups.end(),
                    [&](const auto& each) { return each.group == group; }))
      refuse_term(pointer + "/group", "is named twice");
    const auto role = grantable_role(work.txn, work.scope, typed[i].role, pointer + "/role_name");
    terms.groups.push_back({group, role.id, role.name});
  }
  if (!terms.groups.empty() && !terms.groups_claim)
    refuse_term("/groups_claim", "is required with group_roles: it says where the token names groups");
}

void apply_terms(const Work& work, const OidcForm& form, store::IdentityProvider& provider) {
  auto& terms = *provider.oidc;
  terms.name = form.name.value_or(terms.name);
  provider.client_id = form.client_id.value_or(provider.client_id);
  if (form.scopes) terms.scopes = tidy_scopes(*form.scopes);
  if (form.domains) provider.domains = normalized_domains(*form.domains);
  provider.auto_provision = form.auto_provision.value_or(provider.auto_provision);
  provider.enabled = form.enabled.value_or(provider.enabled);
  apply_claims(form, terms);
  // Whoever has an account at the provider would become a member.
  if (provider.auto_provision && provider.domains.empty())
    refuse_term("/allowed_domains", "is required with auto_provision_users: it says whose accounts are made");
  if (terms.trust_addresses && provider.domains.empty())
    refuse_term("/allowed_domains", "is required with trust_addresses: it says which addresses are meant");
  const auto role =
      grantable_role(work.txn, work.scope, form.default_role.value_or(provider.default_role_name));
  provider.default_role = role.id;
  provider.default_role_name = role.name;
  apply_groups(work, form, terms);
  apply_client(work, form, provider);
  provider.kept_by = work.scope.user();
}

json::Object terms_of(const store::IdentityProvider& provider) {
  const auto& terms = *provider.oidc;
  std::vector<std::string> groups;
  for (const auto& each : terms.groups) groups.push_back(each.group + ": " + each.role_name);
  json::Object values;
  values.set("provider", store::provider_name(provider.kind))
      .set("slug", terms.slug)
      .set("name", terms.name)
      .set("issuer", terms.issuer)
      .set("client_id", provider.client_id)
      .set("client_auth", terms.has_key ? "private_key_jwt" : "client_secret")
      .set("client_secret", kMasked)
      .set("scopes", terms.scopes)
      .set("auto_provision_users", provider.auto_provision)
      .set("allowed_domains", provider.domains)
      .set("default_role_name", provider.default_role_name)
      .set("email_claim", terms.email_claim)
      .set("name_claim", terms.name_claim)
      .set("groups_claim", terms.groups_claim)
      .set("group_roles", groups)
      .set("groups_each_time", terms.groups_each_time)
      .set("trust_addresses", terms.trust_addresses)
      .set("enabled", provider.enabled)
      .set("kept_by", provider.kept_by);
  return values;
}

store::IdentityProvider oidc_under_lock(const Work& work, ProviderId id) {
  stand_for_good(work);
  auto provider = store::find_oidc_provider(work.txn, work.scope, id);
  if (!provider) throw ApiError(ErrorCode::not_found);
  return *std::move(provider);
}

}  // namespace

store::IdentityProvider make_oidc_provider(const Work& work, const OidcForm& form) {
  store::IdentityProvider provider;
  provider.id = crypto::new_id<ProviderId>();
  provider.kind = store::ProviderKind::oidc;
  provider.created_at = provider.updated_at = work.context.now;
  auto& terms = provider.oidc.emplace();
  terms.slug = form.slug.value();
  terms.issuer = form.issuer.value();
  if (is_reserved(terms.slug)) refuse_term("/slug", "stands for something else in addresses");
  judge_issuer_url(work.context, terms.issuer);
  stand_for_good(work);
  if (store::count_oidc_providers(work.txn, work.scope) >= kMostOidcProviders)
    throw ApiError(ErrorCode::limit_reached, "An organization has ten providers of its own at most")
        .member("limit", "oidc_providers");
  apply_terms(work, form, provider);
  try {
    store::insert_oidc_provider(work.txn, work.scope, provider);
  } catch (const db::DuplicateKey&) {
    throw ApiError(ErrorCode::conflict, "The organization has a provider of this slug");
  }
  record_provider(work, "identity_provider.created", provider, {}, terms_of(provider));
  return provider;
}

store::IdentityProvider change_oidc_provider(const Work& work, ProviderId id, const OidcForm& form) {
  auto provider = oidc_under_lock(work, id);
  require_expected(work.context, provider.revision);
  const auto before = terms_of(provider);
  const auto sealed = provider.secret_sealed;
  apply_terms(work, form, provider);
  if (!store::update_oidc_provider(work.txn, work.scope, provider, work.context.now))
    throw ApiError(ErrorCode::precondition_failed);
  if (!provider.enabled) store::delete_bound_steps(work.txn, work.scope.org());
  ++provider.revision;
  provider.updated_at = work.context.now;
  auto after = terms_of(provider);
  if (provider.secret_sealed != sealed) after.set("client_secret_changed", true);
  record_provider(work, "identity_provider.updated", provider, before, after);
  return provider;
}

void remove_oidc_provider(const Work& work, ProviderId id) {
  const auto provider = oidc_under_lock(work, id);
  require_expected(work.context, provider.revision);
  store::delete_oidc_provider(work.txn, work.scope, id);
  store::delete_bound_steps(work.txn, work.scope.org());
  record_provider(work, "identity_provider.deleted", provider, terms_of(provider), {});
}

}  // namespace tenantd::service
