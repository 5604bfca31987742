#include "identity/oauth/claims.hpp"

#include "tenantd/base/json_read.hpp"

namespace tenantd::service {
namespace {

void add_profile(json::Object& claims, const UserRecord& user) {
  const auto profile = json::read_object(user.profile);
  const auto add = [&](const char* claim, const char* member) {
    const auto text = profile ? json::maybe_text(*profile, member) : std::nullopt;
    if (text && !text->empty()) claims.set(claim, *text);
  };
  add("name", "name");
  add("given_name", "first_name");
  add("family_name", "last_name");
  claims.set("updated_at", user.updated_at);
}

}  // namespace

void add_claims(json::Object& claims, const Scopes& scopes, const UserRecord& user,
                const OrganizationRecord* organization, const RoleRecord* role, TimePoint now) {
  if (scopes.has(IdentityScope::profile)) add_profile(claims, user);
  if (scopes.has(IdentityScope::email))
    claims.set("email", user.email).set("email_verified", user.email_verified_at.has_value());
  if (!scopes.has(IdentityScope::org) || organization == nullptr || role == nullptr) return;
  claims.set("org", json::Object{}
                        .set("id", organization->id)
                        .set("name", organization->name)
                        .set("slug", organization->slug)
                        .set("role", role->name)
                        .set("permissions", role->permissions_at(now)));
}

}  // namespace tenantd::service
