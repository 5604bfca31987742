// Service accounts: what acts for an organization without being a person. An account holds a role or
// permissions, never above what its setter holds, and never more than a key of the organization may hold. Its
// keys hold nothing of their own: what the account can do, and from where, counts with each request.
#pragma once

#include <functional>
#include <string>

#include "identity/keys/service_accounts_store.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

inline constexpr std::int64_t kMostServiceAccounts = 100;  // of an organization
inline constexpr std::int64_t kMostLiveKeys = 5;           // of an account
inline constexpr Seconds kUsualOverlap{7 * 86400};
inline constexpr Seconds kLongestOverlap{366 * 86400};

// `form`: as a body filled it. Throws ApiError: role_outranks (more than the caller holds), temporary_right
// (the caller's role ends), validation_failed, conflict (the name), limit_reached.
store::ServiceAccount make_service_account(const Work& work, store::ServiceAccount form);

// Changes an account by `edit`. `gives_role`, `gives_permissions`: the body names them; the one that it gives
// takes the other's place. Throws as make_service_account(), and not_found, precondition_failed,
// role_outranks also if the account holds more than the caller before.
struct ServiceAccountChange {
  std::function<void(store::ServiceAccount&)> edit;
  bool gives_role = false;
  bool gives_permissions = false;
};
store::ServiceAccount change_service_account(const Work& work, ServiceAccountId id,
                                             const ServiceAccountChange& change);

// Ends an account with its keys. Throws ApiError: not_found, role_outranks (another's that holds more).
void remove_service_account(const Work& work, ServiceAccountId id);

struct MadeAccountKey {
  store::AccountKey record;
  Secret key;  // the only time it is seen
};

// Makes a key of the account. Throws ApiError: not_found, role_outranks, temporary_right, validation_failed
// (it would have ended already), limit_reached.
MadeAccountKey make_account_key(const Work& work, ServiceAccountId account, store::AccountKey form);

// The same, and lets the keys of before end at `old_keys_end`, so that both work meanwhile. A form without a
// name takes that of the newest key.
MadeAccountKey rotate_account_key(const Work& work, ServiceAccountId account, store::AccountKey form,
                                  TimePoint old_keys_end);

// Ends one key. Throws ApiError: not_found, role_outranks (another's key of an account that holds more).
void remove_account_key(const Work& work, ServiceAccountId account, ApiKeyId id);

}  // namespace tenantd::service
