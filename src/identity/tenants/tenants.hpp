// Tenants, as a super-admin sees organizations: made for somebody, limited, switched off and on.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/tenants_store.hpp"

namespace tenantd::service {

// nullopt: unlimited by request; the whole absent: as it is, or, for a new tenant, as the settings say.
struct LimitsChange {
  std::optional<std::optional<std::int64_t>> members;
  std::optional<std::optional<std::int64_t>> projects;
  std::optional<std::optional<std::int64_t>> storage_bytes;
  std::optional<std::optional<std::int64_t>> requests;
};

struct NewTenant {
  std::string name;
  std::string slug;
  LimitsChange limits;
  Email admin;
  std::string profile = "{}";  // of a new account; JSON object
};
struct MadeTenant {
  store::Tenant tenant;
  UserRecord admin;
  bool password_link_mailed = false;
};
// Makes the organization and its owner in one: a new account, which is mailed a link to choose a password, or
// the account that the address has, which is told. Throws ApiError: validation_failed, conflict (the slug is
// taken; or the address's account never showed that the address is its own, or is deactivated).
MadeTenant make_tenant(db::Txn& txn, const Context& context, const SuperAdmin& admin, const NewTenant& form);

struct TenantChange {
  std::optional<std::string> name;
  std::optional<std::string> slug;
  LimitsChange limits;
};
// Changes what is given. A limit below what there is throws nobody out: nothing more gets in. Throws
// ApiError: not_found, validation_failed, conflict (the slug is taken), precondition_failed.
store::Tenant change_tenant(db::Txn& txn, const Context& context, const SuperAdmin& admin, OrgId id,
                            const TenantChange& change);

// What an organization's own people have set, for a super-admin who helps them. That it was read stands in
// the organization's audit log. Throws ApiError(not_found).
store::OrganizationForm read_tenant_settings(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                             OrgId id);
// Whether members need a second factor: the one setting that can shut out all who could change it. Throws
// ApiError(not_found).
store::OrganizationForm require_tenant_mfa(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                           OrgId id, bool required);

// Deactivated: no token and no key of it is taken from now on; what it holds stays. Done twice it is done.
// Throws ApiError(not_found).
store::Tenant set_tenant_status(db::Txn& txn, const Context& context, const SuperAdmin& admin, OrgId id,
                                Status status, const std::optional<std::string>& reason);

}  // namespace tenantd::service
