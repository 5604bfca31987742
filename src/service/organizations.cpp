#include "tenantd/service/organizations.hpp"

#include "tenantd/base/text.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/store/tenant/members.hpp"
#include "tenantd/store/tenant/organizations.hpp"

namespace tenantd::service {
namespace {

bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A slug nobody asked for by name gets a random tail at the first collision; two collisions in 2^32 do not
// happen.
OrganizationRecord insert_with_slug(db::Txn& txn, const TenantScope& scope, const NewOrganization& form,
                                    TimePoint now) {
  if (form.slug) {
    if (!is_slug(*form.slug))
      throw ApiError(ErrorCode::validation_failed)
          .field("/organization/slug", "must be 2 to 63 lower-case letters, digits and inner hyphens");
    try {
      return store::insert_organization(txn, scope, form.name, *form.slug, form.personal, now);
    } catch (const db::DuplicateKey&) {
      throw ApiError(ErrorCode::conflict, "The slug is taken");
    }
  }
  // A personal organization is named after the address, which its slug must not tell.
  const std::string base = form.personal ? "u-" + to_hex(crypto::random_bytes(8)) : slug_of(form.name);
  try {
    return store::insert_organization(txn, scope, form.name, base, form.personal, now);
  } catch (const db::DuplicateKey&) {
    const std::string tail = to_hex(crypto::random_bytes(4));
    return store::insert_organization(txn, scope, form.name, base + '-' + tail, form.personal, now);
  }
}

}  // namespace

std::string slug_of(const std::string& name) {
  std::string slug;
  for (const char c : ascii_lower(name)) {
    if (is_label_character(c)) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == 50) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.size() < 2 ? "org-" + to_hex(crypto::random_bytes(4)) : slug;
}

bool is_slug(const std::string& text) {
  if (text.size() < 2 || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (const char c : text)
    if (!is_label_character(c) && c != '-') return false;
  return true;
}

store::Membership Founding::found(db::Txn& txn, const Context& context, UserId user,
                                  const NewOrganization& form) {
  // The scope's organization is the one being made here: nobody else can have members in it yet.
  const TenantScope scope{crypto::new_id<OrgId>(), user, find_system_role(kOwnerRole)->permissions};
  store::enter(txn, scope);
  store::Membership membership;
  membership.organization = insert_with_slug(txn, scope, form, context.now);
  membership.role = store::insert_system_roles(txn, scope, context.now);
  membership.member_since = context.now;
  store::insert_member(txn, scope, user, membership.role.id, context.now);
  store::insert_event(txn, scope, "organization.created", scope.org().bytes(), "{}", context.now);
  return membership;
}

}  // namespace tenantd::service
