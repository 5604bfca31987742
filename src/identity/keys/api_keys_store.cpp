#include "identity/keys/api_keys_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;
using namespace record;

constexpr std::array<std::string_view, 2> kOwnerNames{"member", "organization"};

// Its schemas are written by hand (schema/ beside this): they say other things of its times than a record
// does.
constexpr auto kApiKey = record::record<ApiKey>(
    "api_key", name<&ApiKey::name>("name"), code<&ApiKey::prefix>("prefix").kept(),
    permissions<&ApiKey::permissions>("permissions"),
    choice<&ApiKey::owner>("owner", kOwnerNames).stored_as("of_organization").unless_given("member"),
    reference<&ApiKey::created_by>("created_by").kept(), time<&ApiKey::created_at>("created_at").kept(),
    time<&ApiKey::expires_at>("expires_at"), time<&ApiKey::last_used_at>("last_used_at").kept_elsewhere(),
    digest<&ApiKey::token>("token").written_once(), reference<&ApiKey::member>("member_id").written_once(),
    ShownOnce{"key"});

const Select kList{kApiKey, "api_key.list", "WHERE org_id = ? AND id > ? ORDER BY id LIMIT ?"};
constexpr Sql kDeleteOrganizations{
    "api_key.delete_organizations",
    "DELETE FROM api_key WHERE org_id = ? AND of_organization AND created_by " TENANTD_IN_IDS};

constexpr Sql kDeleteAccounts{
    "api_key.delete_accounts",
    "DELETE FROM service_account_key WHERE org_id = ? AND created_by " TENANTD_IN_IDS};

constexpr Sql kDeleteGone{
    "api_key.delete_of_the_gone",
    "DELETE FROM api_key WHERE org_id = ? AND of_organization "
    "AND created_by NOT IN (SELECT m.user_id FROM member m WHERE m.org_id = ?) "
    "AND EXISTS (SELECT 1 FROM member f JOIN organization o ON o.id = f.org_id "
    "WHERE f.org_id = ? AND f.user_id = ? AND f.granted_by IS NULL AND f.created_at = o.created_at)"};

constexpr Sql kDeleteGoneAccounts{
    "api_key.delete_accounts_of_the_gone",
    "DELETE FROM service_account_key WHERE org_id = ? "
    "AND created_by NOT IN (SELECT m.user_id FROM member m WHERE m.org_id = ?) "
    "AND EXISTS (SELECT 1 FROM member f JOIN organization o ON o.id = f.org_id "
    "WHERE f.org_id = ? AND f.user_id = ? AND f.granted_by IS NULL AND f.created_at = o.created_at)"};

}  // namespace

const Table<ApiKey> api_key_table{kApiKey};

bool delete_api_key(db::Txn& txn, const TenantScope& scope, const ApiKey& key) {
  // What workers remember of the key stands under its maker.
  txn.touch(key.created_by);
  return api_key_table.erase(txn, scope, key.id.bytes());
}

std::int64_t delete_organization_keys_of(db::Txn& txn, const TenantScope& scope,
                                         const std::vector<UserId>& makers) {
  for (const auto& maker : makers) txn.touch(maker);
  return txn.execute(kDeleteOrganizations, scope.org(), id_list(makers)) +
         txn.execute(kDeleteAccounts, scope.org(), id_list(makers));
}

std::int64_t delete_keys_of_the_gone(db::Txn& txn, const TenantScope& scope, UserId founder) {
  return txn.execute(kDeleteGone, scope.org(), scope.org(), scope.org(), founder) +
         txn.execute(kDeleteGoneAccounts, scope.org(), scope.org(), scope.org(), founder);
}

std::vector<ApiKey> list_api_keys(db::Txn& txn, const TenantScope& scope, ApiKeyId after,
                                  std::int64_t limit) {
  return api_key_table.read(txn.query(kList, scope.org(), after, limit));
}

std::int64_t count_api_keys(db::Txn& txn, const TenantScope& scope) { return count(kApiKey, txn, scope, {}); }

}  // namespace tenantd::store
