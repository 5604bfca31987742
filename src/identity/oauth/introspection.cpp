// What a token is worth, told to who may ask, and its end (RFC 7662, RFC 7009).
#include "identity/oauth/known_clients.hpp"
#include "identity/oauth/tokens.hpp"
#include "tenantd/api/principal_codec.hpp"
#include "tenantd/base/json_read.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/impersonation.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/identity/live_sessions.hpp"
#include "tenantd/identity/sessions.hpp"
#include "tenantd/identity/sessions_store.hpp"
#include "tenantd/shm/session_cache.hpp"

namespace tenantd::service {
namespace {

json::Object inactive() { return std::move(json::Object{}.set("active", false)); }

// Whether a session is behind the claims still, as the authorizer judges it. What was remembered is judged
// again: time goes on.
bool is_behind(const Principal& p, const crypto::AccessClaims& claims, TimePoint now) {
  if (p.session_ends_at <= now || p.user.status != Status::active) return false;
  const auto holder = p.client ? std::optional{p.client->id} : std::nullopt;
  if (holder != claims.client || p.actor.has_value() != claims.actor.has_value()) return false;
  if (!claims.org) return true;
  const bool outlived = p.organization_session_max && p.session_began_at + *p.organization_session_max <= now;
  return p.organization && p.organization->status == Status::active && !outlived &&
         (!p.bound_org || *p.bound_org == *claims.org) && !fault_of_way_in(p);
}

// Of a refresh token: the organization asks for another way in than the session's.
bool is_kept_out(const store::Renewal& renewal) {
  return renewal.membership && fault_of_way_in(renewal.membership->asks, {AuthMethods::parse(renewal.methods),
                                                                          renewal.user.mfa_enabled});
}

bool is_for_itself(const crypto::AccessClaims& claims) {
  return claims.client && claims.session.is_nil() && claims.user.bytes() == claims.client->bytes();
}

// An access token of ours, for whatever API. `foreign`: for another one than this service's.
struct OwnToken {
  crypto::AccessClaims claims;
  std::string audience;
  bool foreign = false;
  std::optional<Principal> principal = {};  // whom it is about, where that is remembered
};

// Which audience the text names is believed once its signature is checked.
std::string audience_in(const std::string& token) {
  const auto dot = token.find('.');
  const auto payload =
      dot == std::string::npos
          ? std::nullopt
          : base64url_decode(std::string_view{token}.substr(dot + 1, token.find('.', dot + 1) - dot - 1));
  const auto claims = payload ? json::read_object(*payload) : std::nullopt;
  return claims ? json::text_of(*claims, "aud") : "";
}

// Remembered apart from what may call this service: a token for another API may not.
std::string memory_key(const std::string& token) { return crypto::sha256("introspected\n" + token); }

// One that was asked about before is not verified again.
std::optional<OwnToken> recall(const Context& context, const crypto::TokenPolicy& policy,
                               const std::string& token) {
  const auto lifetime = context.settings.session_cache_seconds * 1'000'000;
  const auto hit = context.sessions != nullptr
                       ? context.sessions->find(memory_key(token), monotonic_microseconds(), lifetime)
                       : std::nullopt;
  auto cached = hit ? api::decode_token(hit->value) : std::nullopt;
  if (!cached || cached->claims.expires_at <= context.now) return std::nullopt;
  OwnToken own{std::move(cached->claims), audience_in(token)};
  own.foreign = own.audience != policy.audience && own.audience != crypto::identity_audience(policy);
  if (hit->fresh) own.principal = std::move(cached->principal);
  return own;
}

std::optional<OwnToken> open_token(const Context& context, const std::string& token) {
  crypto::TokenPolicy policy{context.settings.public_url, context.settings.token_audience};
  if (auto own = recall(context, policy, token)) return own;
  if (auto claims = crypto::verify_access_token(context.keys, policy, token, context.now)) {
    const auto audience = claims->for_api ? policy.audience : crypto::identity_audience(policy);
    return OwnToken{*std::move(claims), audience, false};
  }
  policy.audience = audience_in(token);
  auto claims = policy.audience.empty()
                    ? std::nullopt
                    : crypto::verify_access_token(context.keys, policy, token, context.now);
  if (!claims || !claims->client) return std::nullopt;
  return OwnToken{*std::move(claims), policy.audience, true};
}

// nullopt: nobody, or no member of the token's organization any more.
std::optional<Principal> read_principal(db::Txn& txn, const Context& context, const std::string& token,
                                        const crypto::AccessClaims& claims) {
  auto* cache = context.sessions;
  const auto stamp = cache == nullptr
                         ? shm::SessionCache::Stamp{}
                         : cache->stamp({claims.user.bytes(), claims.org.value_or(OrgId{}).bytes(),
                                         claims.client.value_or(ClientId{}).bytes()});
  auto live = store::authenticate(txn, claims.session, claims.org, std::nullopt);
  if (!live || live->principal.user.id != claims.user) return std::nullopt;
  if (claims.org && !(live->is_member && live->member_status == Status::active)) return std::nullopt;
  // Of an impersonation three accounts' changes count at once.
  if (cache != nullptr && !live->principal.actor)
    cache->store(memory_key(token), api::encode_token({claims, live->principal}), stamp,
                 monotonic_microseconds());
  return std::move(live->principal);
}

void add_token(json::Object& told, const Context& context, const OwnToken& token, const Scopes& scopes) {
  const auto& claims = token.claims;
  told.set("active", true)
      .set("token_type", "Bearer")
      .set("iss", context.settings.public_url)
      .set("sub", claims.user)
      .set("aud", token.audience)
      .set("scope", format_scopes(scopes))
      .set("exp", claims.expires_at)
      .set("iat", claims.issued_at);
  if (claims.client) told.set("client_id", *claims.client);
  if (claims.org) told.set("org_id", *claims.org);
  if (!claims.session.is_nil()) told.set("sid", claims.session);
}

json::Object introspect_access(db::Txn& txn, const Context& context, const OwnToken& token,
                               const std::string& text, bool by_own) {
  const auto& claims = token.claims;
  auto scopes = parse_scopes(claims.scope).value_or(Scopes{});
  json::Object told;
  if (is_for_itself(claims)) {
    const auto self = known_client(txn, context, *claims.client);
    if (!self || self->client.itself != store::Itself::allowed) return inactive();
    add_token(told, context, token, scopes & self->scopes());
    return told;
  }
  const auto behind = token.principal ? token.principal : read_principal(txn, context, text, claims);
  if (!behind || !is_behind(*behind, claims, context.now)) return inactive();
  const auto held = claims.org ? held_by(*behind, context.now) : PermissionSet{};
  if (claims.client) {
    scopes = scopes & behind->client->scopes;
    scopes.permissions = scopes.permissions & held;
  } else {
    scopes = {0, held};
  }
  add_token(told, context, token, scopes);
  const auto& shown = behind->authentication;
  // The address is what the scope email asks for; what the service's own clients know anyway.
  if (by_own || scopes.has(IdentityScope::email)) told.set("username", behind->user.email);
  told.set("auth_time", shown.at).set("acr", shown.methods.acr());
  if (behind->actor) told.set("act", json::Object{}.set("sub", behind->actor->id));
  if (!shown.methods.empty()) told.set("amr", shown.methods.amr());
  return told;
}

}  // namespace

json::Object introspect(db::Txn& txn, const Context& context, const store::FoundClient& client,
                        const std::string& token) {
  if (const auto opened = open_token(context, token)) {
    const bool held = opened->claims.client == client.client.id;
    const bool for_it = opened->foreign && client.client.resource == opened->audience;
    const bool for_own = client.is_own() && !opened->foreign && opened->claims.for_api;
    if (!held && !for_it && !for_own) return inactive();
    return introspect_access(txn, context, *opened, token, client.is_own());
  }
  const auto refresh = crypto::open_refresh_token(context.keys, token);
  const auto renewal = refresh ? store::find_renewal(txn, refresh->session) : std::nullopt;
  if (!renewal || !renewal->client || renewal->client->id != client.client.id ||
      renewal->session.counter != static_cast<std::int64_t>(refresh->counter) ||
      renewal->session.expires_at <= context.now || renewal->user.status != Status::active ||
      is_kept_out(*renewal))
    return inactive();
  json::Object told;
  told.set("active", true)
      .set("client_id", client.client.id)
      .set("sub", renewal->user.id)
      .set("scope", format_scopes(renewal->client->scopes))
      .set("exp", renewal->session.expires_at);
  return told;
}

void revoke_token(db::Txn& txn, const Context& context, const store::FoundClient& client,
                  const std::string& token) {
  const auto opened = open_token(context, token);
  const auto* claims = opened ? &opened->claims : nullptr;
  const auto refresh = claims != nullptr ? std::nullopt : crypto::open_refresh_token(context.keys, token);
  if (claims == nullptr && !refresh) return;
  const auto renewal = store::find_renewal(txn, claims != nullptr ? claims->session : refresh->session);
  if (!renewal || !renewal->client || renewal->client->id != client.client.id) return;
  store::delete_session(txn, renewal->session.id, renewal->session.user);
}

}  // namespace tenantd::service
