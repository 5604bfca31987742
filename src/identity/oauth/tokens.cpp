#include "identity/oauth/tokens.hpp"

#include <algorithm>

#include "identity/oauth/claims.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/crypto/signed_token.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/live_sessions.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {
namespace {

using store::FoundClient;

constexpr std::int64_t kMostClientSessions = 10;  // of one account with one client
constexpr std::size_t kLeastVerifier = 43, kMostVerifier = 128;
constexpr SessionId kNothing{};  // what a code gave that was spoilt

[[noreturn]] void refuse_grant(const char* why = "") { throw ApiError(ErrorCode::invalid_grant).detail(why); }

crypto::TokenPolicy policy_of(const Context& context) {
  return {context.settings.public_url, context.settings.token_audience};
}

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
};

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
  claims.for_api = !(holder.scopes.permissions == PermissionSet{});
  return crypto::sign_access_token(context.keys, policy_of(context), claims);
}

std::vector<std::string_view> words_of(const std::string& text) {
  auto words = split(text, ' ');
  std::erase(words, std::string_view{});
  return words;
}

// OpenID Connect Core sections 2 and 3.1.3.6. RS256 and EdDSA are taken to go with SHA-256 and SHA-512; a
// client that is not sure of the latter leaves at_hash unread, so it is left out there.
std::string id_token_of(const Context& context, const FoundClient& client, const Holder& holder,
                        const std::string& access_token, Seconds lifetime) {
  const bool rs256 = client.client.alg == store::IdTokenAlg::rs256;
  json::Object claims;
  claims.set("iss", context.settings.public_url)
      .set("sub", holder.user.id)
      .set("aud", client.client.id)
      .set("azp", client.client.id)
      .set("exp", context.now + lifetime)
      .set("iat", context.now)
      .set("auth_time", holder.signed_in_at)
      .set("sid", holder.session)
      .set("acr", holder.methods.find("mfa") == std::string::npos ? "aal1" : "aal2");
  if (!holder.methods.empty()) claims.set("amr", words_of(holder.methods));
  if (holder.nonce) claims.set("nonce", *holder.nonce);
  if (rs256) claims.set("at_hash", base64url_encode(crypto::sha256(access_token).substr(0, 16)));
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

void judge_consent(db::Txn& txn, const FoundClient& client, const store::AuthorizationCode& code) {
  if (client.is_own()) return;
  const auto consent = store::find_consent(txn, code.user, code.client);
  if (!consent || !consent->scopes.covers(code.scopes)) refuse_grant("the consent was taken back");
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
    refuse_grant("the account is gone");
  return session.id;
}

}  // namespace

ClientTokens exchange_code(db::Txn& txn, const Context& context, const FoundClient& client,
                           const std::string& text, const std::string& redirect_uri,
                           const std::string& verifier) {
  const auto code = take_code(txn, context, client, text, redirect_uri, verifier);
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
  judge_consent(txn, client, code);
  store::NewClientSession session;
  begin_client_session(txn, context, client, code, *browser, session);
  if (!store::use_code(txn, code.hash, session.id)) refuse_grant("the code was used");
  record_account_event(txn, context, code.user, "client.signed_in", session.id);
  const Holder holder{account->user,      session.id,        membership,   narrowed(code.scopes, client, {}),
                      session.expires_at, code.signed_in_at, code.methods, code.nonce};
  auto tokens = tokens_of(context, client, holder);
  if (code.scopes.has(IdentityScope::offline_access))
    tokens.refresh_token = crypto::make_refresh_token(context.keys, {session.id, 0});
  return tokens;
}

ClientTokens refresh_for_client(db::Txn& txn, const Context& context, const FoundClient& client,
                                const std::string& token, const std::optional<std::string>& scope) {
  try {
    auto rotation = rotate(txn, context, token, client.client.id);
    const Holder holder{rotation.user,       rotation.session.id,
                        rotation.membership, narrowed(rotation.client.value().scopes, client, scope),
                        rotation.expires_at, rotation.signed_in_at.value_or(rotation.session.created_at),
                        rotation.methods,    std::nullopt};
    auto tokens = tokens_of(context, client, holder);
    tokens.refresh_token = crypto::make_refresh_token(
        context.keys, {rotation.session.id, static_cast<std::uint64_t>(rotation.counter)});
    return tokens;
  } catch (const ApiError& e) {
    if (e.code() != ErrorCode::invalid_token && e.code() != ErrorCode::refresh_reused) throw;
    throw ApiError(ErrorCode::invalid_grant, e.public_text());
  }
}

ClientTokens tokens_for_itself(const Context& context, const FoundClient& client,
                               const std::optional<std::string>& scope) {
  if (client.client.itself != store::Itself::allowed || client.is_own() || !client.client.is_confidential())
    throw ApiError(ErrorCode::unauthorized_client);
  auto scopes = narrowed({0, client.scopes().permissions}, client, scope);
  if (scopes.empty()) throw ApiError(ErrorCode::invalid_scope);
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
  tokens.access_token = crypto::sign_access_token(context.keys, policy_of(context), claims);
  tokens.expires_in = lifetime.count();
  tokens.scopes = scopes;
  return tokens;
}

