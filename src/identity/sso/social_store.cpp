#include "identity/sso/social_store.hpp"

namespace tenantd::store {
namespace {

constexpr db::Sql kInsertSocial{
    "social_state.insert",
    "INSERT INTO social_state (state, provider, browser, user_id, session_id, values_sealed, created_at, "
    "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr db::Sql kFindSocial{
    "social_state.find",
    "SELECT state, provider, browser, user_id, session_id, values_sealed, created_at, expires_at "
    "FROM social_state WHERE state = ? "
    "AND (session_id IS NULL OR EXISTS (SELECT 1 FROM live_session l WHERE l.id = session_id))"};
constexpr db::Sql kDeleteSocial{"social_state.delete", "DELETE FROM social_state WHERE state = ?"};

}  // namespace

void insert_social_state(db::Txn& txn, const SocialState& state) {
  txn.execute(kInsertSocial, state.state, state.provider, state.browser, state.user, state.session,
              state.values_sealed, state.created_at, state.expires_at);
}

std::optional<SocialState> find_social_state(db::Txn& txn, const std::string& state) {
  auto rows = txn.query(kFindSocial, state);
  if (!rows.next()) return std::nullopt;
  return SocialState{
      rows.text(0), rows.text(1), rows.text(2), rows.maybe_id<UserId>(3), rows.maybe_id<SessionId>(4),
      rows.text(5), rows.time(6), rows.time(7)};
}

std::optional<SocialState> take_social_state(db::Txn& txn, const std::string& state) {
  auto found = find_social_state(txn, state);
  // Of those that saw it, the one whose DELETE finds the row has it.
  if (!found || txn.execute(kDeleteSocial, state) != 1) return std::nullopt;
  return found;
}

}  // namespace tenantd::store
