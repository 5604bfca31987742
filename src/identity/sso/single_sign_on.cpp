#include "identity/sso/single_sign_on.hpp"

#include "identity/factors/second_factor.hpp"
#include "identity/sso/active_providers.hpp"
#include "identity/sso/identity_providers.hpp"
#include "identity/sso/provisioning.hpp"
#include "identity/sso/repeating.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/clients/oidc.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/organizations_store.hpp"

namespace tenantd::service {
namespace {

using store::ProviderKind;

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

std::string issuer_of(const Settings& settings, const store::IdentityProvider& provider) {
  if (provider.oidc) return provider.oidc->issuer;
  if (provider.kind == ProviderKind::google) return without_slash(settings.oauth_google_url);
  return without_slash(settings.oauth_microsoft_url) + '/' + provider.azure_tenant.value() + "/v2.0";
}

// What the service itself remembers of a sign-in under way: opens with its state only.
struct Remembered {
  std::string nonce;
  Secret verifier;
};
std::string seal_context(const std::string& hash) { return "oauth_state:" + hash; }

std::string seal(const Context& context, const Remembered& values, const std::string& hash) {
  return crypto::seal(context.keys.seal_key(), values.nonce + '\n' + values.verifier.reveal(),
                      seal_context(hash));
}

Remembered unseal(const Context& context, const store::OauthState& state) {
  const auto text = crypto::unseal(context.keys.seal_key(), state.values_sealed, seal_context(state.state));
  const auto cut = text.find('\n');
  return {text.substr(0, cut), Secret{text.substr(cut + 1)}};
}

constexpr Seconds kFresh{300};

// Who may ask for a link: the person, not a provider that has signed one in, nor somebody under that name;
// with an address that is known to be the person's, or a squatter's link would stay when the owner comes.
// And fresh from the sign-in: what is linked is a way in that stays when the session is over.
void judge_linking(db::Txn& txn, const Context& context, const FoundProvider& found, const Principal& who) {
  require_unbound(who);
  if (who.actor) throw ApiError(ErrorCode::impersonating);
  if (!who.user.email_verified_at) throw ApiError(ErrorCode::email_unverified);
  if (who.session_began_at + kFresh < context.now)
    throw ApiError(ErrorCode::reauthentication_required,
                   "An identity is linked within five minutes of signing in: sign in again");
  const auto member = store::find_member(txn, found.scope(), who.user.id);
  if (!member || member->status != Status::active)
    throw ApiError(ErrorCode::not_provisioned,
                   "Members alone link an identity by this organization's provider");
}

std::string authorization_url(const Context& context, const store::IdentityProvider& provider,
                              const Discovery& endpoints, const std::string& state,
                              const Remembered& values) {
  const auto challenge = base64url_encode(crypto::sha256(values.verifier.reveal()));
  std::string url = endpoints.authorization;
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += "response_type=code&scope=openid%20email%20profile";
  if (provider.oidc && !provider.oidc->scopes.empty()) url += percent_encode(' ' + provider.oidc->scopes);
  const auto add = [&](const char* name, const std::string& value) {
    url += '&' + std::string{name} + '=' + percent_encode(value);
  };
  add("client_id", provider.client_id);
  add("redirect_uri", redirect_url(context.settings));
  add("state", state);
  add("nonce", values.nonce);
  add("code_challenge", challenge);
  add("code_challenge_method", "S256");
  return url;
}

// True if the sign-in was begun in this browser, with this provider, and is not over.
bool is_good(const std::optional<store::OauthState>& state, const Context& context,
             const FoundProvider& found, const std::optional<std::string>& cookie) {
  return state && state->expires_at > context.now && state->provider == found.provider().id && cookie &&
         constant_time_equal(crypto::sha256(*cookie), state->browser);
}

// Of any number that bring one state, one gets it; durable before anybody is asked.
store::OauthState take_state(db::Txn& txn, const Context& context, const FoundProvider& found,
                             const ProviderAnswer& answer, const std::optional<std::string>& cookie) {
  const auto state = txn.settle([&](db::Txn& own) {
    store::enter(own, found.scope());
    return store::take_oauth_state(own, found.scope(), crypto::sha256(answer.state));
  });
  if (!is_good(state, context, found, cookie)) throw ApiError(ErrorCode::oauth_state_invalid);
  return *state;
}

// A provider that says whose reply it is says so in each (RFC 9207): a code of another one is taken nowhere.
void judge_issuer(const Discovery& endpoints, const std::string& issuer, const ProviderAnswer& answer) {
  if (answer.issuer ? *answer.issuer != issuer : endpoints.names_issuer)
    throw ApiError(ErrorCode::oauth_token_refused, "The reply is not the one of this identity provider")
        .detail("the reply's iss");
}

Vouched ask_provider(const Context& context, ProviderCall& call, const FoundProvider& found,
                     const store::OauthState& state, const ProviderAnswer& answer) {
  const auto& provider = found.provider();
  auto values = unseal(context, state);
  const auto issuer = issuer_of(context.settings, provider);
  const auto endpoints = call.discover();
  judge_issuer(endpoints, issuer, answer);
  const auto granted = call.redeem({answer.code, redirect_url(context.settings), provider.client_id,
                                    client_secret_of(context, found.scope().org(), provider),
                                    std::move(values.verifier), provider.oidc && provider.oidc->has_key});
  const auto payload = call.open(granted.id_token);
  IdTokenRules rules{provider.kind,         issuer,
                     provider.client_id,    values.nonce,
                     provider.azure_tenant, provider.domains,
                     context.now,           Seconds{context.settings.oauth_skew_seconds}};
  if (provider.oidc) {
    rules.terms = &*provider.oidc;
    if (!endpoints.userinfo.empty() && !granted.access_token.empty() && leaves_out(payload, *rules.terms))
      rules.userinfo = call.read_as(endpoints.userinfo, granted.access_token);
  }
  auto claims = check_id_token(payload, rules);
  return {found, issuer, std::move(claims), linking_of(state.user, state.session)};
}

Chosen chosen_by(const store::IdentityProvider& provider) {
  return provider.oidc ? Chosen::by_organization : Chosen::by_service;
}

std::optional<std::string> plausible_name(const std::string& tenant) {
  const auto named = OrgId::parse(tenant) ? tenant : ascii_lower(tenant);
  if (!OrgId::parse(tenant) && !is_slug(named)) return std::nullopt;
  return named;
}

// An account that has a second factor is asked for it: whether the provider did is not to be seen.
TokenReply sign_on(db::Txn& txn, const Context& context, const Vouched& vouched) {
  auto signed_on = account_of(txn, context, vouched);
  if (!signed_on.user.mfa_enabled) {
    auto reply = signed_in(txn, context, signed_on.user, std::nullopt, std::move(signed_on.membership));
    txn.commit();
    return reply;
  }
  const Secret token =
      begin_second_step(txn, context, signed_on.user.id, signed_on.membership.organization.id);
  txn.commit();
  throw ApiError(ErrorCode::mfa_required, "Send the code and this mfa_token to /api/v1/auth/mfa/verify")
      .member("mfa_token", token.reveal());
}

}  // namespace

std::string redirect_url(const Settings& settings) {
  return settings.oauth_redirect_url.empty() ? without_slash(settings.public_url) + "/sso"
                                             : settings.oauth_redirect_url;
}

std::string cookie_name(const Settings& settings, const std::string& state) {
  return http::cookie_name(is_https(settings.public_url),
                           "tenantd_sso_" + to_hex(crypto::sha256("cookie:" + state).substr(0, 6)));
}

FoundProvider FoundProvider::find(db::Txn& txn, const std::string& way, const std::string& tenant) {
  const auto kind = store::parse_provider(way);
  const auto named = plausible_name(tenant);
  const auto org = !named ? std::nullopt
                   : kind ? store::find_sign_in_organization(txn, *named, *kind)
                          : store::find_sign_in_home(txn, *named);
  if (!org) throw ApiError(ErrorCode::not_found);
  const TenantScope scope{*org, UserId{}, PermissionSet{}};
  store::enter(txn, scope);
  auto provider = kind ? store::find_provider(txn, scope, *kind) : store::find_oidc_provider(txn, scope, way);
  if (!provider || !provider->enabled) throw ApiError(ErrorCode::not_found);
  return FoundProvider{scope, *std::move(provider)};
}

std::vector<store::ActiveProvider> FoundProvider::active(db::Txn& txn, const std::string& tenant) {
  const auto named = plausible_name(tenant);
  const auto org = named ? store::find_sign_in_home(txn, *named) : std::nullopt;
  if (!org) return {};
  const TenantScope scope{*org, UserId{}, PermissionSet{}};
  store::enter(txn, scope);
  return store::list_active_providers(txn, scope);
}

std::vector<store::ActiveProvider> active_providers(db::Txn& txn, const std::string& tenant) {
  return FoundProvider::active(txn, tenant);
}

BegunSignIn begin_sign_in(db::Txn& txn, const Context& context, const std::string& way,
                          const std::string& tenant, const Principal* linking) {
  const auto found = FoundProvider::find(txn, way, tenant);
  if (linking != nullptr) judge_linking(txn, context, found, *linking);
  const auto endpoints =
      ProviderCall{context, found.scope().org(), issuer_of(context.settings, found.provider()),
                   chosen_by(found.provider())}
          .discover();

  const auto& org = found.scope().org();
  const std::string state = way + '.' + org.str() + '.' + crypto::new_token().reveal();
  const Remembered values{crypto::new_token().reveal(), crypto::new_token()};
  const auto cookie = crypto::new_token();
  const Seconds lifetime{context.settings.oauth_state_seconds};
  store::OauthState row;
  row.state = crypto::sha256(state);
  row.provider = found.provider().id;
  row.browser = crypto::sha256(cookie.reveal());
  if (linking != nullptr) {
    row.user = linking->user.id;
    row.session = linking->session;
  }
  row.values_sealed = seal(context, values, row.state);
  row.created_at = context.now;
  row.expires_at = context.now + lifetime;
  store::insert_oauth_state(txn, found.scope(), row);
  return {authorization_url(context, found.provider(), endpoints, state, values), lifetime.count(),
          cookie_name(context.settings, state), cookie.reveal()};
}

TokenReply finish_sign_in(db::Txn& txn, const Context& context, const std::string& way,
                          const std::string& tenant, const ProviderAnswer& answer,
                          const std::function<std::optional<std::string>(const std::string&)>& cookie) {
  if (txn.open()) txn.rollback();
  const auto found = FoundProvider::find(txn, way, tenant);
  const auto vouched = [&] {
    const auto browser = cookie(cookie_name(context.settings, answer.state));
    ProviderCall call{context, found.scope().org(), issuer_of(context.settings, found.provider()),
                      chosen_by(found.provider())};
    // What is no sign-in is worth no turn. One that is good is used up only once there is a turn: for want of
    // it the request is run again.
    if (is_good(store::find_oauth_state(txn, found.scope(), crypto::sha256(answer.state)), context, found,
                browser))
      call.take_turn();
    const auto state = take_state(txn, context, found, answer, browser);
    return ask_provider(context, call, found, state, answer);
  }();
  // Whoever's token came along, it is the identity that acts.
  Context own = context;
  own.caller = nullptr;
  return repeat_after_provider(txn, [&] { return sign_on(txn, own, vouched); });
}

}  // namespace tenantd::service
