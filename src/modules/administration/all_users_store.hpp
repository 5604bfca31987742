// Every account of the service, for super-admins. No page reads more of a table than its own rows of an
// index.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/keyset.hpp"

namespace tenantd::store {

enum class UserState {
  locked,      // by wrong passwords or wrong codes
  unverified,  // its address is not proven
  bouncing,    // its address gets no mail
};

struct AnyUser {
  UserId id;
  std::string email;
  std::string profile;  // JSON object
  Status status = Status::active;
  bool is_super = false;
  std::optional<TimePoint> email_verified_at;
  bool mfa_enabled = false;
  std::int64_t failed_signins = 0;
  TimePoint locked_until;  // in the past: not locked
  TimePoint created_at;
  Keyset place;  // in the list that it was read for
  std::optional<TimePoint> factor_locked_until;
  std::optional<std::string> suppression;   // why no mail is sent there
  std::optional<TimePoint> last_signin_at;  // as far as it is on record
};

struct AnyUserFilter {
  std::optional<UserState> state;
  std::string prefix;  // of the address, canonical; empty = all
};

// Returns at most `limit` accounts after `from`: with a prefix in the order of their addresses; without one
// the newest first, of the locked ones those that are locked longest, of the bouncing ones the newest
// suppression.
std::vector<AnyUser> list_any_users(db::Txn& txn, const SuperAdmin& admin, const AnyUserFilter& filter,
                                    TimePoint now, const std::optional<Keyset>& from, std::int64_t limit);

}  // namespace tenantd::store
