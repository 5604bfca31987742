#include "identity/factors/reauthentication.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/device.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/members_store.hpp"
#include "tenantd/identity/sessions_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::api::handlers {
namespace {

// Which of the subject's sessions the caller reaches: one's own all; a member's those in this organization,
// since what that person does in another is nobody's business here; by a session that is good for one
// organization those in it. Throws ApiError: not_found, role_outranks.
std::optional<OrgId> reach(const Request& request, const Subject& subject, Txn& txn) {
  if (subject.is_self()) return request.context.caller->bound_org;
  const auto& scope = *subject.scope();
  const auto found = store::find_member(txn, scope, subject.user());
  if (!found) throw ApiError(ErrorCode::not_found);
  if (!scope.permissions().covers(found->role.permissions_at(request.context.now)))
    throw ApiError(ErrorCode::role_outranks);
  return scope.org();
}

SessionId session_in_path(const Request& request) {
  for (const auto& [name, value] : request.http.path_values)
    if (name == "session_id") {
      if (const auto session = SessionId::parse(value)) return *session;
    }
  throw ApiError(ErrorCode::not_found);
}

void put_session(JsonOut& json, const store::SessionDetail& session, bool is_current) {
  json.begin_object()
      .field("id", session.id)
      .field("device", device_of(session.agent))
      .field("agent", session.agent)
      .field("address", session.address)
      .field("created_at", session.created_at)
      .field("last_used_at", session.rotated_at)
      .field("expires_at", session.expires_at)
      .field("current", is_current)
      .field("impersonator_id", session.actor)
      .end_object();
}

// `session`: nullopt for all. Returns false if there was nothing to end. An administrator who ends all shuts
// out those too that are at home in another organization and name this one: they live on there.
bool end(const Request& request, const Subject& subject, std::optional<SessionId> session, Txn& txn) {
  if (!subject.is_self()) service::stand_under_lock({txn, request.context, *subject.scope()});
  const auto org = reach(request, subject, txn);
  const bool shut_out = !session && !subject.is_self();
  if (shut_out) {
    store::shut_out_sessions(txn, *subject.scope(), subject.user(), request.context.now);
  } else if (store::end_sessions(txn, subject.user(), session, org) == 0) {
    return false;
  }
  service::AccountChange change{session ? "session.ended" : "session.all_ended", std::nullopt};
  if (session) change.before.set("session_id", *session);
  change.after.set("sessions_ended", true);
  if (subject.is_self()) {
    change.session = subject.session();
    service::record_account_change(txn, request.context, subject.user(), change);
  } else {
    service::record_account_change({txn, request.context, *subject.scope()}, subject.user(), change);
  }
  return true;
}

Response list_sessions(const Request& request, const Subject& subject, Txn& txn) {
  const Page page = page_of(request.query);
  const auto org = reach(request, subject, txn);
  return page_reply(
      page, store::list_sessions(txn, subject.user(), org, page.from, page.limit + 1, request.context.now),
      [&](JsonOut& json, const auto& row) { put_session(json, row, row.id == subject.session()); },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return store::count_sessions(txn, subject.user(), org, request.context.now); });
}

Response end_all_sessions(const Request& request, const Subject& subject, Txn& txn) {
  end(request, subject, std::nullopt, txn);
  return no_content();
}

Response end_session(const Request& request, const Subject& subject, Txn& txn) {
  if (!end(request, subject, session_in_path(request), txn)) throw ApiError(ErrorCode::not_found);
  return no_content();
}

Response user_security(const Request& request, const Subject& subject, Txn& txn) {
  const auto now = request.context.now;
  const auto org = reach(request, subject, txn);
  const auto security = store::find_account_security(txn, subject.user());
  if (!security) throw ApiError(ErrorCode::not_found);
  const bool locked = security->locked_until > now;
  JsonOut json;
  json.begin_object()
      .field("user_id", subject.user())
      .field("failed_signins", security->failed_signins)
      .field("locked", locked)
      .field("locked_until", locked ? std::optional{security->locked_until} : std::nullopt)
      .field("mfa_enabled", security->mfa_enabled)
      .field("recovery_codes_left", security->recovery_codes_left)
      .field("password_set", security->password_set)
      .field("email_verified", security->email_verified)
      .field("last_signin_at", security->last_signin_at)
      .field("active_sessions", store::count_sessions(txn, subject.user(), org, now))
      .end_object();
  return reply(json);
}

constexpr auto kUserSessionsRows =
    section("Users", {
                         {.method = GET,
                          .path = "/api/v1/users/{user_id}/sessions",
                          .handler = list_sessions,
                          .permission = users_update,
                          .rate = Rate::read,
                          .query = "page_query",
                          .reply = ok("sessions"),
                          .refuses = {role_outranks, not_found},
                          .summary = "Where a user is signed in"},
                         {.method = DELETE_,
                          .path = "/api/v1/users/{user_id}/sessions",
                          .handler = end_all_sessions,
                          .permission = users_update,
                          .rate = Rate::write,
                          .reply = done(),
                          .refuses = {role_outranks, not_found},
                          .summary = "End every session, the caller's own included"},
                         {.method = DELETE_,
                          .path = "/api/v1/users/{user_id}/sessions/{session_id}",
                          .handler = end_session,
                          .permission = users_update,
                          .rate = Rate::write,
                          .reply = done(),
                          .refuses = {role_outranks, not_found},
                          .summary = "End a session"},
                         {.method = GET,
                          .path = "/api/v1/users/{user_id}/security",
                          .handler = user_security,
                          .permission = users_update,
                          .rate = Rate::read,
                          .reply = ok("account_security"),
                          .refuses = {role_outranks, not_found},
                          .summary = "How a user's account is guarded"},
                     });

}  // namespace

std::span<const Route> user_sessions_rows() { return kUserSessionsRows; }

}  // namespace tenantd::api::handlers
