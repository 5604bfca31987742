#include "identity/oauth/clients_store.hpp"

#include <algorithm>

#include "identity/oauth/redirect_uri.hpp"
#include "tenantd/base/text.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;
using namespace record;

std::string_view fault_of_scope(std::string_view name, std::size_t) {
  return is_scope(name) ? "" : "is no scope: openid, profile, email, offline_access, org, or a permission";
}

constexpr const char* kClientExamples =
    R"([{"name":"Reports","redirect_uris":["https://reports.example.com/callback"],)"
    R"("post_logout_redirect_uris":["https://reports.example.com/"],)"
    R"("token_endpoint_auth_method":"client_secret_basic","id_token_signed_response_alg":"RS256",)"
    R"("scopes":["openid","profile","email","org","projects:read"],"client_credentials":"refused",)"
    R"("backchannel_logout_uri":"https://reports.example.com/logged-out"},)"
    R"({"name":"Command line","redirect_uris":["http://127.0.0.1/callback"],)"
    R"("token_endpoint_auth_method":"none","scopes":["openid","offline_access","projects:read"]}])";

constexpr auto kOauthClient = record::record<OauthClient>(
    "oauth_client",
    name<&OauthClient::name>("name").length(1, 100).says("What people are shown who are asked to let it in"),
    names<&OauthClient::redirect_uris>("redirect_uris")
        .range(0, 10)
        .each_length(1, 500)
        .judged_by(service::fault_of_redirect_uri)
        .unaudited()
        .says("Where a browser is sent back to, compared letter for letter: https, or http on 127.0.0.1, "
              "[::1] or localhost. On 127.0.0.1 and [::1] without a port any port is the same"),
    text<&OauthClient::redirect_uris>("redirect_uris").audited_alone(),
    names<&OauthClient::post_logout_redirect_uris>("post_logout_redirect_uris")
        .range(0, 10)
        .each_length(1, 500)
        .judged_by(service::fault_of_redirect_uri)
        .unless_given("")
        .unaudited()
        .says("Where a browser may be sent after a sign-out, compared letter for letter"),
    text<&OauthClient::post_logout_redirect_uris>("post_logout_redirect_uris").audited_alone(),
    choice<&OauthClient::auth>("token_endpoint_auth_method", kClientAuthNames)
        .unless_given("client_secret_basic")
        .says("How it authenticates; none: a public client, which keeps no secret"),
    choice<&OauthClient::alg>("id_token_signed_response_alg", kIdTokenAlgNames)
        .unless_given("RS256")
        .says("By which its ID tokens are signed"),
    text<&OauthClient::jwks>("jwks").length(1, 8000).says(
        "With private_key_jwt: its public keys, a JWK Set as text (RSA or P-256, each with a kid)"),
    names<&OauthClient::scopes>("scopes")
        .range(1, 80)
        .each_length(1, 64)
        .judged_by(fault_of_scope)
        .unaudited()
        .says("That it may ask for: openid, profile, email, offline_access, org, and permissions"),
    text<&OauthClient::scopes>("scopes").audited_alone(),
    choice<&OauthClient::itself>("client_credentials", kItselfNames)
        .unless_given("refused")
        .says("allowed: it may act for itself, as an API key of the organization does. For confidential "
              "clients of an organization, with permissions on business data and reading alone"),
    text<&OauthClient::backchannel_logout_uri>("backchannel_logout_uri")
        .length(1, 500)
        .judged_by(service::fault_of_redirect_uri)
        .says("Where it is told, by a logout token, of sessions that have ended (OpenID Connect Back-Channel "
              "Logout): an address that this service may call"),
    text<&OauthClient::resource>("resource")
        .length(1, 500)
        .judged_by(service::fault_of_redirect_uri)
        .says(
            "The address of the API that it is, if it is one: other clients of the organization may ask for "
            "tokens for it (RFC 8707), and it may ask what they are worth. An address has one client"),
    choice<&OauthClient::origin>("origin", kClientOriginNames)
        .kept()
        .says("itself: it registered itself, and people are always asked whether to let it in"),
    reference<&OauthClient::created_by>("created_by").kept().says("Who registered it"),
    digest<&OauthClient::secret>("secret").written_once(), Examples{kClientExamples},
    ShownOnce{
        "client_secret", "^(?:tcs_[A-Za-z0-9_-]{43})?$",
        "Authenticates the client; empty for one that has none. Shown this once: only its hash is kept"});

constexpr Sql kReplaceClientSecret{
    "oauth_client.replace_secret",
    "UPDATE oauth_client SET previous_secret = secret, previous_until = ?, secret = ?, "
    "revision = revision + 1, updated_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kOfMakers{
    "oauth_client.of_makers",
    "SELECT id FROM oauth_client WHERE org_id = ? AND (created_by " TENANTD_IN_IDS
    " OR (created_by NOT IN (SELECT m.user_id FROM member m WHERE m.org_id = ?) "
    "AND EXISTS (SELECT 1 FROM member f JOIN organization o ON o.id = f.org_id "
    "WHERE f.org_id = ? AND f.user_id = ? AND f.granted_by IS NULL AND f.created_at = o.created_at)))"};
