#include "identity/sso/social.hpp"

#include "identity/factors/second_factor.hpp"
#include "identity/sso/identities_store.hpp"
#include "identity/sso/linking.hpp"
#include "identity/sso/repeating.hpp"
#include "identity/sso/social_identity.hpp"
#include "identity/sso/social_store.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/sign_ups.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

constexpr Seconds kFreshForSocial{300};

std::string_view shown_name(Social provider) {
  switch (provider) {
    case Social::google: return "Google";
    case Social::microsoft: return "Microsoft";
    case Social::github: return "GitHub";
  }
  return "";
}

// Under what name its identities are kept: never the issuer's, under which organizations' providers have
// theirs.
std::string kept_issuer(Social provider) { return "service:" + std::string{social_name(provider)}; }

std::string social_seal_context(const std::string& hash) { return "social_state:" + hash; }

// The person, not a provider or somebody under that name; by an address that is the person's; and fresh from
// the sign-in, since what is linked is a way in that stays when the session is over.
void judge_social_linking(const Context& context, const Principal& who) {
  require_unbound(who);
  if (who.actor) throw ApiError(ErrorCode::impersonating);
  if (!who.user.email_verified_at) throw ApiError(ErrorCode::email_unverified);
  if (who.session_began_at + kFreshForSocial < context.now)
    throw ApiError(ErrorCode::reauthentication_required,
                   "An identity is linked within five minutes of signing in: sign in again");
}

std::string social_url(const Context& context, const SocialClient& client, const Discovery& endpoints,
                       const std::string& state, const std::string& nonce, const Secret& verifier) {
  std::string url = endpoints.authorization;
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += "response_type=code";
  const auto add = [&](const char* name, const std::string& value) {
    url += '&' + std::string{name} + '=' + percent_encode(value);
  };
  add("scope", client.provider == Social::github ? "read:user user:email" : "openid email profile");
  add("client_id", client.client_id);
  add("redirect_uri", redirect_url(context.settings));
  add("state", state);
  if (client.provider != Social::github) add("nonce", nonce);
  add("code_challenge", base64url_encode(crypto::sha256(verifier.reveal())));
  add("code_challenge_method", "S256");
  return url;
}

bool is_good_social(const std::optional<store::SocialState>& state, const Context& context, Social provider,
                    const std::optional<std::string>& browser) {
  return state && state->expires_at > context.now && state->provider == social_name(provider) && browser &&
         constant_time_equal(crypto::sha256(*browser), state->browser);
}

struct Introduced {
  Social provider;
  SocialPerson person;
  std::optional<Asker> linking;
};

store::Identity social_identity(const Introduced& introduced, UserId user) {
  const auto& [provider, person, linking] = introduced;
  return {kept_issuer(provider), person.subject, user, person.email ? person.email->str() : ""};
}

void attach_social(db::Txn& txn, const Context& context, const Introduced& introduced, UserId user) {
  const auto identity = social_identity(introduced, user);
  store::insert_identity(txn, identity, context.now);
  record_account_change(txn, context, user,
                        {"identity.linked",
                         std::nullopt,
                         {},
                         json::Object{}.set("issuer", identity.issuer).set("email", identity.email)});
}

UserId link_social(db::Txn& txn, const Context& context, const Introduced& introduced,
                   std::optional<UserId> owner) {
  const auto user = introduced.linking->user;
  if (owner == user) return user;
  if (owner) throw ApiError(ErrorCode::identity_taken);
  const bool asks = still_asks(txn, *introduced.linking);
  const auto account = store::find_account(txn, user);
  if (!asks || !account || account->user.status != Status::active)
    throw ApiError(ErrorCode::not_provisioned).detail("who asked for the link is not active");
  attach_social(txn, context, introduced, user);
  mail_security_change(txn, context, account->user,
                       "Sign-in by " + std::string{shown_name(introduced.provider)} + " was linked to it");
  return user;
}

// A new account. One that has the address already is its owner's to link: whoever verified the address there
// may have verified it before this account's owner had it.
UserId introduce(db::Txn& txn, const Context& context, const Introduced& introduced) {
  const auto& email = introduced.person.email;
  if (!email || !Email::read(email->str()).problem.empty())
    throw ApiError(ErrorCode::not_provisioned, "The identity has no verified e-mail address")
        .detail("no verified address");
  if (store::find_account(txn, *email))
    throw ApiError(ErrorCode::email_taken,
                   "The address has an account: sign in with its password and link this identity");
  if (parse_sign_ups(context.settings.signup) != SignUps::open)
    throw ApiError(ErrorCode::signup_closed, "Ask somebody who has an account for an invitation");
  const auto user = store::insert_user(
      txn, {crypto::new_id<UserId>(), *email, std::nullopt, introduced.person.profile, true}, context.now);
  record_for_system(txn, context, {"user.created", "user", user.id.bytes(), {}, user_values(user)});
  attach_social(txn, context, introduced, user.id);
  return user.id;
}

