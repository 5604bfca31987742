#include "identity/oauth/tokens.hpp"

#include <algorithm>

#include "identity/oauth/authorization.hpp"
#include "identity/oauth/claims.hpp"
#include "identity/oauth/devices_store.hpp"
#include "identity/oauth/oauth_refusal.hpp"
#include "identity/oauth/resources.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/crypto/sha512.hpp"
#include "tenantd/crypto/signed_token.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/live_sessions.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {
namespace {

using store::FoundClient;

constexpr std::int64_t kMostClientSessions = 10;  // of one account with one client
constexpr std::size_t kLeastVerifier = 43, kMostVerifier = 128;
constexpr Seconds kSlowerBy{5}, kLongestWait{60};  // RFC 8628 section 3.5
constexpr SessionId kNothing{};                    // what a code gave that was spoilt

[[noreturn]] void refuse_grant(const char* why = "") { throw ApiError(ErrorCode::invalid_grant).detail(why); }

// Whose tokens are made, and for what.
struct Holder {
  const UserRecord& user;
  SessionId session;
  const std::optional<store::Membership>& membership;
  Scopes scopes;
  TimePoint session_ends_at;
  TimePoint signed_in_at;
  std::string methods;
  std::optional<std::string> nonce;
  std::optional<std::string> resource;
};

// Tokens for somebody else's API: of another audience, so that none of them opens anything here.
crypto::TokenPolicy policy_for(const Context& context, const std::optional<std::string>& resource) {
  return {context.settings.public_url, resource.value_or(context.settings.token_audience)};
}

std::string access_token_of(const Context& context, const FoundClient& client, const Holder& holder,
                            Seconds lifetime) {
  crypto::AccessClaims claims;
  claims.user = holder.user.id;
  claims.session = holder.session;
  if (holder.membership) claims.org = holder.membership->organization.id;
  claims.issued_at = context.now;
  claims.expires_at = context.now + lifetime;
  claims.client = client.client.id;
  claims.scope = format_scopes(holder.scopes);
  claims.for_api = holder.resource || !(holder.scopes.permissions == PermissionSet{});
  const auto methods = AuthMethods::parse(holder.methods);
  claims.authenticated_at = holder.signed_in_at;
  claims.acr = methods.acr();
  claims.amr = methods.amr();
  return crypto::sign_access_token(context.keys, policy_for(context, holder.resource), claims);
}

// OpenID Connect Core section 3.1.3.6: by the hash that the ID token's signature uses, which of Ed25519 is
// SHA-512.
std::string at_hash_of(const std::string& access_token, bool rs256) {
  const auto hash = rs256 ? crypto::sha256(access_token) : crypto::sha512(access_token);
  return base64url_encode(hash.substr(0, hash.size() / 2));
}

// OpenID Connect Core section 2.
std::string id_token_of(const Context& context, const FoundClient& client, const Holder& holder,
                        const std::string& access_token, Seconds lifetime) {
  const bool rs256 = client.client.alg == store::IdTokenAlg::rs256;
  const auto methods = AuthMethods::parse(holder.methods);
  json::Object claims;
  claims.set("iss", context.settings.public_url)
      .set("sub", holder.user.id)
      .set("aud", client.client.id)
      .set("azp", client.client.id)
      .set("exp", context.now + lifetime)
      .set("iat", context.now)
      .set("auth_time", holder.signed_in_at)
      .set("sid", holder.session)
      .set("acr", methods.acr());
  // A provider's sign-in is not ours to name.
  if (!methods.empty()) claims.set("amr", methods.amr());
  if (holder.nonce) claims.set("nonce", *holder.nonce);
  claims.set("at_hash", at_hash_of(access_token, rs256));
  const auto& membership = holder.membership;
  add_claims(
      claims,
      {static_cast<std::uint8_t>(holder.scopes.identity & static_cast<std::uint8_t>(IdentityScope::org)), {}},
      holder.user, membership ? &membership->organization : nullptr, membership ? &membership->role : nullptr,
      context.now);
  return crypto::sign_token(context.keys, rs256 ? crypto::TokenAlg::rs256 : crypto::TokenAlg::eddsa, "JWT",
                            claims.text(), context.now);
}

ClientTokens tokens_of(const Context& context, const FoundClient& client, const Holder& holder) {
  const auto lifetime =
      std::min(Seconds{context.settings.access_token_seconds}, holder.session_ends_at - context.now);
  ClientTokens tokens;
  tokens.access_token = access_token_of(context, client, holder, lifetime);
  tokens.expires_in = lifetime.count();
  tokens.scopes = holder.scopes;
  if (holder.scopes.has(IdentityScope::openid))
    tokens.id_token = id_token_of(context, client, holder, tokens.access_token, lifetime);
  return tokens;
}

// Whoever shows a used code may have stolen it, and so may whoever showed it first (RFC 6749 section 4.1.2).
[[noreturn]] void end_what_it_gave(db::Txn& txn, const Context& context,
                                   const store::AuthorizationCode& code) {
  txn.rollback();
  store::delete_session(txn, *code.gave, code.user);
  record_account_change(
      txn, context, code.user,
      {"oauth_code.reused", *code.gave, {}, json::Object{}.set("client_id", code.client).set("ended", true)});
  txn.commit();
  refuse_grant("the code was used before");
}

// One guess at the verifier, or at where the code was sent, and no other.
[[noreturn]] void spoil(db::Txn& txn, const store::AuthorizationCode& code, const char* why) {
  txn.rollback();
  store::use_code(txn, code.hash, kNothing);
  txn.commit();
  refuse_grant(why);
}

bool is_verified(const std::string& verifier, const std::string& challenge) {
  return verifier.size() >= kLeastVerifier && verifier.size() <= kMostVerifier &&
         constant_time_equal(base64url_encode(crypto::sha256(verifier)), challenge);
}

store::AuthorizationCode take_code(db::Txn& txn, const Context& context, const FoundClient& client,
                                   const std::string& text, const std::string& redirect_uri,
                                   const std::string& verifier) {
  auto code = store::lock_code(txn, crypto::sha256(text));
  // Another client's attempt changes nothing: it has not shown that it can be the one that was robbed.
  if (!code || code->client != client.client.id) refuse_grant("no such code of this client");
  if (code->gave && *code->gave == kNothing) refuse_grant("the code was spoilt");
  if (code->gave) end_what_it_gave(txn, context, *code);
  if (code->expires_at <= context.now) refuse_grant("the code is too old");
  if (code->redirect_uri != redirect_uri) spoil(txn, *code, "redirect_uri");
  if (!is_verified(verifier, code->challenge)) spoil(txn, *code, "code_verifier");
  return *std::move(code);
}

bool still_counts(const std::optional<store::Membership>& membership) {
  return membership && membership->status == Status::active &&
         membership->organization.status == Status::active;
}

// The organization may ask for more since the person let the client in. What the session of a client shows
// does not change, so the client has to send the person here again.
void judge_way_in(const std::optional<store::Membership>& membership, const WayShown& shown) {
  if (!membership || !fault_of_way_in(membership->asks, shown)) return;
  throw ApiError(ErrorCode::invalid_grant,
                 "The organization asks for another way to sign in: send the person to sign in again");
}

void judge_consent(db::Txn& txn, const FoundClient& client, const store::AuthorizationCode& code) {
  if (client.is_own()) return;
  if (!consented(txn, code.user, code.client, code.org).covers(code.scopes))
    refuse_grant("the consent was taken back");
}

// Not more than the client may ask for by now.
Scopes narrowed(const Scopes& held, const FoundClient& client, const std::optional<std::string>& asked) {
  const auto open = held & client.scopes();
  if (!asked) return open;
  const auto wanted = parse_scopes(*asked);
  if (!wanted || wanted->empty() || !open.covers(*wanted)) throw ApiError(ErrorCode::invalid_scope);
  return *wanted;
}

SessionId begin_client_session(db::Txn& txn, const Context& context, const FoundClient& client,
                               const store::AuthorizationCode& code, const store::SessionRow& browser,
                               store::NewClientSession& session) {
  const bool offline = code.scopes.has(IdentityScope::offline_access);
  session.id = crypto::new_id<SessionId>();
  session.opener = browser.id;
  if (!offline) session.parent = browser.id;
  session.org = code.org;
  session.ends_at = offline ? context.now + Seconds{context.settings.session_max_seconds} : browser.ends_at;
  // What a browser's session opens ends with it; what outlives it lives on by being used.
  session.expires_at =
      offline ? std::min(context.now + Seconds{context.settings.session_idle_seconds}, session.ends_at)
              : session.ends_at;
  session.address = context.address;
  session.agent = client.client.name;
  if (!store::open_client_session(txn, session, code, kMostClientSessions, context.now))
    refuse_grant("the session has ended");
  return session.id;
}

// What a code stands for, by now. `use` marks it as used, and is false if it was.
template <class Use>
ClientTokens tokens_for_code(db::Txn& txn, const Context& context, const FoundClient& client,
                             const store::AuthorizationCode& code, Use&& use) {
  const auto browser = store::find_session(txn, code.session);
  if (!browser || browser->expires_at <= context.now || browser->ends_at <= context.now)
    refuse_grant("the browser's session has ended");
  const auto account = store::find_account(txn, code.user);
  if (!account || account->user.status != Status::active) refuse_grant("the account is not active");
  std::optional<store::Membership> membership;
  if (code.org) {
    membership = store::find_membership(txn, code.user, *code.org, code.session);
    if (!still_counts(membership)) refuse_grant("the membership has ended");
  }
  judge_way_in(membership,
               {AuthMethods::parse(code.methods), account->user.mfa_enabled, browser->bound_org.has_value()});
  store::NewClientSession session;
  begin_client_session(txn, context, client, code, *browser, session);
  // Under the account's lock, under which a consent is taken back.
  judge_consent(txn, client, code);
  if (!use(session.id)) refuse_grant("the code was used");
  record_account_event(txn, context, code.user, "client.signed_in", session.id);
  const Holder holder{account->user,      session.id,        membership,   narrowed(code.scopes, client, {}),
                      session.expires_at, code.signed_in_at, code.methods, code.nonce,
                      code.resource};
  auto tokens = tokens_of(context, client, holder);
  if (code.scopes.has(IdentityScope::offline_access))
    tokens.refresh_token = crypto::make_refresh_token(context.keys, {session.id, 0});
  return tokens;
}

// Nobody has said anything yet. A device that asks too soon waits five seconds longer from then on.
[[noreturn]] void tell_to_wait(db::Txn& txn, const Context& context, const store::DeviceRequest& device) {
  const bool too_soon = device.polled_at && *device.polled_at + device.wait > context.now;
  const auto wait = too_soon ? std::min(device.wait + kSlowerBy, kLongestWait) : device.wait;
  txn.rollback();
  store::note_poll(txn, device.device_code, context.now, wait);
  txn.commit();
  if (too_soon)
    throw oauth_refusal(ErrorCode::invalid_grant, "slow_down", "Ask less often: five seconds more between");
  throw oauth_refusal(ErrorCode::invalid_grant, "authorization_pending",
                      "Nobody has answered yet: ask again");
}

}  // namespace

