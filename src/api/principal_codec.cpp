#include "tenantd/api/principal_codec.hpp"

#include "tenantd/base/byte_codec.hpp"

namespace tenantd::api {
namespace {

void put(ByteWriter& out, const OrganizationRecord& o) {
  out.id(o.id);
  out.text(o.name);
  out.text(o.slug);
  out.number(static_cast<int>(o.status));
  out.number(o.personal ? 1 : 0);
  out.number(o.require_mfa ? 1 : 0);
  out.time(o.created_at);
  out.time(o.updated_at);
}

OrganizationRecord get_organization(ByteReader& in) {
  OrganizationRecord o;
  o.id = in.id<OrgId>();
  o.name = in.text();
  o.slug = in.text();
  o.status = static_cast<Status>(in.number());
  o.personal = in.number() != 0;
  o.require_mfa = in.number() != 0;
  o.created_at = in.time();
  o.updated_at = in.time();
  return o;
}

PermissionSet get_permissions(ByteReader& in) {
  PermissionSet::Words words{};
  for (auto& word : words) word = static_cast<std::uint64_t>(in.number());
  return PermissionSet{words};
}

// One number for who signed in by a page of this service, which is nearly everybody: the slot of the cache is
// small.
void put_client(ByteWriter& out, const CachedToken& token) {
  const auto& c = token.claims;
  const auto& p = token.principal;
  const bool any = c.client || p.client || !c.scope.empty() || !c.for_api;
  out.number(any ? 1 : 0);
  if (!any) return;
  out.id(c.client.value_or(ClientId{}));
  out.text(c.scope);
  out.number(c.for_api ? 1 : 0);
  out.id(p.client ? p.client->id : ClientId{});
  out.number(p.client ? p.client->scopes.identity : 0);
  const auto given = p.client ? p.client->scopes.permissions : PermissionSet{};
  for (const auto word : given.words()) out.number(static_cast<std::int64_t>(word));
}

void get_client(ByteReader& in, CachedToken& token) {
  if (in.number() == 0) return;
  if (const auto client = in.id<ClientId>(); !client.is_nil()) token.claims.client = client;
  token.claims.scope = in.text();
  token.claims.for_api = in.number() != 0;
  auto& of_principal = token.principal.client;
  if (const auto client = in.id<ClientId>(); !client.is_nil()) of_principal = ClientAccess{client, {}};
  const auto identity = static_cast<std::uint8_t>(in.number());
  const auto permissions = get_permissions(in);
  if (of_principal) of_principal->scopes = {identity, permissions};
}

// Likewise one number for what no service account's key has signed in.
void put_account(ByteWriter& out, const std::optional<AccountAccess>& account) {
  out.number(account ? 1 : 0);
  if (!account) return;
  out.id(account->id);
  out.text(account->name);
  out.text(account->networks.packed());
  out.maybe_time(account->refused_at);
}

std::optional<AccountAccess> get_account(ByteReader& in) {
  if (in.number() == 0) return std::nullopt;
  AccountAccess account;
  account.id = in.id<ServiceAccountId>();
  account.name = in.text();
  account.networks = Networks::from_packed(in.text());
  account.refused_at = in.maybe_time();
  return account;
}

// Two numbers, since the slot is small: when, and all that is yes or no.
constexpr std::int64_t kProvenSince = 1 << 8, kWantsPasskey = 1 << 9, kTakesCodes = 1 << 10;

void put_authentication(ByteWriter& out, const Principal& p) {
  out.time(p.authentication.at);
  out.number(p.authentication.methods.bits() | (p.authentication.proven_since ? kProvenSince : 0) |
             (p.organization_wants_passkey ? kWantsPasskey : 0) |
             (p.organization_takes_codes ? kTakesCodes : 0));
}

void get_authentication(ByteReader& in, Principal& p) {
  p.authentication.at = in.time();
  const auto bits = in.number();
  p.authentication.methods = AuthMethods::from_bits(static_cast<std::uint8_t>(bits & 0xff));
  p.authentication.proven_since = (bits & kProvenSince) != 0;
  p.organization_wants_passkey = (bits & kWantsPasskey) != 0;
  p.organization_takes_codes = (bits & kTakesCodes) != 0;
}

}  // namespace

std::string encode_token(const CachedToken& token) {
  ByteWriter out;
  const auto& c = token.claims;
  out.id(c.user);
  out.id(c.session);
  out.id(c.org.value_or(OrgId{}));
  out.id(c.actor.value_or(UserId{}));
  out.time(c.issued_at);
  out.time(c.expires_at);
  const auto& p = token.principal;
  out.time(p.session_ends_at);
  out.text(p.user.email);
  out.text(p.user.profile);
  out.number(static_cast<int>(p.user.status));
  out.number(p.user.is_super ? 1 : 0);
  out.maybe_time(p.user.email_verified_at);
  out.number(p.user.mfa_enabled ? 1 : 0);
  out.time(p.user.created_at);
  out.time(p.user.updated_at);
  out.id(p.api_key.value_or(ApiKeyId{}));
  out.time(p.session_began_at);
  out.id(p.bound_org.value_or(OrgId{}));
  out.id(p.actor ? p.actor->id : UserId{});
  out.text(p.actor ? p.actor->email : "");
  put_client(out, token);
  put_authentication(out, p);
  put_account(out, p.account);
  out.number(p.organization ? 1 : 0);
  if (p.organization) {
    put(out, *p.organization);
    out.id(p.role.id);
    out.text(p.role.name);
    for (const auto word : p.role.permissions.words()) out.number(static_cast<std::int64_t>(word));
    out.maybe_time(p.role.expires_at);
    out.time(p.member_since);
    out.number(p.organization_requests.value_or(-1));
    out.number(p.organization_session_max ? p.organization_session_max->count() : -1);
  }
  return out.take();
}

std::optional<CachedToken> decode_token(std::string_view bytes) {
  ByteReader in{bytes};
  CachedToken token;
  auto& c = token.claims;
  c.user = in.id<UserId>();
  c.session = in.id<SessionId>();
  if (const auto org = in.id<OrgId>(); !org.is_nil()) c.org = org;
  if (const auto actor = in.id<UserId>(); !actor.is_nil()) c.actor = actor;
  c.issued_at = in.time();
  c.expires_at = in.time();
  auto& p = token.principal;
  p.session = c.session;
  p.token_expires_at = c.expires_at;
  p.user.id = c.user;
  p.session_ends_at = in.time();
  p.user.email = in.text();
  p.user.profile = in.text();
  p.user.status = static_cast<Status>(in.number());
  p.user.is_super = in.number() != 0;
  p.user.email_verified_at = in.maybe_time();
  p.user.mfa_enabled = in.number() != 0;
  p.user.created_at = in.time();
  p.user.updated_at = in.time();
  if (const auto key = in.id<ApiKeyId>(); !key.is_nil()) p.api_key = key;
  p.session_began_at = in.time();
  if (const auto org = in.id<OrgId>(); !org.is_nil()) p.bound_org = org;
  const auto actor = in.id<UserId>();
  auto actor_email = in.text();
  if (!actor.is_nil()) p.actor = Actor{actor, std::move(actor_email)};
  get_client(in, token);
  get_authentication(in, p);
  p.account = get_account(in);
  if (in.number() != 0) {
    p.organization = get_organization(in);
    p.role.id = in.id<RoleId>();
    p.role.name = in.text();
    p.role.permissions = get_permissions(in);
    p.role.expires_at = in.maybe_time();
    p.member_since = in.time();
    if (const auto most = in.number(); most >= 0) p.organization_requests = most;
    if (const auto most = in.number(); most >= 0) p.organization_session_max = Seconds{most};
  }
  if (!in.complete()) return std::nullopt;
  return token;
}

}  // namespace tenantd::api
