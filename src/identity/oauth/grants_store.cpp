#include "identity/oauth/grants_store.hpp"

#include <algorithm>

#include "tenantd/db/error.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kConsents{"oauth_consent.list", "CALL list_oauth_consents(?, ?)"};
constexpr Sql kCountConsents{"oauth_consent.count", "SELECT COUNT(*) FROM oauth_consent WHERE user_id = ?"};
constexpr Sql kInsertConsent{"oauth_consent.insert",
                             "INSERT INTO oauth_consent (user_id, client_id, client_org, scopes, created_at, "
                             "updated_at, bound_org_id) "
                             "VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kWidenConsent{"oauth_consent.widen",
                            "UPDATE oauth_consent SET scopes = ?, updated_at = ? WHERE user_id = ? AND "
                            "client_id = ? AND bound_org_id = "
                            "?"};
constexpr Sql kDeleteConsents{"oauth_consent.delete_all", "DELETE FROM oauth_consent WHERE user_id = ?"};
constexpr Sql kDeleteConsent{"oauth_consent.delete",
                             "DELETE FROM oauth_consent WHERE user_id = ? AND client_id = ?"};
constexpr Sql kEndClientSessions{"client_session.end", "CALL end_client_sessions(?, ?)"};
constexpr Sql kInsertCode{
    "oauth_code.insert",
    "INSERT INTO oauth_code (code, client_org, client_id, user_id, session_id, org_id, redirect_uri, scopes, "
    "nonce, challenge, signed_in_at, methods, created_at, expires_at, resource) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kCountCodes{"oauth_code.count",
                          "SELECT COUNT(*) FROM oauth_code WHERE user_id = ? AND created_at >= ?"};
constexpr Sql kLockCode{
    "oauth_code.lock",
    "SELECT client_org, client_id, user_id, session_id, org_id, redirect_uri, scopes, nonce, challenge, "
    "signed_in_at, methods, created_at, expires_at, gave, resource FROM oauth_code WHERE code = ? FOR "
    "UPDATE"};
constexpr Sql kUseCode{"oauth_code.use", "UPDATE oauth_code SET gave = ? WHERE code = ? AND gave IS NULL"};
constexpr Sql kOpenClientSession{"client_session.open",
                                 "CALL open_client_session(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kBindSession{"client_session.bind", "CALL bind_client_session(?, ?)"};
constexpr Sql kClientResource{"client_session.resource", "CALL find_client_resource(?)"};
constexpr Sql kTakeAssertion{"oauth_assertion.take",
                             "INSERT INTO oauth_assertion (id, expires_at) VALUES (?, ?)"};

std::vector<Consent> consents_of(db::Txn& txn, UserId user, std::optional<ClientId> client) {
  const auto read = [](db::Rows& rows) {
    std::vector<Consent> found;
    while (rows.next())
      found.push_back({rows.id<ClientId>(0), rows.text(1), rows.maybe_text(2),
                       parse_scopes(rows.text(3)).value_or(Scopes{}), rows.time(4), rows.time(5),
                       rows.maybe_id<OrgId>(6)});
    return found;
  };
  return txn.call_unscoped(kConsents, read, user, client);
}

}  // namespace

std::vector<Consent> list_consents(db::Txn& txn, UserId user) {
  std::vector<Consent> listed;
  for (auto& each : consents_of(txn, user, std::nullopt)) {
    const auto same = std::find_if(listed.begin(), listed.end(),
                                   [&](const Consent& other) { return other.client == each.client; });
    if (same == listed.end()) {
      listed.push_back(std::move(each));
      continue;
    }
    same->scopes = same->scopes | each.scopes;
    same->created_at = std::min(same->created_at, each.created_at);
    same->updated_at = std::max(same->updated_at, each.updated_at);
  }
  return listed;
}

std::vector<Consent> consents_to(db::Txn& txn, UserId user, ClientId client) {
  return consents_of(txn, user, client);
}