ClientTokens exchange_code(db::Txn& txn, const Context& context, const FoundClient& client,
                           const std::string& text, const std::string& redirect_uri,
                           const std::string& verifier, const std::optional<std::string>& resource) {
  const auto code = take_code(txn, context, client, text, redirect_uri, verifier);
  narrowed_resource(context, code.resource, resource);
  return tokens_for_code(txn, context, client, code,
                         [&](SessionId gave) { return store::use_code(txn, code.hash, gave); });
}

ClientTokens exchange_device_code(db::Txn& txn, const Context& context, const FoundClient& client,
                                  const std::string& text, const std::optional<std::string>& resource) {
  const auto device = store::lock_device(txn, crypto::sha256(text));
  if (!device || device->client != client.client.id) refuse_grant("no such code of this client");
  if (device->gave) refuse_grant("the code was used before");
  if (device->expires_at <= context.now)
    throw oauth_refusal(ErrorCode::invalid_grant, "expired_token", "The code is too old: begin again");
  if (device->status == store::DeviceStatus::denied)
    throw oauth_refusal(ErrorCode::invalid_grant, "access_denied", "The person did not let the device in");
  if (device->status == store::DeviceStatus::waits) tell_to_wait(txn, context, *device);
  narrowed_resource(context, device->resource, resource);
  store::AuthorizationCode code;
  code.resource = device->resource;
  code.client_org = device->client_org;
  code.client = device->client;
  code.user = device->user.value();
  code.session = device->session.value();
  code.org = device->org;
  code.scopes = device->scopes;
  code.signed_in_at = device->signed_in_at.value();
  code.methods = device->methods;
  return tokens_for_code(txn, context, client, code,
                         [&](SessionId gave) { return store::use_device(txn, device->device_code, gave); });
}

