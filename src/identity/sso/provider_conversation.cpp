#include "identity/sso/provider_conversation.hpp"

#include "identity/sso/identity_providers.hpp"
#include "tenantd/base/origin.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/clients/oidc.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/http/set_cookie.hpp"
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

std::string authorization_url(const store::IdentityProvider& provider, const Discovery& endpoints,
                              const std::string& redirect, const std::string& state,
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
  add("redirect_uri", redirect);
  add("state", state);
  add("nonce", values.nonce);
  add("code_challenge", challenge);
  add("code_challenge_method", "S256");
  return url;
}

// Whoever is sent to a provider of an organization's own choice may be sent on from there to another one,
// with a sign-in that somebody else has begun. That one's code comes back where that one sends people to, and
// is not handed to the first (RFC 9700, section 4.4.2).
void judge_redirect(const Context& context, const FoundProvider& found, const std::string& issuer,
                    const ProviderAnswer& answer) {
  const auto& provider = found.provider();
  const bool is_told = provider.oidc && answer.issuer != issuer;
  if (!answer.redirect_uri && !is_told) return;
  if (!came_back_to(answer, redirect_url(context.settings, found.scope().org(), provider)))
    throw ApiError(ErrorCode::oauth_token_refused,
                   "The browser did not come back from this identity provider")
        .detail("the reply's redirect_uri");
}

// A provider that says whose reply it is says so in each (RFC 9207): a code of another one is taken nowhere.
void judge_issuer(const Discovery& endpoints, const std::string& issuer, const ProviderAnswer& answer) {
  if (answer.issuer ? *answer.issuer != issuer : endpoints.names_issuer)
    throw ApiError(ErrorCode::oauth_token_refused, "The reply is not the one of this identity provider")
        .detail("the reply's iss");
}

Chosen chosen_by(const store::IdentityProvider& provider) {
  return provider.oidc ? Chosen::by_organization : Chosen::by_service;
}

// By what a state is found. A test's is hashed as something else than a sign-in's, so that neither finds the
// other's.
std::string key_of(Purpose purpose, const std::string& state) {
  return crypto::sha256(purpose == Purpose::test ? "test:" + state : state);
}

// True if it was begun in this browser, with this provider, by this person, and is not over.
bool is_good(const std::optional<store::OauthState>& state, const Context& context,
             const FoundProvider& found, const std::optional<std::string>& cookie,
             const std::optional<Asker>& asker) {
  return state && state->expires_at > context.now && state->provider == found.provider().id && cookie &&
         constant_time_equal(crypto::sha256(*cookie), state->browser) &&
         (!asker || (state->user == asker->user && state->session == asker->session));
}

}  // namespace

std::string redirect_url(const Settings& settings) {
  return settings.oauth_redirect_url.empty() ? without_slash(settings.public_url) + "/sso"
                                             : settings.oauth_redirect_url;
}

std::string redirect_url(const Settings& settings, OrgId org, const store::IdentityProvider& provider) {
  auto url = redirect_url(settings);
  if (!provider.oidc) return url;
  const auto query = std::min(url.find('?'), url.size());
  return url.insert(query, '/' + org.str() + '/' + provider.oidc->slug);
}

bool came_back_to(const ProviderAnswer& answer, const std::string& redirect) {
  // The page is of this service, by whatever spelling of its name the browser knows it.
  const auto path_of = [](std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    const auto host = url.find("://");
    url.remove_prefix(host == std::string_view::npos ? url.size() : host + 3);
    url.remove_prefix(std::min(url.find('/'), url.size()));
    while (url.ends_with('/')) url.remove_suffix(1);
    return url;
  };
  return answer.redirect_uri && path_of(*answer.redirect_uri) == path_of(redirect);
}

std::string cookie_name(const Settings& settings, const std::string& state) {
  return http::cookie_name(is_https(settings.public_url),
                           "tenantd_sso_" + to_hex(crypto::sha256("cookie:" + state).substr(0, 6)));
}

