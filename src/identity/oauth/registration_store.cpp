#include "identity/oauth/registration_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_REGISTRATION_TOKEN \
  "SELECT id, name, uses_left, created_by, created_at, expires_at FROM oauth_registration_token "
constexpr Sql kListTokens{
    "registration_token.list", TENANTD_REGISTRATION_TOKEN
    "WHERE expires_at > ? AND uses_left > 0 ORDER BY created_at DESC, id DESC LIMIT 200"};
constexpr Sql kFindToken{"registration_token.find", TENANTD_REGISTRATION_TOKEN "WHERE id = ?"};
#undef TENANTD_REGISTRATION_TOKEN
constexpr Sql kInsertToken{"registration_token.insert",
                           "INSERT INTO oauth_registration_token (id, token, name, uses_left, created_by, "
                           "created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)"};
constexpr Sql kForgetTokens{"registration_token.forget",
                            "DELETE FROM oauth_registration_token WHERE expires_at <= ? OR uses_left = 0"};
constexpr Sql kDeleteToken{"registration_token.delete", "DELETE FROM oauth_registration_token WHERE id = ?"};
constexpr Sql kUseToken{"registration_token.use", "CALL use_registration_token(?, ?)"};

RegistrationToken read_registration_token(const db::Rows& rows) {
  return {rows.id<RegistrationTokenId>(0), rows.text(1), rows.integer(2),
          rows.maybe_id<UserId>(3),        rows.time(4), rows.time(5)};
}

}  // namespace

std::vector<RegistrationToken> list_registration_tokens(db::Txn& txn, TimePoint now) {
  auto rows = txn.query(kListTokens, now);
  std::vector<RegistrationToken> found;
  while (rows.next()) found.push_back(read_registration_token(rows));
  return found;
}

void insert_registration_token(db::Txn& txn, const RegistrationToken& token, const std::string& hash) {
  txn.execute(kForgetTokens, token.created_at);
  txn.execute(kInsertToken, token.id, hash, token.name, token.uses_left, token.created_by, token.created_at,
              token.expires_at);
}

std::optional<RegistrationToken> find_registration_token(db::Txn& txn, RegistrationTokenId id) {
  auto rows = txn.query(kFindToken, id);
  return rows.next() ? std::optional{read_registration_token(rows)} : std::nullopt;
}

void delete_registration_token(db::Txn& txn, RegistrationTokenId id) { txn.execute(kDeleteToken, id); }

bool use_registration_token(db::Txn& txn, const std::string& hash, TimePoint now) {
  return txn.call_locked(
      kUseToken, [](db::Rows& rows) { return rows.next() && rows.flag(0); }, hash, now);
}

}  // namespace tenantd::store