TokenReply enter_by_social(db::Txn& txn, const Context& context, const Introduced& introduced) {
  const auto owner = store::find_identity(txn, kept_issuer(introduced.provider), introduced.person.subject);
  const UserId user = introduced.linking ? link_social(txn, context, introduced, owner)
                      : owner            ? *owner
                                         : introduce(txn, context, introduced);
  const auto account = store::find_account(txn, user);
  if (!account || account->user.status != Status::active)
    throw ApiError(ErrorCode::not_provisioned).detail("the account is not active");
  store::use_identity(txn, social_identity(introduced, user), context.now);
  if (!account->user.mfa_enabled) {
    auto reply = signed_in(txn, context, account->user, std::nullopt, std::nullopt,
                           std::string{social_name(introduced.provider)});
    store::set_methods(txn, reply.session, user, {});  // its proof is not ours to name
    txn.commit();
    return reply;
  }
  const Secret token = begin_second_step(txn, context, user, std::nullopt, "");
  txn.commit();
  throw ApiError(ErrorCode::mfa_required, "Send the code and this mfa_token to /api/v1/auth/mfa/verify")
      .member("mfa_token", token.reveal());
}

}  // namespace

std::string_view social_name(Social provider) {
  switch (provider) {
    case Social::google: return "google";
    case Social::microsoft: return "microsoft";
    case Social::github: return "github";
  }
  return "";
}

std::optional<Social> parse_social(std::string_view name) {
  for (const auto each : {Social::google, Social::microsoft, Social::github})
    if (social_name(each) == name) return each;
  return std::nullopt;
}

std::vector<Social> social_providers(const Settings& settings) {
  std::vector<Social> found;
  if (!settings.google_client_id.empty()) found.push_back(Social::google);
  if (!settings.microsoft_client_id.empty()) found.push_back(Social::microsoft);
  if (!settings.github_client_id.empty()) found.push_back(Social::github);
  return found;
}

BegunSignIn begin_social(db::Txn& txn, const Context& context, Social provider, const Principal* linking) {
  const auto client = social_client(context.settings, provider);
  if (linking != nullptr) judge_social_linking(context, *linking);
  auto call = social_call(context, client);
  const auto endpoints = social_endpoints(call, client);

  const auto state = std::string{social_name(provider)} + ".service." + crypto::new_token().reveal();
  const auto nonce = crypto::new_token().reveal();
  const auto verifier = crypto::new_token();
  const auto cookie = crypto::new_token();
  const Seconds lifetime{context.settings.oauth_state_seconds};
  store::SocialState row;
  row.state = crypto::sha256(state);
  row.provider = social_name(provider);
  row.browser = crypto::sha256(cookie.reveal());
  if (linking != nullptr) {
    row.user = linking->user.id;
    row.session = linking->session;
  }
  row.values_sealed =
      crypto::seal(context.keys.seal_key(), nonce + '\n' + verifier.reveal(), social_seal_context(row.state));
  row.created_at = context.now;
  row.expires_at = context.now + lifetime;
  store::insert_social_state(txn, row);
  return {social_url(context, client, endpoints, state, nonce, verifier), lifetime.count(),
          cookie_name(context.settings, state), cookie.reveal()};
}

TokenReply finish_social(db::Txn& txn, const Context& context, Social provider, const ProviderAnswer& answer,
                         const Cookies& cookie) {
  if (txn.open()) txn.rollback();
  const auto client = social_client(context.settings, provider);
  const auto introduced = [&] {
    const auto browser = cookie(cookie_name(context.settings, answer.state));
    const auto hash = crypto::sha256(answer.state);
    auto call = social_call(context, client);
    // As in finish_sign_in(): what is no sign-in is worth no turn.
    if (is_good_social(store::find_social_state(txn, hash), context, provider, browser)) call.take_turn();
    const auto state = txn.settle([&](db::Txn& own) { return store::take_social_state(own, hash); });
    if (!is_good_social(state, context, provider, browser)) throw ApiError(ErrorCode::oauth_state_invalid);
    const auto values =
        crypto::unseal(context.keys.seal_key(), state->values_sealed, social_seal_context(state->state));
    const auto cut = values.find('\n');
    return Introduced{
        provider,
        ask_social(context, call, client, answer, values.substr(0, cut), Secret{values.substr(cut + 1)}),
        asker_of(state->user, state->session)};
  }();
  // Whoever's token came along, it is the identity that acts.
  Context own = context;
  own.caller = nullptr;
  return repeat_after_provider(txn, [&] { return enter_by_social(txn, own, introduced); });
}

}  // namespace tenantd::service
