// From an access token or API key to a principal, and from a principal to what a handler may be given. The
// only maker of Session, Caller, TenantScope and SuperAdmin.
#pragma once

#include <optional>
#include <string>

#include "tenantd/api/request.hpp"
#include "tenantd/api/route.hpp"
#include "tenantd/crypto/jwt.hpp"
#include "tenantd/identity/sessions_store.hpp"
#include "tenantd/shm/metrics.hpp"
#include "tenantd/shm/session_cache.hpp"

namespace tenantd::api {

// The organization that a request names besides its token: header, subdomain, path or body.
struct NamedOrganization {
  std::optional<OrgId> id;
  std::optional<std::string> slug;
  bool any() const { return id.has_value() || slug.has_value(); }
};

class Authorizer {
 public:
  // `cache` may be nullptr: every request then reads the database.
  Authorizer(const Settings& settings, shm::SessionCache* cache, shm::Metrics* metrics)
      : settings_(settings), cache_(cache), metrics_(metrics) {}

  // Returns the live principal of the request's bearer token, in the named organization or the token's own,
  // or of its API key, which has one organization. Throws ApiError: unauthenticated (neither), invalid_token
  // (not ours, expired, or its session, user, membership of a key, or organization has ended), session_bound
  // (the named organization is the caller's, and not the one that the session is good for), not_found (the
  // named organization is not the caller's; for a super-admin on a row that `super_too` opens, none needs
  // be). What a session that is bound to one organization may do ends there: its principal is no super-admin.
  Principal authenticate(const http::Request& request, const service::Context& context,
                         const NamedOrganization& named, db::Txn& txn, bool super_too = false) const;

  // The principal of the session that a refresh token stands for, whichever of its tokens it is: for a row
  // that ends the session. Throws ApiError(invalid_token).
  Principal authenticate_cookie(const std::optional<std::string>& refresh_token,
                                const service::Context& context, db::Txn& txn) const;

  // Throws ApiError if the account is a super-admin whose session lacks what super_admin_mfa asks for, so
  // that `principal` acts as an ordinary one: mfa_enrollment_required (there is no second factor yet),
  // mfa_session_required (the session began without it).
  void require_factor_of_super(const Principal& principal, db::Txn& txn) const;

  // Throws ApiError: forbidden (the principal lacks what the row asks for, or held it until before `now`),
  // impersonating (somebody else than the user acts, on what is not open to that), sign_in_way_refused (the
  // organization does not take how the session began), session_required (an API
  // key calls what takes a person), mfa_enrollment_required, invalid_token (the
  // token's organization is gone for this caller), not_found (the path's account is no id).
  void authorize(const Route& route, const http::Request& request, const Principal& principal,
                 TimePoint now) const;

  // Throws ApiError(reauthentication_required) if the row wants a fresh proof of who the person is, and
  // neither the session nor the body has one. Whether one in the body is good is the handler's to judge.
  static void require_fresh_proof(const Route& route, const Principal& principal, const JsonValue& body,
                                  TimePoint now);

  // The session behind a principal, for a route that anybody may call.
  static Session session_of(const Principal& principal) { return Session{principal}; }

  // Calls the row's handler with what its type asks for, having authorized.
  Response call(const Route& route, const Request& request, const std::optional<Principal>& principal,
                db::Txn& txn) const;

 private:
  Principal authenticate_key(std::string_view key, const service::Context& context,
                             const NamedOrganization& named, db::Txn& txn) const;
  Principal authenticate_client(const crypto::AccessClaims& claims, const service::Context& context,
                                const NamedOrganization& named, db::Txn& txn) const;
  std::optional<store::LiveSession> find_key(std::string_view key, const service::Context& context,
                                             db::Txn& txn) const;
  static void authorize_member(const Route& route, const Principal& principal, TimePoint now);

  const Settings& settings_;
  shm::SessionCache* cache_;
  shm::Metrics* metrics_;
};

// What the header, the host name, the path and the body name. Throws ApiError(tenant_ambiguous) if two
// differ, ApiError(not_found) for an id that is none.
NamedOrganization named_organization(const http::Request& request, const JsonValue& body,
                                     const std::string& base_domain);

}  // namespace tenantd::api