constexpr Sql kInsertRegistered{"oauth_client.insert_registered",
                                "CALL insert_registered_client(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kClaimResource{"oauth_resource.claim", "CALL claim_oauth_resource(?, ?)"};
constexpr Sql kFindResource{"oauth_resource.find", "CALL find_oauth_resource(?)"};
constexpr Sql kFindClient{"oauth_client.find_any", "CALL find_oauth_client(?)"};

bool any_of(const std::string& listed, std::string_view uri) {
  const auto all = split(listed, ',');
  return std::ranges::any_of(
      all, [&](std::string_view one) { return !one.empty() && service::is_same_redirect_uri(one, uri); });
}

FoundClient read_found(const db::Rows& rows) {
  const auto at = [&](const char* column) { return rows.column(column); };
  FoundClient found;
  auto& client = found.client;
  found.org = rows.id<OrgId>(at("org_id"));
  client.id = rows.id<ClientId>(at("id"));
  client.name = rows.text(at("name"));
  client.redirect_uris = rows.text(at("redirect_uris"));
  client.post_logout_redirect_uris = rows.text(at("post_logout_redirect_uris"));
  client.auth = static_cast<ClientAuth>(rows.integer(at("token_endpoint_auth_method")));
  client.alg = static_cast<IdTokenAlg>(rows.integer(at("id_token_signed_response_alg")));
  client.jwks = rows.maybe_text(at("jwks"));
  client.scopes = rows.text(at("scopes"));
  client.itself = static_cast<Itself>(rows.integer(at("client_credentials")));
  client.secret = rows.maybe_text(at("secret"));
  client.backchannel_logout_uri = rows.maybe_text(at("backchannel_logout_uri"));
  client.resource = rows.maybe_text(at("resource"));
  client.origin = static_cast<ClientOrigin>(rows.integer(at("origin")));
  client.created_by = rows.maybe_id<UserId>(at("created_by"));
  client.created_at = rows.time(at("created_at"));
  found.previous_secret = rows.maybe_text(at("previous_secret"));
  if (const auto until = rows.maybe_integer(at("previous_until"))) found.previous_until = from_unix(*until);
  found.org_name = rows.maybe_text(at("org_name")).value_or("");
  return found;
}

}  // namespace

constexpr Resource oauth_client_list =
    resource(kOauthClient, {.path = "/api/v1/oauth/clients", .query = "page_query"});
const Table<OauthClient> oauth_client_table{kOauthClient};

void replace_client_secret(db::Txn& txn, const TenantScope& scope, ClientId id, const std::string& secret,
                           TimePoint previous_until, TimePoint now) {
  txn.execute(kReplaceClientSecret, previous_until, secret, now, scope.org(), id);
}

std::int64_t delete_clients_of(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& makers,
                               UserId founder) {
  std::vector<ClientId> clients;
  for (auto rows = txn.query(kOfMakers, scope.org(), id_list(makers), scope.org(), scope.org(), founder);
       rows.next();)
    clients.push_back(rows.id<ClientId>(0));
  for (const auto& client : clients) {
    oauth_client_table.erase(txn, scope, client.bytes());
    txn.touch(client);
  }
  return static_cast<std::int64_t>(clients.size());
}

Scopes FoundClient::scopes() const {
  std::string names = client.scopes;
  std::ranges::replace(names, ',', ' ');
  return parse_scopes(names).value_or(Scopes{});
}

std::optional<Scopes> FoundClient::scopes_in(std::string_view asked) const {
  const auto own = scopes();
  auto wanted = parse_scopes(asked);
  if (asked.empty()) {
    wanted = own;
    wanted->identity &= static_cast<std::uint8_t>(~static_cast<unsigned>(IdentityScope::offline_access));
  }
  return wanted && !wanted->empty() && own.covers(*wanted) ? wanted : std::nullopt;
}

bool FoundClient::has_redirect_uri(std::string_view uri) const { return any_of(client.redirect_uris, uri); }

bool FoundClient::has_post_logout_uri(std::string_view uri) const {
  const auto all = split(client.post_logout_redirect_uris, ',');
  return !uri.empty() && std::ranges::find(all, uri) != all.end();
}

void insert_registered_client(db::Txn& txn, const OauthClient& client) {
  txn.call_locked(
      kInsertRegistered, [](db::Rows& rows) { return rows.next(); }, client.id, client.name,
      client.redirect_uris, client.post_logout_redirect_uris, static_cast<std::int64_t>(client.auth),
      static_cast<std::int64_t>(client.alg), client.jwks, client.scopes, client.backchannel_logout_uri,
      client.secret, client.created_at);
}

bool claim_resource(db::Txn& txn, ClientId id, const std::optional<std::string>& resource) {
  return txn.call_locked(
      kClaimResource, [](db::Rows& rows) { return rows.next() && rows.flag(0); }, id, resource);
}

std::optional<ResourceOwner> find_resource(db::Txn& txn, const std::string& resource) {
  const auto read = [](db::Rows& rows) {
    return rows.next() ? std::optional{ResourceOwner{rows.id<OrgId>(0), rows.id<ClientId>(1)}} : std::nullopt;
  };
  return txn.call_unscoped(kFindResource, read, resource);
}

std::optional<FoundClient> find_client(db::Txn& txn, ClientId id) {
  const auto read = [](db::Rows& rows) {
    return rows.next() ? std::optional{read_found(rows)} : std::nullopt;
  };
  return txn.call_unscoped(kFindClient, read, id);
}

}  // namespace tenantd::store

namespace tenantd::modules {

const api::Described& oauth_client_resource() {
  static const api::Described made = record::describe_schemas(store::oauth_client_list.record);
  return made;
}

}  // namespace tenantd::modules