std::int64_t count_consents(db::Txn& txn, UserId user) {
  auto rows = txn.query(kCountConsents, user);
  rows.next();
  return rows.integer(0);
}

void save_consent(db::Txn& txn, UserId user, const FoundClient& client, const std::optional<OrgId>& bound_org,
                  const Scopes& scopes, TimePoint now) {
  const auto counts = bound_org.value_or(OrgId{});
  if (txn.execute(kWidenConsent, format_scopes(scopes), now, user, client.client.id, counts) == 0)
    txn.execute(kInsertConsent, user, client.client.id, client.org, format_scopes(scopes), now, now, counts);
}

void delete_consents(db::Txn& txn, UserId user) { txn.execute(kDeleteConsents, user); }

bool delete_consents_to(db::Txn& txn, UserId user, ClientId client) {
  return txn.execute(kDeleteConsent, user, client) > 0;
}

void end_client_sessions(db::Txn& txn, UserId user, ClientId client) {
  txn.call_locked(
      kEndClientSessions, [](db::Rows& rows) { return rows.next(); }, user, client);
  txn.touch(user);
}

void insert_code(db::Txn& txn, const AuthorizationCode& code) {
  txn.execute(kInsertCode, code.hash, code.client_org, code.client, code.user, code.session, code.org,
              code.redirect_uri, format_scopes(code.scopes), code.nonce, code.challenge, code.signed_in_at,
              code.methods, code.created_at, code.expires_at, code.resource);
}

std::int64_t count_codes(db::Txn& txn, UserId user, TimePoint from) {
  auto rows = txn.query(kCountCodes, user, from);
  rows.next();
  return rows.integer(0);
}

std::optional<AuthorizationCode> lock_code(db::Txn& txn, const std::string& hash) {
  auto rows = txn.lock(kLockCode, hash);
  if (!rows.next()) return std::nullopt;
  return AuthorizationCode{hash,
                           rows.id<OrgId>(0),
                           rows.id<ClientId>(1),
                           rows.id<UserId>(2),
                           rows.id<SessionId>(3),
                           rows.maybe_id<OrgId>(4),
                           rows.text(5),
                           parse_scopes(rows.text(6)).value_or(Scopes{}),
                           rows.maybe_text(7),
                           rows.text(8),
                           rows.time(9),
                           rows.text(10),
                           rows.time(11),
                           rows.time(12),
                           rows.maybe_id<SessionId>(13),
                           rows.maybe_text(14)};
}

bool use_code(db::Txn& txn, const std::string& hash, SessionId gave) {
  return txn.execute(kUseCode, gave, hash) == 1;
}

bool open_client_session(db::Txn& txn, const NewClientSession& session, const AuthorizationCode& code,
                         std::int64_t most, TimePoint now) {
  const auto read = [](db::Rows& rows) { return rows.next() && !rows.is_null(0); };
  const bool opened = txn.call_locked(
      kOpenClientSession, read, session.id, code.user, session.org, session.opener, session.parent,
      code.client_org, code.client, format_scopes(code.scopes), code.signed_in_at, code.methods, now,
      session.expires_at, session.ends_at, session.address, session.agent, most);
  if (opened && code.resource)
    txn.call_locked(
        kBindSession, [](db::Rows& rows) { return rows.next(); }, session.id, code.resource);
  return opened;
}

std::optional<std::string> find_client_resource(db::Txn& txn, SessionId session) {
  const auto row = [](db::Rows& rows) { return rows.next() ? rows.maybe_text(0) : std::nullopt; };
  return txn.call_unscoped(kClientResource, row, session);
}

bool take_assertion(db::Txn& txn, const std::string& hash, TimePoint expires_at) {
  try {
    txn.execute(kTakeAssertion, hash, expires_at);
    return true;
  } catch (const db::DuplicateKey&) {
    return false;
  }
}

}  // namespace tenantd::store
