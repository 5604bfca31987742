#include "identity/oauth/clients.hpp"

#include <algorithm>

#include "identity/keys/api_keys.hpp"
#include "identity/oauth/redirect_uri.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/crypto/jose.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kMostClients = 50;  // of an organization

using store::ClientAuth;
using store::OauthClient;

[[noreturn]] void refuse_member(const std::string& pointer, const std::string& why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

bool is_service_own(const Work& work) { return work.scope.org() == store::kServiceClients; }

Scopes scopes_of(const OauthClient& client) {
  std::string names = client.scopes;
  std::ranges::replace(names, ',', ' ');
  return parse_scopes(names).value_or(Scopes{});
}

void judge_keys(const OauthClient& client) {
  const bool by_key = client.auth == ClientAuth::private_key_jwt;
  if (by_key != client.jwks.has_value())
    refuse_member("/jwks", by_key ? "is required with private_key_jwt" : "goes with private_key_jwt alone");
  if (!by_key) return;
  const bool plain = std::ranges::all_of(*client.jwks, [](unsigned char c) { return c < 0x80; });
  const auto keys = plain ? crypto::ForeignKeys::parse(*client.jwks) : std::nullopt;
  if (!keys || keys->empty())
    refuse_member("/jwks", "must be a JWK Set of public RSA or P-256 keys, each with a kid");
}

// Of a client that acts for itself whoever has its secret has its rights.
bool outranks(const Work& work, const OauthClient& client) {
  const auto held = scopes_of(client).permissions;
  const bool by_itself = client.itself != store::Itself::refused;
  return !work.scope.permissions().covers(by_itself ? needed_to_set_up(held) : held);
}

// A machine's rights are those that an organization's own API key may have.
void judge_itself(const Work& work, const OauthClient& client) {
  if (client.itself == store::Itself::refused) return;
  if (!client.is_confidential() || is_service_own(work))
    refuse_member("/client_credentials", "is for confidential clients of an organization");
  if (!organization_key_permissions().covers(scopes_of(client).permissions))
    refuse_member("/scopes", "a client that acts for itself may hold only: " +
                                 format_permissions(organization_key_permissions()));
}

// What its host's name leads to is judged again each time that the address is called.
void judge_logout(const Work& work, const OauthClient& client) {
  if (!client.backchannel_logout_uri) return;
  const auto policy = net::outbound_policy(work.context.settings);
  if (const auto why = net::refuse_url(policy, *client.backchannel_logout_uri))
    throw ApiError(ErrorCode::url_refused, "The address must not be called: it " + *why)
        .field("/backchannel_logout_uri", *why);
}

// Tokens of this service's own API are for nobody else.
void judge_resource(const Work& work, const OauthClient& client) {
  if (!client.resource) return;
  const auto& settings = work.context.settings;
  if (*client.resource == settings.token_audience || client.resource->starts_with(settings.public_url))
    refuse_member("/resource", "is this service itself");
}

// A change of nothing takes no lock.
void claim(const Work& work, const OauthClient& client, const std::optional<std::string>& before) {
  if (client.resource != before && !store::claim_resource(work.txn, client.id, client.resource))
    refuse_member("/resource", "is another client's");
}

void judge(const Work& work, const OauthClient& client) {
  const bool signs_in = !client.redirect_uris.empty();
  if (!signs_in && client.itself == store::Itself::refused && !client.resource)
    refuse_member("/redirect_uris", "names no address: nobody could sign in");
  judge_keys(client);
  judge_logout(work, client);
  judge_resource(work, client);
  judge_itself(work, client);
  // Nobody opens to others what is not open to oneself.
  if (outranks(work, client)) throw ApiError(ErrorCode::role_outranks);
}

void tell(const Work& work, const Change& change) {
  is_service_own(work) ? record_for_system(work.txn, work.context, change)
                       : static_cast<void>(record(work, change));
}

// What has no organization has no role that could end, and no lock but its row's and the caller's.
void stand(const Work& work) {
  if (!is_service_own(work)) return static_cast<void>(stand_for_good(work));
  require_live_session(work.txn, work.context);
}

enum class Own { judged, goes };

OauthClient locked_client(const Work& work, ClientId id, Own own = Own::judged) {
  stand(work);
  auto client = store::oauth_client_table.lock(work.txn, work.scope, id.bytes());
  if (!client) throw ApiError(ErrorCode::not_found);
  // Whoever gets its secret, or says where its codes go, has what it may do. One's own goes even if one could
  // not make it any more.
  const bool may_go = own == Own::goes && client->created_by == work.scope.user();
  if (!may_go && outranks(work, *client)) throw ApiError(ErrorCode::role_outranks);
  return *std::move(client);
}

Secret new_client_secret() { return Secret{"tcs_" + crypto::new_token().reveal()}; }

}  // namespace

MadeClient make_client(const Work& work, OauthClient client) {
  judge(work, client);
  stand(work);
  client.id = crypto::new_id<ClientId>();
  client.created_by = work.scope.user();
  client.created_at = client.updated_at = work.context.now;
  MadeClient made;
  if (client.has_secret()) {
    made.secret = new_client_secret();
    client.secret = crypto::sha256(made.secret->reveal());
  }
  store::oauth_client_table.insert(work.txn, work.scope, client);
  claim(work, client, std::nullopt);
  if (!is_service_own(work))
    store::require_place(work.txn, work.scope, store::Budgeted::oauth_clients, kMostClients);
  auto after = store::oauth_client_table.audit_values(client);
  if (made.secret) after.set("secret", kMasked);
  tell(work, {"oauth_client.created", "oauth_client", client.id.bytes(), {}, std::move(after)});
  made.client = std::move(client);
  return made;
}

OauthClient change_client(const Work& work, ClientId id, const std::function<void(OauthClient&)>& edit) {
  auto client = locked_client(work, id);
  require_expected(work.context, client.revision);
  auto before = store::oauth_client_table.audit_values(client);
  const auto auth = client.auth;
  const auto resource = client.resource;
  edit(client);
  if (client.auth != auth)
    refuse_member("/token_endpoint_auth_method", "stays as it was registered: register another client");
  judge(work, client);
  client.updated_at = work.context.now;
  store::oauth_client_table.update(work.txn, work.scope, client);
  work.txn.touch(id);
  claim(work, client, resource);
  ++client.revision;
  tell(work, {"oauth_client.updated", "oauth_client", id.bytes(), std::move(before),
              store::oauth_client_table.audit_values(client)});
  return client;
}

void remove_client(const Work& work, ClientId id) {
  const auto client = locked_client(work, id, Own::goes);
  require_expected(work.context, client.revision);
  store::oauth_client_table.erase(work.txn, work.scope, id.bytes());
  work.txn.touch(id);
  tell(work,
       {"oauth_client.deleted", "oauth_client", id.bytes(), store::oauth_client_table.audit_values(client)});
}

MadeClient rotate_client_secret(const Work& work, ClientId id) {
  auto client = locked_client(work, id);
  if (!client.has_secret()) throw ApiError(ErrorCode::conflict, "This client has no secret");
  MadeClient made;
  made.secret = new_client_secret();
  store::replace_client_secret(work.txn, work.scope, id, crypto::sha256(made.secret->reveal()),
                               work.context.now + kPreviousClientSecret, work.context.now);
  work.txn.touch(id);
  ++client.revision;
  client.updated_at = work.context.now;
  json::Object after;
  after.set("secret", kMasked);
  tell(work, {"oauth_client.secret_rotated", "oauth_client", id.bytes(), {}, std::move(after)});
  made.client = std::move(client);
  return made;
}

}  // namespace tenantd::service
