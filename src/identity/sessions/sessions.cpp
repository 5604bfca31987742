#include "tenantd/identity/sessions.hpp"

#include <algorithm>
#include <iterator>

#include "identity/accounts/alerts.hpp"
#include "identity/domains/enforcement.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/age.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/network.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/bound.hpp"
#include "tenantd/identity/live_sessions.hpp"

namespace tenantd::service {
namespace {

// When a session ends unless it is refreshed: as the service's settings say, or sooner if its active
// organization does.
TimePoint idle_end(const Context& context, const store::SessionBounds& bounds, TimePoint began_at,
                   TimePoint ends_at) {
  const Seconds idle{context.settings.session_idle_seconds};
  const auto end = std::min(context.now + std::min(idle, bounds.idle.value_or(idle)), ends_at);
  return bounds.most ? std::min(end, began_at + *bounds.most) : end;
}

bool is_too_old(const Context& context, const store::SessionBounds& bounds, TimePoint began_at) {
  return bounds.most && began_at + *bounds.most <= context.now;
}

// What stands for a program on a network in the database: 16 bytes, told from nobody else's. Numbers in the
// program's name do not count, nor does the end of an IPv4 address: a browser that has renewed itself and a
// line that has another address today are the same ones. `bound_org`: what its provider vouches from is known
// to its own sign-ins alone.
std::string device_of(const Context& context, UserId user, const std::optional<OrgId>& bound_org) {
  constexpr std::size_t kShort = 4, kPrefix = 3;  // IPv4: its /24
  auto network = network_of(context.address);
  if (network.size() == kShort) network.resize(kPrefix);
  std::string program;
  std::copy_if(context.agent.begin(), context.agent.end(), std::back_inserter(program),
               [](char c) { return (c < '0' || c > '9') && c != '.'; });
  const auto whose = std::string{user.raw()} + (bound_org ? "bound:" + std::string{bound_org->raw()} : "");
  const auto spelled = "device:" + whose + network + '\0' + program;
  return crypto::hmac_sha256(context.keys.seal_key().reveal(), spelled).substr(0, 16);
}

store::SessionBounds bounds_of(const std::optional<store::Membership>& membership) {
  return membership ? membership->bounds : store::SessionBounds{};
}

TokenPair make_pair(const Context& context, UserId user, SessionId session, std::int64_t counter,
                    const std::optional<store::Membership>& membership, TimePoint session_expires_at) {
  const auto lifetime =
      std::min(Seconds{context.settings.access_token_seconds}, session_expires_at - context.now);
  crypto::AccessClaims claims;
  claims.user = user;
  claims.session = session;
  if (membership) claims.org = membership->organization.id;
  claims.issued_at = context.now;
  claims.expires_at = context.now + lifetime;
  TokenPair pair;
  pair.access_token = crypto::sign_access_token(
      context.keys, {context.settings.public_url, context.settings.token_audience}, claims);
  pair.expires_in = lifetime.count();
  pair.refresh_token =
      crypto::make_refresh_token(context.keys, {session, static_cast<std::uint64_t>(counter)});
  pair.refresh_expires_in = (session_expires_at - context.now).count();
  return pair;
}

bool counts(const std::optional<store::Membership>& membership) {
  return membership && membership->status == Status::active &&
         membership->organization.status == Status::active;
}

// The membership that a session's next token names: the one it had if it still counts, else the first that
// does; of a session that is good for one organization, that one or none.
std::optional<store::Membership> next_membership(db::Txn& txn, store::Renewal& renewal) {
  const auto& session = renewal.session;
  if (counts(renewal.membership)) return std::move(renewal.membership);
  if (session.bound_org) throw ApiError(ErrorCode::invalid_token, "The session has ended");
  // A client acts where the person let it in, or nowhere.
  if (renewal.client) return std::nullopt;
  auto next = store::first_membership(txn, session.user, session.id);
  if (!next && renewal.sso_required) require_provider(*renewal.sso_required);
  return next;
}

// How long a client that lost the reply to its newest refresh may ask again, if nobody has used what the
// reply held: neither its refresh token nor its access token. Within the setting refresh_grace_seconds it may
// in any case, since a client's parallel requests do.
//
// What an attacker gains who holds a refresh token that its owner has exchanged: the session, for as long as
// the owner leaves the reply unused, and no longer than this after the exchange. Where the owner got the
// reply and used it, which is what clients do, the old token ends the session as before. Where the thief
// comes first, both hold one pair; the first of them to refresh makes the other's token an old one, and once
// the newer pair is used that one ends the session. So a theft still shows, and a lost reply logs nobody out.
constexpr Seconds kRefreshRetry{3600};

// A token other than the newest one: the client's own repetition, or a thief's.
bool is_honest_repetition(db::Txn& txn, const Context& context, const store::SessionRow& row,
                          std::int64_t counter) {
  const Seconds grace{context.settings.refresh_grace_seconds};
  if (counter + 1 != row.counter || grace == Seconds{0}) return false;
  if (is_younger(row.rotated_at, context.now, grace)) return true;
  return is_younger(row.rotated_at, context.now, kRefreshRetry) && !store::is_pair_used(txn, row.id);
}

}  // namespace

TokenReply start_session(db::Txn& txn, const Context& context, const UserRecord& user,
                         std::optional<store::Membership> membership, bool bound) {
  store::NewSession session;
  session.id = crypto::new_id<SessionId>();
  session.user = user.id;
  if (membership) session.org = membership->organization.id;
  if (bound) session.bound_org = membership.value().organization.id;
  session.ends_at = context.now + Seconds{context.settings.session_max_seconds};
  session.expires_at = idle_end(context, bounds_of(membership), context.now, session.ends_at);
  session.address = context.address;
  session.agent = context.agent;
  if (!bound && membership && membership->sso_required) require_provider(membership->organization.slug);
  const AlertRules alerts{context.settings};
  const auto opened = store::open_session(
      txn, session, {network_of(context.address), device_of(context, user.id, session.bound_org)},
      context.settings.sessions_per_account, alerts.least < LoginAlert::always, context.now);
  // Who was let in was judged by what had been read before a hash, a mail or a provider took its time.
  if (!opened.is_active || (opened.has_second_factor && !user.mfa_enabled))
    throw db::RetryableError{"the account has become another one meanwhile"};
  if (opened.displaced > 0) record_account_event(txn, context, user.id, "session.displaced", session.id);
  if (!bound && opened.bypasses) tell_of_bypass(txn, context, user, session.id);
  TokenReply reply;
  reply.tokens = make_pair(context, user.id, session.id, 0, membership, session.expires_at);
  reply.user = user;
  reply.session = session.id;
  reply.membership = std::move(membership);
  reply.alert = alerts.in_force(opened.wanted, opened.chosen) >=
                (opened.new_device ? LoginAlert::new_device : LoginAlert::always);
  return reply;
}

Rotation rotate(db::Txn& txn, const Context& context, const std::string& token,
                const std::optional<ClientId>& client) {
  const auto claims = crypto::open_refresh_token(context.keys, token);
  if (!claims) throw ApiError(ErrorCode::invalid_token, "The refresh token is not valid");
  auto renewal = store::find_renewal(txn, claims->session);
  if (!renewal || renewal->session.expires_at <= context.now || renewal->session.ends_at <= context.now)
    throw ApiError(ErrorCode::invalid_token, "The session has ended");
  // A client's token is good for that client, and no other token for any.
  if ((renewal->client ? std::optional{renewal->client->id} : std::nullopt) != client)
    throw ApiError(ErrorCode::invalid_token, "The refresh token is not valid");

  std::optional<store::SessionRow> row = renewal->session;
  auto membership = next_membership(txn, *renewal);
  const auto bounds = bounds_of(membership);
  // The bounds may have been drawn closer since its end was written down.
  const bool was_idle = bounds.idle && row->rotated_at + *bounds.idle <= context.now;
  if (was_idle || is_too_old(context, bounds, row->created_at))
    throw ApiError(ErrorCode::invalid_token,
                   "The session has ended: the organization lets none last so long");

  const auto counter = static_cast<std::int64_t>(claims->counter);
  const auto expires_at = idle_end(context, bounds, row->created_at, row->ends_at);
  std::int64_t current = counter + 1;
  if (!store::rotate_session(txn, row->id, counter, expires_at, context.now)) {
    row = store::find_session(txn, claims->session);
    if (!row) throw ApiError(ErrorCode::invalid_token, "The session has ended");
    if (!is_honest_repetition(txn, context, *row, counter)) {
      // Whatever else this unit of work holds goes; the end of the session stays.
      txn.rollback();
      store::delete_session(txn, row->id, row->user);
      record_account_change(txn, context, row->user,
                            {"session.token_reused",
                             row->id,
                             {},
                             json::Object{}.set("session_id", row->id).set("ended", true)});
      txn.commit();
      throw ApiError(ErrorCode::refresh_reused, "The session was ended: sign in again");
    }
    current = row->counter;
  }
  // Last, so that a stolen token ends the session of an account that is inactive too.
  if (renewal->user.status != Status::active)
    throw ApiError(ErrorCode::invalid_token, "The session has ended");
  return {*row,
          current,
          expires_at,
          std::move(renewal->user),
          std::move(membership),
          std::move(renewal->client),
          renewal->signed_in_at,
          std::move(renewal->methods)};
}

TokenReply refresh(db::Txn& txn, const Context& context, const std::string& token) {
  auto rotation = rotate(txn, context, token, std::nullopt);
  TokenReply reply;
  reply.tokens = make_pair(context, rotation.session.user, rotation.session.id, rotation.counter,
                           rotation.membership, rotation.expires_at);
  reply.user = std::move(rotation.user);
  reply.session = rotation.session.id;
  reply.membership = std::move(rotation.membership);
  return reply;
}

TokenReply select_organization(db::Txn& txn, const Context& context, const Session& session, OrgId org) {
  if (session.principal().bound_org != org) require_unbound(session.principal());
  // None where an administrator has ended the sessions of before.
  auto membership = store::find_membership(txn, session.user(), org, session.id());
  if (!counts(membership)) require_let_in(txn, session.user(), org);
  if (!counts(membership)) throw ApiError(ErrorCode::not_found);
  auto row = store::find_session(txn, session.id());
  if (!row) throw ApiError(ErrorCode::invalid_token);
  const auto bounds = bounds_of(membership);
  if (is_too_old(context, bounds, row->created_at))
    throw ApiError(ErrorCode::invalid_token,
                   "The session is older than the organization allows: sign in again");
  const auto expires_at = idle_end(context, bounds, row->created_at, row->ends_at);
  if (!store::select_organization(txn, session.id(), session.user(), org, expires_at, context.now))
    throw ApiError(ErrorCode::invalid_token);
  row = store::find_session(txn, session.id());
  if (!row) throw ApiError(ErrorCode::invalid_token);
  TokenReply reply;
  reply.tokens = make_pair(context, row->user, row->id, row->counter, membership, row->expires_at);
  reply.user = session.principal().user;
  reply.session = row->id;
  reply.membership = std::move(membership);
  return reply;
}

}  // namespace tenantd::service
