#include "tenantd/api/authorizer.hpp"

#include "impersonation.hpp"
#include "tenantd/api/lasting.hpp"
#include "tenantd/api/principal_codec.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/impersonation.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/key_use.hpp"
#include "tenantd/identity/live_sessions.hpp"
#include "tenantd/identity/organizations.hpp"

namespace tenantd::api {
namespace {

constexpr std::size_t kMaxToken = 4096;

[[noreturn]] void refuse_token(const char* text = "") {
  throw ApiError(ErrorCode::invalid_token, text).header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
}

// normalize() has brought "bearer   x" into the one spelling. A token in the query string is never read.
std::string_view bearer_token(const http::Request& request) {
  const std::string_view header = request.authorization;
  if (header.empty()) throw ApiError(ErrorCode::unauthenticated).header("WWW-Authenticate", "Bearer");
  if (header.size() < 8 || header.size() > kMaxToken || !header.starts_with("Bearer ")) refuse_token();
  return header.substr(7);
}

std::string cache_key(std::string_view token, const NamedOrganization& named) {
  if (!named.id) return crypto::sha256(token);
  return crypto::sha256(std::string{token} + '\n' + std::string{named.id->raw()});
}

// What counts each time, whatever was cached.
bool is_live(const Principal& p, TimePoint now) {
  const bool outlived = p.organization && p.organization_session_max && !p.api_key &&
                        p.session_began_at + *p.organization_session_max <= now;
  return !outlived && p.session_ends_at > now && p.user.status == Status::active &&
         (!p.organization || p.organization->status == Status::active);
}

// True if the caller acts on this row as a super-admin, whatever the own memberships grant. Nobody does under
// somebody else's name.
bool acts_as_super(const Route& route, const Principal& principal) {
  return route.super_too && principal.user.is_super && !principal.is_delegate() && !principal.actor;
}

// What the caller holds for this row. One who impersonates reads what the user reads.
PermissionSet held_for(const Route& route, const Principal& principal, TimePoint now) {
  return route.method == Method::GET ? principal.role.permissions_at(now) : held_by(principal, now);
}

// True if the token and its session name the same OAuth client, or none.
bool same_client(const std::optional<ClientId>& claimed, const std::optional<ClientAccess>& client) {
  return claimed.has_value() == client.has_value() && (!client || *claimed == client->id);
}

// What a client was given is what both its token and the session behind it say. It acts in the organization
// that the session is good for, with what the member holds of it, and is never a super-admin.
void narrow_to_client(Principal& principal, const std::string& scope) {
  if (!principal.client) return;
  const auto claimed = parse_scopes(scope).value_or(Scopes{});
  principal.client->scopes = principal.client->scopes & claimed;
  principal.role.permissions = principal.role.permissions & principal.client->scopes.permissions;
  principal.user.is_super = false;
}

[[noreturn]] void refuse_client() {
  throw ApiError(ErrorCode::insufficient_scope)
      .header("WWW-Authenticate", "Bearer error=\"insufficient_scope\"");
}

// What a token of an OAuth client opens: what one of its scopes is the permission for, and what takes no
// session of the person.
void authorize_client(const Route& route, const Principal& principal) {
  const auto& client = *principal.client;
  // One that acts for itself is nobody of whom there is something to tell.
  if (route.also == AlsoTakes::oauth && !principal.api_key) return;
  const bool takes_session = route.handler.tenant_with_session_ != nullptr;
  if (!route.permission || takes_session || !client.scopes.permissions.has(*route.permission))
    refuse_client();
}

// True if the token and its session name the same person, or none, behind the user.
bool same_actor(const std::optional<UserId>& claimed, const std::optional<Actor>& actor) {
  return claimed.has_value() == actor.has_value() && (!actor || *claimed == actor->id);
}

// The account that the path names. Throws ApiError(not_found) if that is no id.
UserId subject_of(const http::Request& request) {
  for (const auto& [name, value] : request.path_values)
    if (name == "user_id") {
      if (const auto id = UserId::parse(value)) return *id;
    }
  throw ApiError(ErrorCode::not_found);
}

// The organization that the path of a row for super-admins names: it was read before.
OrgId org_in_path(const http::Request& request) {
  const auto id = OrgId::parse(request.path_value("org_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

void same_or_ambiguous(NamedOrganization& named, std::string_view text) {
  const auto id = OrgId::parse(text);
  if (!id) throw ApiError(ErrorCode::not_found);
  if (named.id && *named.id != *id) throw ApiError(ErrorCode::tenant_ambiguous);
  named.id = id;
}

// "acme.example.com:8080" under "example.com" is "acme"; the base domain itself, or another host, names
// nobody.
std::optional<std::string> subdomain_of(const std::string& host, const std::string& base_domain) {
  if (base_domain.empty()) return std::nullopt;
  const std::string name = ascii_lower(host.substr(0, host.find(':')));
  const std::string suffix = '.' + ascii_lower(base_domain);
  if (name.size() <= suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  auto slug = name.substr(0, name.size() - suffix.size());
  return service::is_slug(slug) ? std::optional{std::move(slug)} : std::nullopt;
}

}  // namespace

NamedOrganization named_organization(const http::Request& request, const JsonValue& body,
                                     const std::string& base_domain) {
  NamedOrganization named;
  if (!request.tenant_id.empty()) {
    if (OrgId::parse(request.tenant_id)) {
      same_or_ambiguous(named, request.tenant_id);
    } else {
      named.slug = ascii_lower(request.tenant_id);
      if (!service::is_slug(*named.slug)) throw ApiError(ErrorCode::not_found);
    }
  }
  for (const auto& [name, value] : request.path_values)
    if (name == "org_id") same_or_ambiguous(named, value);
  if (const auto in_body = maybe_text(body, "org_id")) {
    if (!OrgId::parse(*in_body)) refuse_field("/org_id", id_words("org_id"));
    same_or_ambiguous(named, *in_body);
  }
  if (auto slug = subdomain_of(request.host, base_domain)) {
    if (named.slug && *named.slug != *slug) throw ApiError(ErrorCode::tenant_ambiguous);
    named.slug = std::move(slug);
  }
  return named;
}

Principal Authorizer::authenticate(const http::Request& request, const service::Context& context,
                                   const NamedOrganization& named, db::Txn& txn, bool super_too) const {
  if (!request.api_key.empty()) return authenticate_key(request.api_key, context, named, txn);
  const auto token = bearer_token(request);
  // With a lifetime of 0 seconds only the signature is remembered; the session is read each time.
  const bool cacheable = cache_ != nullptr && !named.slug;
  const std::string key = cacheable ? cache_key(token, named) : std::string{};
  std::optional<crypto::AccessClaims> claims;
  if (cacheable) {
    if (const auto hit =
            cache_->find(key, monotonic_microseconds(), settings_.session_cache_seconds * 1'000'000)) {
      const auto cached = decode_token(hit->value);
      if (cached && cached->claims.expires_at <= context.now) refuse_token();
      if (cached && hit->fresh && is_live(cached->principal, context.now)) {
        metrics_->cache_hits.fetch_add(1, std::memory_order_relaxed);
        return cached->principal;
      }
      // The signature was good once and still is: only the session is read again.
      if (cached) claims = cached->claims;
    }
    metrics_->cache_misses.fetch_add(1, std::memory_order_relaxed);
  }
  if (!claims) {
    const crypto::TokenPolicy policy{settings_.public_url, settings_.token_audience};
    claims = crypto::verify_access_token(context.keys, policy, token, context.now);
    if (!claims) refuse_token();
  }

  if (claims->client && claims->session.is_nil()) return authenticate_client(*claims, context, named, txn);
  const auto org = named.any() ? named.id : claims->org;
  const auto stamp = cacheable ? cache_->stamp({claims->user.bytes(), org.value_or(OrgId{}).bytes(),
                                                claims->client.value_or(ClientId{}).bytes()})
                               : shm::SessionCache::Stamp{};
  auto live = store::authenticate(txn, claims->session, org, named.slug,
                                  {claims->issued_at, settings_.super_admin_mfa});
  if (!live || live->principal.user.id != claims->user || !same_actor(claims->actor, live->principal.actor) ||
      !same_client(claims->client, live->principal.client))
    refuse_token();
  auto& principal = live->principal;
  narrow_to_client(principal, claims->scope);
  principal.token_expires_at = claims->expires_at;
  // Named twice, by id and by slug, and not the same.
  if (named.id && named.slug && principal.organization && principal.organization->slug != *named.slug)
    throw ApiError(ErrorCode::tenant_ambiguous);
  // A token of another organization does not find one that is switched off. Its own tokens are refused: what
  // their owner does about that, a refresh, finds the next organization.
  const bool token_is_of_another = principal.organization && claims->org != principal.organization->id;
  if (token_is_of_another && principal.organization->status != Status::active)
    throw ApiError(ErrorCode::not_found);
  if (!is_live(principal, context.now)) refuse_token();
  const bool belongs = live->is_member && live->member_status == Status::active &&
                       (principal.bound_org ? *principal.bound_org == principal.organization->id
                                            : !principal.client.has_value());
  if (principal.bound_org) principal.user.is_super = false;
  // Not remembered: on every other row an organization that is not one's own is not found.
  if (super_too && principal.user.is_super && !belongs) {
    principal.organization.reset();
    return principal;
  }
  // One identity provider vouched for this person, to its own organization.
  if (!belongs && principal.bound_org && !named.any()) refuse_token();
  const bool bound_to_another =
      principal.bound_org && principal.organization && *principal.bound_org != principal.organization->id;
  if (bound_to_another && !principal.actor && live->member_status == Status::active)
    service::require_unbound(principal);
  if (!belongs && super_too) require_factor_of_super(principal, txn);
  if (live->sso_required && named.any()) service::require_provider(*live->sso_required);
  if (!belongs && named.any()) throw ApiError(ErrorCode::not_found);
  if (!belongs) principal.organization.reset();
  principal.sso_required = std::move(live->sso_required);
  // Of an impersonation three accounts' changes count at once, and it is rare: it is read each time.
  if (cacheable && !principal.actor && !principal.sso_required)
    cache_->store(key, encode_token({*claims, principal}), stamp, monotonic_microseconds());
  return principal;
}

Principal Authorizer::authenticate_cookie(const std::optional<std::string>& refresh_token,
                                          const service::Context& context, db::Txn& txn) const {
  const auto claims = refresh_token ? crypto::open_refresh_token(context.keys, *refresh_token) : std::nullopt;
  if (!claims) refuse_token();
  auto live = store::authenticate(txn, claims->session, std::nullopt, std::nullopt,
                                  {context.now, settings_.super_admin_mfa});
  if (!live || live->principal.actor || live->principal.client || !is_live(live->principal, context.now))
    refuse_token();
  live->principal.organization.reset();
  return std::move(live->principal);
}

// A client that acts for itself: there is no session whose end would be the token's.
Principal Authorizer::authenticate_client(const crypto::AccessClaims& claims, const service::Context& context,
                                          const NamedOrganization& named, db::Txn& txn) const {
  auto live = store::authenticate_client(txn, *claims.client);
  if (!live || claims.user.bytes() != claims.client->bytes() || !is_live(live->principal, context.now))
    refuse_token();
  auto& principal = live->principal;
  const auto& organization = principal.organization.value();
  if (claims.org != organization.id) refuse_token();
  if (named.any() && !(named.id ? *named.id == organization.id : *named.slug == organization.slug))
    throw ApiError(ErrorCode::not_found);
  principal.token_expires_at = claims.expires_at;
  narrow_to_client(principal, claims.scope);
  return std::move(principal);
}

// Whatever is sent is looked up, so that garbage, unknown and expired keys take the same time.
Principal Authorizer::authenticate_key(std::string_view key, const service::Context& context,
                                       const NamedOrganization& named, db::Txn& txn) const {
  const auto live = find_key(key, context, txn);
  if (!live || live->member_status != Status::active || !is_live(live->principal, context.now))
    refuse_token("The API key is not known, or has ended");
  // Also of what was remembered: the next request may come from elsewhere.
  service::require_network(context, live->principal);
  if (live->notes_use) service::note_key_use(context, live->principal);
  const auto& organization = live->principal.organization.value();
  const bool is_named = !named.id || *named.id == organization.id;
  const bool is_called = !named.slug || *named.slug == organization.slug;
  if (named.id && is_named && !is_called) throw ApiError(ErrorCode::tenant_ambiguous);
  if (!is_named || !is_called) throw ApiError(ErrorCode::not_found);
  return live->principal;
}

// A key's text does not say whose it is, so that the generations to store it under are known only from an
// older entry or from the database, which is then read once more.
std::optional<store::LiveSession> Authorizer::find_key(std::string_view key, const service::Context& context,
                                                       db::Txn& txn) const {
  const auto hash = crypto::sha256(key);
  if (cache_ == nullptr || settings_.session_cache_seconds == 0)
    return store::authenticate_key(txn, hash, context.now, context.address);
  // No token is found under this, nor a key where a token is looked for.
  const auto cache_key = crypto::sha256("api key\n" + std::string{key});
  const auto hit =
      cache_->find(cache_key, monotonic_microseconds(), settings_.session_cache_seconds * 1'000'000);
  auto known = hit ? decode_token(hit->value) : std::nullopt;
  if (known && hit->fresh) {
    metrics_->cache_hits.fetch_add(1, std::memory_order_relaxed);
    return store::LiveSession{std::move(known->principal), Status::active, true};
  }
  metrics_->cache_misses.fetch_add(1, std::memory_order_relaxed);
  if (!known) {
    const auto found = store::authenticate_key(txn, hash, context.now, context.address);
    if (!found) return std::nullopt;
    known = CachedToken{{}, found->principal};
  }
  const auto user = known->principal.user.id;
  const auto org = known->principal.organization.value().id;
  const auto stamp = cache_->stamp({user.bytes(), org.bytes(), {}});
  auto live = store::authenticate_key(txn, hash, context.now, context.address);
  if (!live || live->member_status != Status::active) return std::nullopt;
  CachedToken token{{}, live->principal};
  token.claims.user = user;
  token.claims.org = org;
  cache_->store(cache_key, encode_token(token), stamp, monotonic_microseconds());
  return live;
}

// In the active organization, with `permission` there.
void Authorizer::authorize_member(const Route& route, const Principal& principal, TimePoint now) {
  if (!principal.organization && principal.sso_required) service::require_provider(*principal.sso_required);
  // A refresh finds the caller's next organization.
  if (!principal.organization) refuse_token();
  require_way_in(principal);
  if (!held_for(route, principal, now).has(*route.permission))
    throw ApiError(ErrorCode::forbidden,
                   "The caller lacks the permission " + std::string{permission_name(*route.permission)});
  // Judged again under the organization's lock (service::stand_for_good): an end may be set meanwhile.
  if (takes_lasting_right(route) && principal.role.expires_at) throw ApiError(ErrorCode::temporary_right);
}

void Authorizer::require_fresh_proof(const Route& route, const Principal& principal, const JsonValue& body,
                                     TimePoint now) {
  if (!route.step_up || maybe_text(body, "password") || maybe_text(body, "current_password")) return;
  tenantd::require_fresh_proof(principal, now);
}

void Authorizer::require_factor_of_super(const Principal& principal, db::Txn& txn) const {
  if (!settings_.super_admin_mfa || principal.user.is_super) return;
  if (principal.is_delegate() || principal.bound_org || principal.actor) return;
  const auto account = store::find_account(txn, principal.user.id);
  if (!account || !account->user.is_super) return;
  if (!account->user.mfa_enabled)
    throw ApiError(
        ErrorCode::mfa_enrollment_required,
        "Super-admins need a second factor: enroll one (POST /api/v1/auth/mfa/enroll), then try again; a "
        "passkey is one");
  throw ApiError(ErrorCode::mfa_session_required,
                 "This session began without the second factor: sign in again with it");
}

void Authorizer::authorize(const Route& route, const http::Request& request, const Principal& principal,
                           TimePoint now) const {
  if (principal.actor && !open_to_impersonation(route))
    throw ApiError(ErrorCode::impersonating,
                   "End the impersonation first (POST /api/v1/auth/end-impersonation)");
  if (principal.client) authorize_client(route, principal);
  switch (route.handler.access) {
    case Access::anyone: return;
    case Access::user:
      if (principal.api_key) throw ApiError(ErrorCode::session_required);
      return;
    case Access::caller: return require_way_in(principal);
    case Access::super:
      if (principal.api_key) throw ApiError(ErrorCode::session_required);
      if (!principal.user.is_super) throw ApiError(ErrorCode::forbidden, "Only super-admins may");
      return;
    case Access::subject:
      if (!principal.is_delegate() && subject_of(request) == principal.user.id) return;
      return authorize_member(route, principal, now);
    case Access::tenant:
      if (principal.api_key && route.handler.tenant_with_session_ != nullptr)
        throw ApiError(ErrorCode::session_required);
      if (acts_as_super(route, principal)) return;
      return authorize_member(route, principal, now);
  }
}

Response Authorizer::call(const Route& route, const Request& request,
                          const std::optional<Principal>& principal, db::Txn& txn) const {
  const Handler& handler = route.handler;
  if (handler.access == Access::anyone) return handler.public_(request, txn);
  authorize(route, request.http, principal.value(), request.context.now);
  const Session session{*principal};
  if (handler.access == Access::user) return handler.user_(request, session, txn);
  if (handler.access == Access::caller) return handler.caller_(request, Caller{*principal}, txn);
  if (handler.access == Access::super) return handler.super_(request, SuperAdmin{principal->user.id}, txn);
  if (handler.access == Access::subject) {
    const auto user = subject_of(request.http);
    if (!principal->is_delegate() && user == principal->user.id)
      return handler.subject_(request, Subject{user, std::nullopt, principal->session}, txn);
  }
  const auto scope = acts_as_super(route, *principal)
                         ? SuperAdmin{principal->user.id}.in(org_in_path(request.http))
                         : TenantScope{principal->organization->id, principal->user.id,
                                       held_for(route, *principal, request.context.now)};
  txn.enter({scope.org(), scope.user(), false});
  if (handler.access == Access::subject)
    return handler.subject_(request, Subject{subject_of(request.http), scope, principal->session}, txn);
  if (handler.tenant_with_session_ != nullptr)
    return handler.tenant_with_session_(request, session, scope, txn);
  return handler.tenant_(request, scope, txn);
}

}  // namespace tenantd::api