namespace {

json::Object inactive() { return std::move(json::Object{}.set("active", false)); }

// The session behind claims, as the authorizer judges it; nullopt: the token is refused there.
std::optional<store::LiveSession> live_session_of(db::Txn& txn, const Context& context,
                                                  const crypto::AccessClaims& claims) {
  auto live = store::authenticate(txn, claims.session, claims.org, std::nullopt);
  if (!live || live->principal.user.id != claims.user || live->principal.session_ends_at <= context.now)
    return std::nullopt;
  const auto& p = live->principal;
  const auto holder = p.client ? std::optional{p.client->id} : std::nullopt;
  if (holder != claims.client || p.user.status != Status::active) return std::nullopt;
  if (p.actor.has_value() != claims.actor.has_value()) return std::nullopt;
  if (!claims.org) return live;
  const bool outlived =
      p.organization_session_max && p.session_began_at + *p.organization_session_max <= context.now;
  const bool belongs = live->is_member && live->member_status == Status::active && p.organization &&
                       p.organization->status == Status::active &&
                       (!p.bound_org || *p.bound_org == *claims.org);
  return belongs && !outlived ? live : std::nullopt;
}

bool is_for_itself(const crypto::AccessClaims& claims) {
  return claims.client && claims.session.is_nil() && claims.user.bytes() == claims.client->bytes();
}

void add_token(json::Object& told, const Context& context, const crypto::AccessClaims& claims,
               const Scopes& scopes) {
  told.set("active", true)
      .set("token_type", "Bearer")
      .set("iss", context.settings.public_url)
      .set("sub", claims.user)
      .set("aud",
           claims.for_api ? context.settings.token_audience : crypto::identity_audience(policy_of(context)))
      .set("scope", format_scopes(scopes))
      .set("exp", claims.expires_at)
      .set("iat", claims.issued_at);
  if (claims.client) told.set("client_id", *claims.client);
  if (claims.org) told.set("org_id", *claims.org);
  if (!claims.session.is_nil()) told.set("sid", claims.session);
}

json::Object introspect_access(db::Txn& txn, const Context& context, const crypto::AccessClaims& claims) {
  auto scopes = parse_scopes(claims.scope).value_or(Scopes{});
  json::Object told;
  if (is_for_itself(claims)) {
    const auto self = store::find_client(txn, *claims.client);
    if (!self || self->client.itself != store::Itself::allowed) return inactive();
    add_token(told, context, claims, scopes & self->scopes());
    return told;
  }
  const auto live = live_session_of(txn, context, claims);
  if (!live) return inactive();
  const auto held = claims.org ? live->principal.role.permissions_at(context.now) : PermissionSet{};
  if (claims.client) {
    scopes = scopes & live->principal.client->scopes;
    scopes.permissions = scopes.permissions & held;
  } else {
    scopes = {0, held};
  }
  add_token(told, context, claims, scopes);
  told.set("username", live->principal.user.email);
  return told;
}

}  // namespace

json::Object introspect(db::Txn& txn, const Context& context, const FoundClient& client,
                        const std::string& token) {
  if (const auto claims = crypto::verify_access_token(context.keys, policy_of(context), token, context.now)) {
    const bool own = claims->client == client.client.id;
    if (!own && !(client.is_own() && claims->for_api)) return inactive();
    return introspect_access(txn, context, *claims);
  }
  const auto refresh = crypto::open_refresh_token(context.keys, token);
  const auto renewal = refresh ? store::find_renewal(txn, refresh->session) : std::nullopt;
  if (!renewal || !renewal->client || renewal->client->id != client.client.id ||
      renewal->session.counter != static_cast<std::int64_t>(refresh->counter) ||
      renewal->session.expires_at <= context.now || renewal->user.status != Status::active)
    return inactive();
  json::Object told;
  told.set("active", true)
      .set("client_id", client.client.id)
      .set("sub", renewal->user.id)
      .set("scope", format_scopes(renewal->client->scopes))
      .set("exp", renewal->session.expires_at);
  return told;
}

void revoke_token(db::Txn& txn, const Context& context, const FoundClient& client, const std::string& token) {
  const auto claims = crypto::verify_access_token(context.keys, policy_of(context), token, context.now);
  const auto refresh = claims ? std::nullopt : crypto::open_refresh_token(context.keys, token);
  if (!claims && !refresh) return;
  const auto renewal = store::find_renewal(txn, claims ? claims->session : refresh->session);
  if (!renewal || !renewal->client || renewal->client->id != client.client.id) return;
  store::delete_session(txn, renewal->session.id, renewal->session.user);
}

}  // namespace tenantd::service