ClientTokens refresh_for_client(db::Txn& txn, const Context& context, const FoundClient& client,
                                const std::string& token, const std::optional<std::string>& scope,
                                const std::optional<std::string>& resource) {
  try {
    auto rotation = rotate(txn, context, token, client.client.id);
    judge_way_in(rotation.membership, {AuthMethods::parse(rotation.methods), rotation.user.mfa_enabled});
    const auto held = store::find_client_resource(txn, rotation.session.id);
    const Holder holder{rotation.user,
                        rotation.session.id,
                        rotation.membership,
                        narrowed(rotation.client.value().scopes, client, scope),
                        rotation.expires_at,
                        rotation.signed_in_at.value_or(rotation.session.created_at),
                        rotation.methods,
                        std::nullopt,
                        narrowed_resource(context, held, resource)};
    auto tokens = tokens_of(context, client, holder);
    tokens.refresh_token = crypto::make_refresh_token(
        context.keys, {rotation.session.id, static_cast<std::uint64_t>(rotation.counter)});
    return tokens;
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::invalid_token && e.code() != ErrorCode::refresh_reused) throw;
    throw ApiError(ErrorCode::invalid_grant, e.public_text());
  }
}

ClientTokens tokens_for_itself(db::Txn& txn, const Context& context, const FoundClient& client,
                               const std::optional<std::string>& scope,
                               const std::optional<std::string>& asked) {
  if (client.client.itself != store::Itself::allowed || client.is_own() || !client.client.is_confidential())
    throw ApiError(ErrorCode::unauthorized_client);
  auto scopes = narrowed({0, client.scopes().permissions}, client, scope);
  if (scopes.empty()) throw ApiError(ErrorCode::invalid_scope);
  const auto resource = asked && !is_own_api(context, *asked) ? asked : std::nullopt;
  if (resource && !may_use(txn, client, *resource, client.org)) refuse_target();
  const Seconds lifetime{context.settings.access_token_seconds};
  crypto::AccessClaims claims;
  // It acts for nobody: its subject is itself, and there is no session.
  claims.user = UserId{client.client.id.bytes()};
  claims.org = client.org;
  claims.issued_at = context.now;
  claims.expires_at = context.now + lifetime;
  claims.client = client.client.id;
  claims.scope = format_scopes(scopes);
  ClientTokens tokens;
  tokens.access_token = crypto::sign_access_token(context.keys, policy_for(context, resource), claims);
  tokens.expires_in = lifetime.count();
  tokens.scopes = scopes;
  return tokens;
}

}  // namespace tenantd::service
