#include "identity/keys/api_keys.hpp"

#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/domain/permission.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

// Without the prefix: what is written down here stays, and says nothing of a key's text.
json::Object values_of(const store::ApiKey& key) {
  json::Object values;
  values.set("name", key.name).set("permissions", key.permissions);
  values.set("expires_at", key.expires_at).set("created_by", key.created_by);
  values.set("owner", key.owner == store::KeyOwner::organization ? "organization" : "member");
  return std::move(values.set("key", kMasked));
}

// It outlives its maker's membership, so that it may not come from a right that ends.
void judge_organization_key(const Work& work, const store::ApiKey& form) {
  // As the database has it now: what the session remembers may be from before the role got its end.
  if (stand_under_lock(work).role.expires_at)
    throw ApiError(ErrorCode::temporary_right, "Your role ends: make a key of your own, which ends with it");
  if (!organization_key_permissions().covers(form.permissions))
    throw ApiError(ErrorCode::validation_failed)
        .field("/permissions", "a key of the organization may hold only: " +
                                   format_permissions(organization_key_permissions()));
  if (!work.scope.permissions().covers(needed_to_set_up(form.permissions)))
    throw ApiError(ErrorCode::role_outranks,
                   "A key of the organization with scim:provision takes an administrator's permissions");
}

}  // namespace

PermissionSet organization_key_permissions() {
  return find_system_role("manager")
      ->permissions.without(Permission::users_invite)
      .with(Permission::audit_read)
      .with(Permission::events_read)
      .with(Permission::roles_read)
      // What it gives people stands in a table of somebody who answers for it (identity/scim).
      .with(Permission::scim_provision);
}

PermissionSet needed_to_set_up(const PermissionSet& permissions) {
  if (!permissions.has(Permission::scim_provision)) return permissions;
  return permissions | find_system_role("admin")->permissions;
}

MadeApiKey make_api_key(const Work& work, store::ApiKey key) {
  if (!work.scope.permissions().covers(key.permissions)) throw ApiError(ErrorCode::role_outranks);
  if (key.expires_at && *key.expires_at <= work.context.now)
    throw ApiError(ErrorCode::validation_failed).field("/expires_at", "must be in the future");
  if (key.owner == store::KeyOwner::organization)
    judge_organization_key(work, key);
  else
    key.member = stand_under_lock(work).user;
  Secret text{"tnd_" + crypto::new_token().reveal()};
  key.id = crypto::new_id<ApiKeyId>();
  key.prefix = text.reveal().substr(0, kKeyPrefixCharacters);
  key.token = crypto::sha256(text.reveal());
  key.created_by = work.scope.user();
  key.created_at = work.context.now;
  store::api_key_table.insert(work.txn, work.scope, key);
  store::require_place(work.txn, work.scope, store::Budgeted::api_keys,
                       work.context.settings.api_keys_per_organization);
  record(work, {"api_key.created", "api_key", key.id.bytes(), {}, values_of(key)});
  // It outlives the session, and a new password: the maker can read that it was made.
  record_account_event(work.txn, work.context, work.scope.user(), "api_key.created");
  return {std::move(key), std::move(text)};
}

void delete_api_key(const Work& work, ApiKeyId id) {
  const auto key = store::api_key_table.find(work.txn, work.scope, id.bytes());
  if (!key) throw ApiError(ErrorCode::not_found);
  // One's own goes even if one could not make it any more.
  if (key->created_by != work.scope.user() && !work.scope.permissions().covers(key->permissions))
    throw ApiError(ErrorCode::role_outranks);
  if (!store::delete_api_key(work.txn, work.scope, *key)) throw ApiError(ErrorCode::not_found);
  record(work, {"api_key.deleted", "api_key", id.bytes(), values_of(*key)});
}

}  // namespace tenantd::service
