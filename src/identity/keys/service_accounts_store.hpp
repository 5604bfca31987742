// Service accounts of an organization, and their keys. Stores only a key's hash and its first characters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/domain/account_access.hpp"
#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

// As the column numbers them.
enum class AccountStatus : std::int8_t { active, disabled };

struct ServiceAccount {
  ServiceAccountId id;
  std::string name;
  std::string description;
  std::optional<std::string> role;  // its name, as a body brought it or fill_access() read it
  std::optional<RoleId> role_id;
  PermissionSet permissions;  // of one without a role
  std::string networks;       // commas between, each in its one spelling; empty: from everywhere
  AccountStatus status = AccountStatus::active;
  std::optional<UserId> created_by;
  std::optional<UserId> kept_by;  // who made it or saved it last: hears of keys that end
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
  // Filled by fill_access().
  PermissionSet granted;  // what its role or it by itself names
  std::int64_t live_keys = 0;
  std::optional<TimePoint> next_key_ends_at;
  std::optional<TimePoint> last_used_at;
};

// The field list. To write throws what is refused with if another has the name.
extern const record::Table<ServiceAccount> service_account_table;

// What the accounts may do at this moment, and what of their keys is worth knowing.
void fill_access(db::Txn& txn, const TenantScope& scope, std::vector<ServiceAccount>& accounts,
                 TimePoint now);
std::vector<ServiceAccount> list_service_accounts(db::Txn& txn, const TenantScope& scope,
                                                  const std::optional<Keyset>& from, std::int64_t limit,
                                                  TimePoint now);
std::int64_t count_service_accounts(db::Txn& txn, const TenantScope& scope);
std::optional<ServiceAccount> find_service_account(db::Txn& txn, const TenantScope& scope,
                                                   ServiceAccountId id, TimePoint now);
// The same, locked until the commit.
std::optional<ServiceAccount> lock_service_account(db::Txn& txn, const TenantScope& scope,
                                                   ServiceAccountId id, TimePoint now);
// Says that a call from outside the account's networks is told of. False if one was in the hour before.
bool claim_refusal(db::Txn& txn, OrgId org, ServiceAccountId id, TimePoint now);

struct AccountKey {
  ApiKeyId id;
  std::string name;
  std::string prefix;  // the key's first characters
  ServiceAccountId account;
  UserId created_by;
  TimePoint created_at;
  std::optional<TimePoint> expires_at;           // nullopt = never
  std::optional<TimePoint> last_used_at;         // exact to a minute
  std::optional<std::string> last_used_address;  // the client's, then
  std::string token;                             // written alone: SHA-256 of the whole key
  PermissionSet permissions;                     // written alone: none of its own
  bool of_organization = true;                   // written alone
};

extern const record::Table<AccountKey> account_key_table;

// Returns at most `limit` keys of the account, oldest first, after the key with the id `after`.
std::vector<AccountKey> list_account_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account,
                                          ApiKeyId after, std::int64_t limit);
std::int64_t count_account_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account);
std::int64_t count_live_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account, TimePoint now);
// Removes those that have ended.
void forget_ended_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account, TimePoint now);
// Lets every live key but `kept` end at `end`, unless it ends before; no mail warns of that. Returns how many
// now end there.
std::int64_t end_other_keys(db::Txn& txn, const TenantScope& scope, ServiceAccountId account, ApiKeyId kept,
                            TimePoint end, TimePoint now);
void note_key_use(db::Txn& txn, ApiKeyId key, const std::string& address, TimePoint now);

}  // namespace tenantd::store
