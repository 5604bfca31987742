// Which sessions count, how they end by the thousand, and what is remembered of their use.
//
// A session counts while nobody has ended it. What ends many at once does not touch them: a user's generation
// counts the endings, a session keeps the generation in which it was born, and an ending notes up to which
// generation sessions are over (user.sessions_ended, session_cut). So an ending takes one row however many
// sessions there are, and one of the same second falls on the right side. The view `live_session` shows those
// that count; the sweeper removes the others.
#pragma once

#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

// A second factor was shown in this session, at its sign-in or since.
void set_second_factor(db::Txn& txn, SessionId id, UserId user);
// By which means its sign-in was made. Without this it was by a password, or by the provider that it is bound
// to.
void set_methods(db::Txn& txn, SessionId id, UserId user, AuthMethods methods);
// The person behind it has shown again who it is, by `methods` all in all.
void set_proven(db::Txn& txn, SessionId id, UserId user, AuthMethods methods, TimePoint now);

// How an access token is shown.
struct TokenUse {
  TimePoint issued_at;              // the newest pair's first use is noted
  bool super_needs_factor = false;  // a super-admin's session without a second factor is an ordinary one
};
// As authenticate() of sessions.hpp.
std::optional<LiveSession> authenticate(db::Txn& txn, SessionId session, std::optional<OrgId> org,
                                        const std::optional<std::string>& slug, const TokenUse& use);

// An OAuth client that acts for itself: what an organization's own API key is, with the client's scopes.
// nullopt: there is none such.
std::optional<LiveSession> authenticate_client(db::Txn& txn, ClientId client);

// A session whose token is to be exchanged, with its account, and the membership in the organization that it
// is good for alone, else in its active one; none where the session is shut out.
struct Renewal {
  SessionRow session;
  UserRecord user;
  std::optional<Membership> membership;
  // Of a session that an OAuth client holds.
  std::optional<ClientAccess> client;
  std::optional<TimePoint> signed_in_at;  // the person
  std::string methods;                    // by which (amr), a blank between
  // Its organization lets the member in by its provider alone: this is its slug, and there is no membership.
  std::optional<std::string> sso_required = {};
};
// nullopt: there is no such session, or it is an impersonation. Expiry and status are the caller's to judge.
std::optional<Renewal> find_renewal(db::Txn& txn, SessionId id);

// True if an access token of the session's newest pair has been shown, or another replay has ended the
// session meanwhile: neither is a repetition of a client that lost its reply.
bool is_pair_used(db::Txn& txn, SessionId id);

// As first_membership() and find_membership(), where this session is not shut out.
std::optional<Membership> first_membership(db::Txn& txn, UserId user, SessionId session);
std::optional<Membership> find_membership(db::Txn& txn, UserId user, OrgId org, SessionId session);

}  // namespace tenantd::store
