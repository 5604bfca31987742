// OAuth clients: those of an organization, and the service's own, which stand under the organization of
// zeros. Stores only a secret's hash.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

// How a client authenticates (RFC 7591 section 2); `none`: a public client, which keeps no secret.
enum class ClientAuth : std::int8_t { none, client_secret_basic, client_secret_post, private_key_jwt };
inline constexpr std::array<std::string_view, 4> kClientAuthNames{"none", "client_secret_basic",
                                                                  "client_secret_post", "private_key_jwt"};
enum class IdTokenAlg : std::int8_t { rs256, eddsa };
inline constexpr std::array<std::string_view, 2> kIdTokenAlgNames{"RS256", "EdDSA"};

// Whether a client may act for itself (RFC 6749 section 4.4).
enum class Itself : std::int8_t { refused, allowed };
inline constexpr std::array<std::string_view, 2> kItselfNames{"refused", "allowed"};

// A client that registered itself is nobody's: people are always asked.
enum class ClientOrigin : std::int8_t { person, itself };
inline constexpr std::array<std::string_view, 2> kClientOriginNames{"person", "itself"};

struct OauthClient {
  ClientId id;
  std::string name;
  std::string redirect_uris;              // comma-separated
  std::string post_logout_redirect_uris;  // the same
  ClientAuth auth = ClientAuth::client_secret_basic;
  IdTokenAlg alg = IdTokenAlg::rs256;
  std::optional<std::string> jwks;
  std::string scopes;  // comma-separated
  Itself itself = Itself::refused;
  std::optional<std::string> backchannel_logout_uri;
  std::optional<std::string> resource;  // the API that it is
  ClientOrigin origin = ClientOrigin::person;
  std::optional<std::string> secret;  // SHA-256; written alone
  std::int64_t revision = 1;
  std::optional<UserId> created_by;
  TimePoint created_at, updated_at;

  bool is_confidential() const { return auth != ClientAuth::none; }
  bool has_secret() const {
    return auth == ClientAuth::client_secret_basic || auth == ClientAuth::client_secret_post;
  }
};

// The field list.
extern const record::Resource oauth_client_list;
extern const record::Table<OauthClient> oauth_client_table;

// The organization of the service's own clients: zeros.
inline constexpr OrgId kServiceClients{};

// Ends the clients that these have registered, and if `founder` has founded the organization, those of the
// gone too. Returns how many.
std::int64_t delete_clients_of(db::Txn& txn, const TenantScope& scope, const std::vector<UserId>& makers,
                               UserId founder);
// The secret so far is good until `previous_until`.
void replace_client_secret(db::Txn& txn, const TenantScope& scope, ClientId id, const std::string& secret,
                           TimePoint previous_until, TimePoint now);

// A client as those see it whom it calls, or who were sent by it.
struct FoundClient {
  OauthClient client;
  OrgId org;
  std::string org_name;  // empty: the service's own
  std::optional<std::string> previous_secret;
  std::optional<TimePoint> previous_until;

  // The service's own: people are not asked, and it may ask about all access tokens.
  bool is_own() const { return is_for_all() && client.origin == ClientOrigin::person; }
  // For everybody: of no organization.
  bool is_for_all() const { return org == kServiceClients; }
  // What it may ask for.
  Scopes scopes() const;
  // What a request's scope parameter asks for. Without names (RFC 6749 section 3.3) all of scopes() but for
  // offline_access, which is asked for by its name. nullopt if one of them is none, or none of the client's,
  // or nothing is left.
  std::optional<Scopes> scopes_in(std::string_view asked) const;
  bool has_redirect_uri(std::string_view uri) const;
  bool has_post_logout_uri(std::string_view uri) const;
};
// A client that registered itself: under the organization of zeros, in whose scope nobody is.
void insert_registered_client(db::Txn& txn, const OauthClient& client);

// The API at `resource` is the client's from now on; nullopt: none is. False if it is another client's.
bool claim_resource(db::Txn& txn, ClientId id, const std::optional<std::string>& resource);
struct ResourceOwner {
  OrgId org;
  ClientId client;
};
std::optional<ResourceOwner> find_resource(db::Txn& txn, const std::string& resource);

// nullopt: there is none, or its organization is not active.
std::optional<FoundClient> find_client(db::Txn& txn, ClientId id);

}  // namespace tenantd::store
