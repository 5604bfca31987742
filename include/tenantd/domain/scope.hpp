// Who acts, and where. A scope is a proof: holding one means that the membership was read.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/domain/account_access.hpp"
#include "tenantd/domain/auth_methods.hpp"
#include "tenantd/domain/client_access.hpp"
#include "tenantd/domain/permission_set.hpp"
#include "tenantd/domain/status.hpp"

namespace tenantd {

namespace api {
class Authorizer;
}
namespace service {
class Founding;
class Impersonation;
class Importing;
class OpenedInvite;
class FoundProvider;
}  // namespace service

// The account behind a session, as the database had it when the session was checked.
struct UserRecord {
  UserId id;
  std::string email;
  std::string profile;  // JSON object
  Status status = Status::active;
  bool is_super = false;
  std::optional<TimePoint> email_verified_at;
  bool mfa_enabled = false;
  TimePoint created_at;
  TimePoint updated_at;
};

struct OrganizationRecord {
  OrgId id;
  std::string name;
  std::string slug;
  Status status = Status::active;
  bool personal = false;
  bool require_mfa = false;  // members without a second factor may do nothing here
  TimePoint created_at;
  TimePoint updated_at;
};

// A role, and for how long somebody holds it where it stands for an assignment.
struct RoleRecord {
  RoleId id;
  std::string name;
  PermissionSet permissions;
  std::optional<TimePoint> expires_at;  // of the assignment; nullopt = never

  // What the assignment grants at `now`: nothing once it has expired.
  PermissionSet permissions_at(TimePoint now) const {
    return expires_at && *expires_at <= now ? PermissionSet{} : permissions;
  }
};

// The super-admin behind an impersonation.
struct Actor {
  UserId id;
  std::string email;
};

// What one session or API key means: its user and, when it has an active organization, the membership there.
// The role of an API key's principal holds what the key and its maker's role have in common.
struct Principal {
  SessionId session;  // nil for an API key
  TimePoint session_began_at;
  std::optional<OrgId> bound_org;   // signed in by its identity provider: the session is good for it alone
  std::optional<Actor> actor;       // who it is in truth, when a super-admin impersonates `user`
  std::optional<ApiKeyId> api_key;  // nullopt for a session
  TimePoint session_ends_at;
  TimePoint token_expires_at;  // of the access token that was shown
  UserRecord user;
  std::optional<OrganizationRecord> organization;
  RoleRecord role;  // of `organization`
  TimePoint member_since;
  std::optional<std::int64_t> organization_requests;  // a minute, of all its members; nullopt = no limit
  std::optional<Seconds> organization_session_max;    // nullopt = as the settings say
  // The OAuth client that acts for `user`: the role holds what its scopes and the user's role have in common.
  std::optional<ClientAccess> client = {};
  // The slug of the organization that the request means and that lets this member in by its provider alone:
  // the session began in another way, and `organization` is none.
  std::optional<std::string> sso_required = {};
  Authentication authentication = {};
  bool organization_wants_passkey = false;    // sessions without one may do nothing there
  bool organization_takes_codes = true;       // sessions that began by a mailed code count there
  std::optional<AccountAccess> account = {};  // the service account whose key calls; `user` made the key

  // The account has a second factor, or a passkey was shown in this session, which is two.
  bool has_second_factor() const { return user.mfa_enabled || authentication.methods.has(AuthMethod::pop); }

  // Something else than the person calls: an API key, or an OAuth client.
  bool is_delegate() const { return api_key.has_value() || client.has_value(); }
};

// Signed in. Made by the authorizer alone.
class TenantScope;
class Session {
 public:
  const Principal& principal() const { return *principal_; }
  UserId user() const { return principal_->user.id; }
  SessionId id() const { return principal_->session; }
  // Inside the organization that the request names, without a permission: for what any active member may do.
  // nullopt if there is none.
  std::optional<TenantScope> without_rights() const;

 private:
  friend class api::Authorizer;
  explicit Session(const Principal& principal) : principal_(&principal) {}
  const Principal* principal_;
};

// Whoever calls, signed in or by an API key. Made by the authorizer alone.
class Caller {
 public:
  const Principal& principal() const { return *principal_; }

 private:
  friend class api::Authorizer;
  explicit Caller(const Principal& principal) : principal_(&principal) {}
  const Principal* principal_;
};

// Inside one organization, as one of its members, with that member's permissions. Every function of
// store/tenant takes one; none can be made from a bare OrgId.
class TenantScope {
 public:
  OrgId org() const { return org_; }
  UserId user() const { return user_; }
  PermissionSet permissions() const { return permissions_; }
  // A super-admin acts here, who need not be a member.
  bool is_super() const { return super_; }

 private:
  friend class api::Authorizer;         // has read the membership
  friend class Session;                 // whose membership the authorizer has read
  friend class SuperAdmin;              // who may act in every organization
  friend class service::Founding;       // makes the organization's id itself
  friend class service::Impersonation;  // of a session that is bound to the organization
  friend class service::Importing;      // an operator's, who has the database's password
  friend class service::OpenedInvite;   // has matched the hash of a token that only the invited person holds
  friend class service::FoundProvider;  // whose organization lets its identity provider vouch for its members
  TenantScope(OrgId org, UserId user, PermissionSet permissions, bool super = false)
      : org_(org), user_(user), permissions_(permissions), super_(super) {}
  OrgId org_;
  UserId user_;
  PermissionSet permissions_;
  bool super_;
};

inline std::optional<TenantScope> Session::without_rights() const {
  if (!principal_->organization) return std::nullopt;
  return TenantScope{principal_->organization->id, principal_->user.id, {}};
}

// The account that a path names: the caller's own, or that of anybody whom the caller may act on as a member
// of `scope()`, where its membership is still to be found. Made by the authorizer alone.
class Subject {
 public:
  UserId user() const { return user_; }
  bool is_self() const { return !scope_; }
  const std::optional<TenantScope>& scope() const { return scope_; }
  // The caller's session, nil if an API key calls.
  SessionId session() const { return session_; }

 private:
  friend class api::Authorizer;
  Subject(UserId user, std::optional<TenantScope> scope, SessionId session)
      : user_(user), scope_(scope), session_(session) {}
  UserId user_;
  std::optional<TenantScope> scope_;
  SessionId session_;
};

// The whole system, as a super-admin. Made by the authorizer alone.
class SuperAdmin {
 public:
  UserId user() const { return user_; }
  // Inside an organization, with every permission. Whether there is one of this id is still to be found.
  TenantScope in(OrgId org) const { return {org, user_, every_permission(), true}; }

 private:
  friend class api::Authorizer;
  explicit SuperAdmin(UserId user) : user_(user) {}
  UserId user_;
};

}  // namespace tenantd