BegunSignIn send_to_provider(db::Txn& txn, const Context& context, const FoundProvider& found,
                             const std::string& way, Purpose purpose, const std::optional<Asker>& asker) {
  const auto& org = found.scope().org();
  const auto endpoints =
      ProviderCall{context, org, issuer_of(context.settings, found.provider()), chosen_by(found.provider())}
          .discover();
  const std::string state =
      way + '.' + org.str() + (purpose == Purpose::test ? ".test." : ".") + crypto::new_token().reveal();
  const Remembered values{crypto::new_token().reveal(), crypto::new_token()};
  const auto cookie = crypto::new_token();
  const Seconds lifetime{context.settings.oauth_state_seconds};
  store::OauthState row;
  row.state = key_of(purpose, state);
  row.provider = found.provider().id;
  row.browser = crypto::sha256(cookie.reveal());
  if (asker) {
    row.user = asker->user;
    row.session = asker->session;
  }
  row.values_sealed = seal(context, values, row.state);
  row.created_at = context.now;
  row.expires_at = context.now + lifetime;
  store::insert_oauth_state(txn, found.scope(), row);
  const auto redirect = redirect_url(context.settings, org, found.provider());
  return {authorization_url(found.provider(), endpoints, redirect, state, values), lifetime.count(),
          cookie_name(context.settings, state), cookie.reveal()};
}

Conversation::Conversation(db::Txn& txn, const Context& context, const FoundProvider& found, Purpose purpose,
                           const ProviderAnswer& answer, const Cookies& cookies,
                           const std::optional<Asker>& asker)
    : context_(context),
      found_(found),
      answer_(answer),
      issuer_(issuer_of(context.settings, found.provider())),
      call_(context, found.scope().org(), issuer_, chosen_by(found.provider())) {
  const auto key = key_of(purpose, answer.state);
  const auto cookie = cookies(cookie_name(context.settings, answer.state));
  const auto is_mine = [&](const auto& state) { return is_good(state, context, found, cookie, asker); };
  // What is no sign-in is worth no turn. One that is good is used up only once there is a turn: for want of
  // it the request is run again.
  if (is_mine(store::find_oauth_state(txn, found.scope(), key))) call_.take_turn();
  // Of any number that bring one state, one gets it; durable before anybody is asked.
  const auto state = txn.settle([&](db::Txn& own) {
    store::enter(own, found.scope());
    return store::take_oauth_state(own, found.scope(), key);
  });
  if (!is_mine(state)) throw ApiError(ErrorCode::oauth_state_invalid);
  state_ = *state;
}

Vouched Conversation::ask() {
  const auto& provider = found_.provider();
  judge_redirect(context_, found_, issuer_, answer_);
  auto values = unseal(context_, state_);
  const auto endpoints = call_.discover();
  judge_issuer(endpoints, issuer_, answer_);
  const auto redirect = redirect_url(context_.settings, found_.scope().org(), provider);
  const auto granted = call_.redeem({answer_.code, redirect, provider.client_id,
                                     client_secret_of(context_, found_.scope().org(), provider),
                                     std::move(values.verifier), provider.oidc && provider.oidc->has_key});
  const auto payload = call_.open(granted.id_token);
  IdTokenRules rules{provider.kind,         issuer_,
                     provider.client_id,    values.nonce,
                     provider.azure_tenant, provider.domains,
                     context_.now,          Seconds{context_.settings.oauth_skew_seconds}};
  if (provider.oidc) {
    rules.terms = &*provider.oidc;
    if (!endpoints.userinfo.empty() && !granted.access_token.empty() && leaves_out(payload, *rules.terms))
      rules.userinfo = call_.read_as(endpoints.userinfo, granted.access_token);
  }
  auto claims = check_id_token(payload, rules);
  return {found_, issuer_, std::move(claims), asker_of(state_.user, state_.session)};
}

}  // namespace tenantd::service
