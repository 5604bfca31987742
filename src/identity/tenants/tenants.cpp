#include "identity/tenants/tenants.hpp"

#include "identity/members/users.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/differences.hpp"
#include "tenantd/effects/mail_gate.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/organizations.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// Who will own the tenant.
struct Owner {
  UserRecord user;
  bool needs_password = false;
};

[[noreturn]] void refuse_admin(const char* why) {
  throw ApiError(ErrorCode::conflict, "The address's account cannot own the tenant")
      .field("/admin_email", why);
}

// An account whose address was never verified may be anybody's: whoever gets into it would own the tenant.
// One that nobody can get into is nobody's yet, but that of who reads the mailbox.
Owner owner_of(db::Txn& txn, const store::Account& account) {
  if (account.user.status != Status::active) refuse_admin("its account is deactivated");
  if (!store::prove_account(txn, account)) refuse_admin("its account has not verified the address");
  return {account.user, !account.user.email_verified_at};
}

Owner find_or_make_owner(db::Txn& txn, const Context& context, const NewTenant& form) {
  if (const auto account = store::find_account(txn, form.admin)) return owner_of(txn, *account);
  try {
    return {store::insert_user(txn, {crypto::new_id<UserId>(), form.admin, std::nullopt, form.profile, false},
                               context.now),
            true};
  } catch (const db::DuplicateKey& e) {
    // Made by somebody else meanwhile: from the start, as an existing account.
    throw db::RetryableError(e.what());
  }
}

void apply(TenantLimits& limits, const LimitsChange& change) {
  const auto take = [](auto& limit, const auto& wanted) {
    if (wanted) limit = *wanted;
  };
  take(limits.members, change.members);
  take(limits.projects, change.projects);
  take(limits.storage_bytes, change.storage_bytes);
  take(limits.requests, change.requests);
}

Differences differences(const store::Tenant& was, const store::Tenant& is) {
  Differences found;
  found.note("name", was.organization.name, is.organization.name)
      .note("slug", was.organization.slug, is.organization.slug)
      .note("max_members", was.limits.members, is.limits.members)
      .note("max_projects", was.limits.projects, is.limits.projects)
      .note("max_storage_bytes", was.limits.storage_bytes, is.limits.storage_bytes)
      .note("max_requests", was.limits.requests, is.limits.requests);
  return found;
}

// The tenant, once nobody else can change it.
store::Tenant tenant_under_lock(db::Txn& txn, const Context& context, const SuperAdmin& admin, OrgId id) {
  stand_under_lock({txn, context, admin.in(id)});
  auto tenant = store::find_tenant(txn, admin, id);
  if (!tenant) throw ApiError(ErrorCode::not_found);
  return *std::move(tenant);
}

// Writes it, and says so in its revision.
void write(db::Txn& txn, const Context& context, const SuperAdmin& admin, store::Tenant& tenant) {
  if (!store::update_tenant(txn, admin, tenant, context.now)) throw ApiError(ErrorCode::precondition_failed);
  ++tenant.revision;
  tenant.organization.updated_at = context.now;
}

void tell_owner(db::Txn& txn, const Context& context, const SuperAdmin& admin, const Owner& owner,
                const OrganizationRecord& organization) {
  const auto maker = store::find_account(txn, admin.user()).value().user.email;
  if (owner.needs_password)
    return mail_password_link(txn, context, owner.user, organization.id, organization.name, maker,
                              std::string{kOwnerRole});
  send_mail(txn, context,
            {mail::Template::tenant_created,
             owner.user.email,
             {{"organization", organization.name}, {"inviter", maker}, {"email", owner.user.email}}},
            organization.id, owner.user.id);
}

store::OrganizationForm settings_of(db::Txn& txn, const SuperAdmin& admin, OrgId id) {
  store::enter(txn, admin.in(id));
  auto form = store::find_organization_form(txn, admin.in(id));
  if (!form) throw ApiError(ErrorCode::not_found);
  return *std::move(form);
}

}  // namespace

MadeTenant make_tenant(db::Txn& txn, const Context& context, const SuperAdmin& admin, const NewTenant& form) {
  const auto owner = find_or_make_owner(txn, context, form);
  auto limits = default_limits(context.settings);
  apply(limits, form.limits);
  const auto made = Founding::found(txn, context, owner.user.id, {form.name, form.slug, false, limits});
  const auto& organization = made.organization;
  if (owner.needs_password)
    record({txn, context, admin.in(organization.id)}, {"user.created", "user", owner.user.id.bytes()});
  tell_owner(txn, context, admin, owner, organization);
  return {store::find_tenant(txn, admin, organization.id).value(), owner.user, owner.needs_password};
}

store::Tenant change_tenant(db::Txn& txn, const Context& context, const SuperAdmin& admin, OrgId id,
                            const TenantChange& change) {
  const auto before = tenant_under_lock(txn, context, admin, id);
  require_expected(context, before.revision);
  auto tenant = before;
  if (change.name) tenant.organization.name = *change.name;
  if (change.slug) tenant.organization.slug = *change.slug;
  if (tenant.organization.slug != before.organization.slug) require_new_slug(tenant.organization.slug);
  apply(tenant.limits, change.limits);
  try {
    write(txn, context, admin, tenant);
  } catch (const db::DuplicateKey&) {
    refuse_taken_slug();
  }
  const auto found = differences(before, tenant);
  record({txn, context, admin.in(id)},
         {"organization.updated", "organization", id.bytes(), found.before(), found.after()});
  return tenant;
}

store::OrganizationForm read_tenant_settings(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                             OrgId id) {
  auto form = settings_of(txn, admin, id);
  record_audit({txn, context, admin.in(id)}, {"organization.settings_read", "organization", id.bytes()});
  return form;
}

store::OrganizationForm require_tenant_mfa(db::Txn& txn, const Context& context, const SuperAdmin& admin,
                                           OrgId id, bool required) {
  tenant_under_lock(txn, context, admin, id);
  auto form = settings_of(txn, admin, id);
  if (form.require_mfa && !required && context.caller) require_fresh_proof(*context.caller, context.now);
  Differences found;
  found.note("require_mfa", form.require_mfa, required);
  form.require_mfa = required;
  store::update_organization(txn, admin.in(id), form, context.now);
  record({txn, context, admin.in(id)},
         {"organization.updated", "organization", id.bytes(), found.before(), found.after()});
  return form;
}

store::Tenant set_tenant_status(db::Txn& txn, const Context& context, const SuperAdmin& admin, OrgId id,
                                Status status, const std::optional<std::string>& reason) {
  auto tenant = tenant_under_lock(txn, context, admin, id);
  if (tenant.organization.status == status) return tenant;
  json::Object before;
  before.set("status", status_name(tenant.organization.status));
  const bool leaves = status != Status::active;
  tenant.organization.status = status;
  tenant.deactivated_at = leaves ? std::optional{context.now} : std::nullopt;
  write(txn, context, admin, tenant);
  json::Object after;
  after.set("status", status_name(status));
  if (reason) after.set("reason", *reason);
  record({txn, context, admin.in(id)}, {leaves ? "organization.deactivated" : "organization.activated",
                                        "organization", id.bytes(), before, after});
  return tenant;
}

}  // namespace tenantd::service
