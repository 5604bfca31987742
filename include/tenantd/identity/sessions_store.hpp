// Sessions: one row per sign-in. A refresh token names the row and its counter; only the newest counter is
// good.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/domain/tenant.hpp"
#include "tenantd/domain/way_in.hpp"
#include "tenantd/effects/keyset.hpp"

namespace tenantd::store {

struct SessionRow {
  SessionId id;
  UserId user;
  std::optional<OrgId> org;
  std::optional<OrgId> bound_org;  // good for it alone
  std::int64_t counter = 0;
  TimePoint rotated_at;
  TimePoint created_at;
  TimePoint expires_at;  // slides
  TimePoint ends_at;     // never moves
};

struct NewSession {
  SessionId id;
  UserId user;
  std::optional<OrgId> org;
  std::optional<OrgId> bound_org;
  TimePoint expires_at;
  TimePoint ends_at;
  std::string address;
  std::string agent;
};

// Where a session is begun from.
struct SessionOrigin {
  std::string network;  // network_of() its address
  std::string device;   // what stands for its program there
};
struct OpenedSession {
  std::int64_t displaced = 0;             // sessions of before that ended for it; a thousand if more
  bool new_device = false;                // nobody had signed in with it in 90 days
  LoginAlert wanted = LoginAlert::never;  // the most that an organization of the account asks for
  std::optional<LoginAlert> chosen = {};  // by its owner
  bool bypasses = false;  // an organization that the account owns lets others in by its provider alone
  // Of the account, whose row is held now.
  bool is_active = false;
  bool has_second_factor = false;
};
// Begins a session; its network and device count as known from now on. Those of the account that were used
// longest ago end for it, so that no more than `most` live; the user's row is held until the commit: of two
// sign-ins at once the second counts the first. `ask`: what organizations ask of mails is looked up.
OpenedSession open_session(db::Txn& txn, const NewSession& session, const SessionOrigin& origin,
                           std::int64_t most, bool ask, TimePoint now);
// A session of the account's own: an impersonation is not found, since nothing renews it.
std::optional<SessionRow> find_session(db::Txn& txn, SessionId id);

// Rotates if `counter` is still the newest one and the session lives. False if another rotation was first.
bool rotate_session(db::Txn& txn, SessionId id, std::int64_t counter, TimePoint expires_at, TimePoint now);
// The organization of the session's next access tokens; counts as a rotation. False if the session is gone.
bool select_organization(db::Txn& txn, SessionId id, UserId user, OrgId org, TimePoint expires_at,
                         TimePoint now);

void delete_session(db::Txn& txn, SessionId id, UserId user);
// Ends every session of `user`, except `keep` if given, and every impersonation that `user` has begun.
void delete_sessions(db::Txn& txn, UserId user, std::optional<SessionId> keep);

// A live session, as its owner sees it.
struct SessionDetail {
  SessionId id;
  std::string address;
  std::string agent;
  TimePoint created_at;
  TimePoint rotated_at;
  TimePoint expires_at;
  std::optional<UserId> actor;  // the super-admin who impersonates the user
};
// Returns at most `limit` live sessions of `user`, newest first, after `from`; with `org` only those whose
// active organization it is.
std::vector<SessionDetail> list_sessions(db::Txn& txn, UserId user, std::optional<OrgId> org,
                                         const std::optional<Keyset>& from, std::int64_t limit,
                                         TimePoint now);
std::int64_t count_sessions(db::Txn& txn, UserId user, std::optional<OrgId> org, TimePoint now);
// Ends one session of `user`, or all of them, with `org` only of those whose active organization it is.
// Returns how many.
std::int64_t end_sessions(db::Txn& txn, UserId user, std::optional<SessionId> one, std::optional<OrgId> org);

// Returns what `session` stands for, with the membership in `org` or in the organization named `slug` (nil:
// none; none either if its sessions were ended there since); nullopt if there is no such session, or it is an
// impersonation by one who is no active super-admin any more. Expiry, status and membership are the caller's
// to judge.
struct LiveSession {
  Principal principal;
  Status member_status = Status::active;
  bool is_member = false;
  std::optional<std::string> sso_required = {};  // as of the principal
  bool notes_use = false;  // of a key: that it is used is still to be noted, once its network is judged
};
std::optional<LiveSession> authenticate(db::Txn& txn, SessionId session, std::optional<OrgId> org,
                                        const std::optional<std::string>& slug);
// The same of the API key with this SHA-256: its maker's membership in its organization, with the permissions
// that the key and the maker's role have in common. Notes that the key is in use from `address`, once a
// minute; of an account that is bound to networks note_key_use() does, since a refused call is no use.
std::optional<LiveSession> authenticate_key(db::Txn& txn, const std::string& hash, TimePoint now,
                                            const std::string& address);

// How long an organization lets sessions last that are active in it; nullopt = as the service's settings say.
struct SessionBounds {
  std::optional<Seconds> idle;
  std::optional<Seconds> most;
};
// Columns from `at`: idle, most.
SessionBounds read_session_bounds(const db::Rows& rows, unsigned at);

// One organization of a person, with the role there.
struct Membership {
  OrganizationRecord organization;
  RoleRecord role;
  Status status = Status::active;
  TimePoint member_since;
  SessionBounds bounds;
  bool sso_required = false;  // the organization lets this member in by its provider alone
  WayRules asks = {};         // of the way in which its members' sessions began
};
// Returns at most `limit` organizations of `user`, oldest membership first, after `from`.
std::vector<Membership> list_memberships(db::Txn& txn, UserId user, const std::optional<Keyset>& from,
                                         std::int64_t limit);
std::int64_t count_memberships(db::Txn& txn, UserId user);
// Returns the active membership that `user` has had longest in an active organization which does not want its
// provider's word for this member, or nullopt.
std::optional<Membership> first_membership(db::Txn& txn, UserId user);
std::optional<Membership> find_membership(db::Txn& txn, UserId user, OrgId org);
// An organization that `user` belongs to, besides its record; nullopt if it is none.
struct OrganizationDetail {
  std::string settings;  // a JSON object
  BusinessSettings business;
  TenantLimits limits;
  TenantUsage usage;
};
std::optional<OrganizationDetail> find_organization_detail(db::Txn& txn, UserId user, OrgId org);

}  // namespace tenantd::store
