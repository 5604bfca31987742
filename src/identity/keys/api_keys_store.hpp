// API keys of one organization. Stores only a key's hash and its first characters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

struct ApiKey {
  ApiKeyId id;
  std::string name;
  std::string prefix;  // the key's first characters
  PermissionSet permissions;
  UserId created_by;
  TimePoint created_at;
  std::optional<TimePoint> expires_at;    // nullopt = never
  std::optional<TimePoint> last_used_at;  // exact to a minute
  bool of_organization = false;           // stays when its maker goes
};

// `hash`: SHA-256 of the whole key. Throws db::ForeignKeyError if the maker is no member any more.
void insert_api_key(db::Txn& txn, const TenantScope& scope, const ApiKey& key, const std::string& hash);
std::optional<ApiKey> find_api_key(db::Txn& txn, const TenantScope& scope, ApiKeyId id);
// False if there was none. The key is refused from the commit on.
bool delete_api_key(db::Txn& txn, const TenantScope& scope, const ApiKey& key);
// Ends those keys of the organization itself that `makers` made. Returns how many.
std::int64_t delete_organization_keys_of(db::Txn& txn, const TenantScope& scope,
                                         const std::vector<UserId>& makers);
// Ends those keys of an organization that `founder` began whose makers have left it; none if the organization
// was there before that member. Returns how many.
std::int64_t delete_keys_of_the_gone(db::Txn& txn, const TenantScope& scope, UserId founder);
// Returns at most `limit` keys, oldest first, after the key with the id `after`.
std::vector<ApiKey> list_api_keys(db::Txn& txn, const TenantScope& scope, ApiKeyId after, std::int64_t limit);
std::int64_t count_api_keys(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
