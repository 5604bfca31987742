// API keys of one organization. Stores only a key's hash and its first characters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/record/table.hpp"

namespace tenantd::store {

// As the column of_organization numbers them: the organization's stay when their makers go.
enum class KeyOwner : std::int8_t { member, organization };

struct ApiKey {
  ApiKeyId id;
  std::string name;
  std::string prefix;  // the key's first characters
  PermissionSet permissions;
  KeyOwner owner = KeyOwner::member;
  UserId created_by;
  TimePoint created_at;
  std::optional<TimePoint> expires_at;    // nullopt = never
  std::optional<TimePoint> last_used_at;  // exact to a minute
  std::string token;                      // written alone: SHA-256 of the whole key
  std::optional<UserId> member;           // written alone: the maker, unless it is the organization's
};

// The field list. To insert throws db::ForeignKeyError if the maker is no member any more.
extern const record::Table<ApiKey> api_key_table;

// False if there was none. The key is refused from the commit on.
bool delete_api_key(db::Txn& txn, const TenantScope& scope, const ApiKey& key);
// Ends those keys of the organization itself, and of its service accounts, that `makers` made. Returns how
// many.
std::int64_t delete_organization_keys_of(db::Txn& txn, const TenantScope& scope,
                                         const std::vector<UserId>& makers);
// Ends those keys of an organization that `founder` began whose makers have left it; none if the organization
// was there before that member. Returns how many.
std::int64_t delete_keys_of_the_gone(db::Txn& txn, const TenantScope& scope, UserId founder);
// Returns at most `limit` keys, oldest first, after the key with the id `after`.
std::vector<ApiKey> list_api_keys(db::Txn& txn, const TenantScope& scope, ApiKeyId after, std::int64_t limit);
std::int64_t count_api_keys(db::Txn& txn, const TenantScope& scope);

}  // namespace tenantd::store
