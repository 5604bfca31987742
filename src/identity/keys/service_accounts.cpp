#include "identity/keys/service_accounts.hpp"

#include "identity/keys/api_keys.hpp"
#include "identity/roles/named_role.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/budgets_store.hpp"
#include "tenantd/identity/organizations_store.hpp"
#include "tenantd/identity/standing.hpp"

namespace tenantd::service {
namespace {

[[noreturn]] void refuse_account(const char* pointer, const std::string& why) {
  throw ApiError(ErrorCode::validation_failed).field(pointer, why);
}

// A role bounds what its account provisions; permissions of its own do not.
bool outranks(const Work& work, const store::ServiceAccount& account) {
  return !work.scope.permissions().covers(account.role_id ? account.granted
                                                          : needed_to_set_up(account.granted));
}

// What the form asks for, once nobody can change roles: sets role_id and granted.
void settle_access(const Work& work, store::ServiceAccount& account) {
  account.role_id.reset();
  if (account.role) {
    if (account.permissions != PermissionSet{}) refuse_account("/permissions", "go with no role alone");
    auto role = named_role(work.txn, work.scope, *account.role, "/role");
    account.role = role.name;
    account.role_id = role.id;
    account.granted = role.permissions;
  } else {
    if (account.permissions == PermissionSet{}) refuse_account("/role", "name a role or permissions");
    if (!organization_key_permissions().covers(account.permissions))
      refuse_account("/permissions", "a service account may hold only: " +
                                         format_permissions(organization_key_permissions()));
    account.granted = account.permissions;
  }
  if (outranks(work, account)) throw ApiError(ErrorCode::role_outranks);
}

json::Object account_values(const store::ServiceAccount& account) {
  return store::service_account_table.audit_values(account);
}

// What goes on when its setter has gone: set up by those whose role has no end.
store::ServiceAccount account_under_lock(const Work& work, ServiceAccountId id) {
  stand_for_good(work);
  auto account = store::lock_service_account(work.txn, work.scope, id, work.context.now);
  if (!account) throw ApiError(ErrorCode::not_found);
  return *std::move(account);
}

// Without the prefix: what is written down here stays, and says nothing of a key's text.
json::Object key_values(const store::AccountKey& key, const store::ServiceAccount& account) {
  json::Object values;
  values.set("name", key.name).set("service_account_id", account.id).set("service_account", account.name);
  values.set("expires_at", key.expires_at).set("created_by", key.created_by).set("owner", "organization");
  return std::move(values.set("key", kMasked));
}

MadeAccountKey add_key(const Work& work, const store::ServiceAccount& account, store::AccountKey key) {
  if (key.expires_at && *key.expires_at <= work.context.now)
    refuse_account("/expires_at", "must be in the future");
  Secret text{"tnd_" + crypto::new_token().reveal()};
  key.id = crypto::new_id<ApiKeyId>();
  key.account = account.id;
  key.prefix = text.reveal().substr(0, kKeyPrefixCharacters);
  key.token = crypto::sha256(text.reveal());
  key.created_by = work.scope.user();
  key.created_at = work.context.now;
  store::forget_ended_keys(work.txn, work.scope, account.id, work.context.now);
  store::account_key_table.insert(work.txn, work.scope, key);
  if (store::count_live_keys(work.txn, work.scope, account.id, work.context.now) > kMostLiveKeys)
    throw ApiError(ErrorCode::limit_reached, "The account has " + std::to_string(kMostLiveKeys) +
                                                 " keys that work already: end one of them first");
  store::require_place(work.txn, work.scope, store::Budgeted::api_keys,
                       work.context.settings.api_keys_per_organization);
  record(work, {"api_key.created", "api_key", key.id.bytes(), {}, key_values(key, account)});
  // It outlives the session, and a new password: the maker can read that it was made.
  record_account_event(work.txn, work.context, work.scope.user(), "api_key.created");
  return {std::move(key), std::move(text)};
}

}  // namespace

store::ServiceAccount make_service_account(const Work& work, store::ServiceAccount account) {
  stand_for_good(work);
  settle_access(work, account);
  account.id = crypto::new_id<ServiceAccountId>();
  account.created_by = account.kept_by = work.scope.user();
  account.created_at = account.updated_at = work.context.now;
  store::service_account_table.insert(work.txn, work.scope, account);
  store::require_place(work.txn, work.scope, store::Budgeted::service_accounts, kMostServiceAccounts);
  record(work,
         {"service_account.created", "service_account", account.id.bytes(), {}, account_values(account)});
  return account;
}

store::ServiceAccount change_service_account(const Work& work, ServiceAccountId id,
                                             const ServiceAccountChange& change) {
  auto account = account_under_lock(work, id);
  if (outranks(work, account)) throw ApiError(ErrorCode::role_outranks);
  require_expected(work.context, account.revision);
  auto before = account_values(account);
  change.edit(account);
  if (change.gives_role && !change.gives_permissions && account.role) account.permissions = {};
  if (change.gives_permissions && !change.gives_role && account.permissions != PermissionSet{})
    account.role.reset();
  settle_access(work, account);
  account.kept_by = work.scope.user();
  account.updated_at = work.context.now;
  // Whatever its keys may do is read anew.
  work.txn.touch(work.scope.org());
  store::service_account_table.update(work.txn, work.scope, account);
  ++account.revision;
  record(work, {"service_account.updated", "service_account", id.bytes(), std::move(before),
                account_values(account)});
  return account;
}

void remove_service_account(const Work& work, ServiceAccountId id) {
  stand_under_lock(work);
  const auto account = store::lock_service_account(work.txn, work.scope, id, work.context.now);
  if (!account) throw ApiError(ErrorCode::not_found);
  // One's own goes even if one could not make it any more.
  if (account->kept_by != work.scope.user() && outranks(work, *account))
    throw ApiError(ErrorCode::role_outranks);
  require_expected(work.context, account->revision);
  work.txn.touch(work.scope.org());
  store::service_account_table.erase(work.txn, work.scope, id.bytes());
  auto before = account_values(*account);
  before.set("live_keys", account->live_keys);
  record(work, {"service_account.deleted", "service_account", id.bytes(), std::move(before)});
}

MadeAccountKey make_account_key(const Work& work, ServiceAccountId id, store::AccountKey form) {
  const auto account = account_under_lock(work, id);
  if (outranks(work, account)) throw ApiError(ErrorCode::role_outranks);
  return add_key(work, account, std::move(form));
}

MadeAccountKey rotate_account_key(const Work& work, ServiceAccountId id, store::AccountKey form,
                                  TimePoint old_keys_end) {
  const auto now = work.context.now;
  if (old_keys_end > now + kLongestOverlap) refuse_account("/old_keys_end_at", "must be within a year");
  const auto account = account_under_lock(work, id);
  if (outranks(work, account)) throw ApiError(ErrorCode::role_outranks);
  if (form.name.empty()) {
    const auto keys = store::list_account_keys(work.txn, work.scope, id, {}, 2 * kMostLiveKeys);
    form.name = keys.empty() ? account.name : keys.back().name;
  }
  // What has ended goes before the new one is counted.
  const auto end = std::max(old_keys_end, now);
  const auto ended = store::end_other_keys(work.txn, work.scope, id, {}, end, now);
  work.txn.touch(work.scope.org());
  auto made = add_key(work, account, std::move(form));
  json::Object after;
  after.set("name", account.name).set("key_id", made.record.id);
  after.set("old_keys", ended).set("old_keys_end_at", end);
  record(work, {"service_account.rotated", "service_account", id.bytes(), {}, std::move(after)});
  return made;
}

void remove_account_key(const Work& work, ServiceAccountId account_id, ApiKeyId id) {
  stand_under_lock(work);
  const auto account = store::lock_service_account(work.txn, work.scope, account_id, work.context.now);
  const auto key = store::account_key_table.find(work.txn, work.scope, id.bytes());
  if (!account || !key || key->account != account_id) throw ApiError(ErrorCode::not_found);
  if (key->created_by != work.scope.user() && outranks(work, *account))
    throw ApiError(ErrorCode::role_outranks);
  // What workers remember of the key stands under its maker.
  work.txn.touch(key->created_by);
  if (!store::account_key_table.erase(work.txn, work.scope, id.bytes())) throw ApiError(ErrorCode::not_found);
  record(work, {"api_key.deleted", "api_key", id.bytes(), key_values(*key, *account)});
}

}  // namespace tenantd::service
