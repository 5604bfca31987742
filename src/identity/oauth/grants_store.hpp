// What accounts have let OAuth clients have: consents, authorization codes, and the sessions that clients
// hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/oauth/clients_store.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct Consent {
  ClientId client;
  std::string client_name;
  std::optional<std::string> org_name;  // nullopt: the service's own client
  Scopes scopes;
  TimePoint created_at, updated_at;
  std::optional<OrgId> bound_org;  // where alone it counts: given in a session that is good for it alone
};
// Of clients that still exist, the newest first, of 200 at most: of each all that it was let have, wherever
// it counts.
std::vector<Consent> list_consents(db::Txn& txn, UserId user);
// One for each place where it counts.
std::vector<Consent> consents_to(db::Txn& txn, UserId user, ClientId client);
std::int64_t count_consents(db::Txn& txn, UserId user);
void save_consent(db::Txn& txn, UserId user, const FoundClient& client, const std::optional<OrgId>& bound_org,
                  const Scopes& scopes, TimePoint now);
// All to the client. False if there was none.
bool delete_consents_to(db::Txn& txn, UserId user, ClientId client);
void delete_consents(db::Txn& txn, UserId user);
// Ends what the client holds of the user.
void end_client_sessions(db::Txn& txn, UserId user, ClientId client);

struct AuthorizationCode {
  std::string hash;  // SHA-256
  OrgId client_org;
  ClientId client;
  UserId user;
  SessionId session;         // of the browser
  std::optional<OrgId> org;  // that its tokens are good for
  std::string redirect_uri;
  Scopes scopes;
  std::optional<std::string> nonce;
  std::string challenge;
  TimePoint signed_in_at;
  std::string methods;
  TimePoint created_at, expires_at;
  std::optional<SessionId> gave;        // what it was exchanged for
  std::optional<std::string> resource;  // the API that its tokens are for
};
void insert_code(db::Txn& txn, const AuthorizationCode& code);
// Codes that the account was given since `from`.
std::int64_t count_codes(db::Txn& txn, UserId user, TimePoint from);
// Locked until the commit: of those that show it at once the second sees what the first has made of it.
std::optional<AuthorizationCode> lock_code(db::Txn& txn, const std::string& hash);
// False if it was used.
bool use_code(db::Txn& txn, const std::string& hash, SessionId gave);

struct NewClientSession {
  SessionId id;
  SessionId opener;                 // the browser's
  std::optional<SessionId> parent;  // it ends with that one
  std::optional<OrgId> org;         // that it is good for
  TimePoint expires_at, ends_at;
  std::string address, agent;
};
// Begins a session for what `code` stands for; of this client the account has `most` at once. False if the
// account is gone.
bool open_client_session(db::Txn& txn, const NewClientSession& session, const AuthorizationCode& code,
                         std::int64_t most, TimePoint now);

// The API that a client's session is for; nullopt: this service's own.
std::optional<std::string> find_client_resource(db::Txn& txn, SessionId session);

// Notes that an assertion was shown. False if it was before.
bool take_assertion(db::Txn& txn, const std::string& hash, TimePoint expires_at);

}  // namespace tenantd::store
