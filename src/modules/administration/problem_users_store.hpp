// Accounts that need somebody's attention.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/identity/sessions_store.hpp"

namespace tenantd::store {

enum class Problem {
  locked,           // by wrong passwords or wrong codes
  bouncing,         // its address is suppressed, or a mail to it came back
  unverified,       // its address was not verified in time
  never_signed_in,  // no sign-in is on record and no session lives, since long before
};

struct ProblemUser {
  UserId id;
  std::string email;
  Status status = Status::active;
  TimePoint created_at;
  std::optional<TimePoint> email_verified_at;
  std::int64_t failed_signins = 0;
  TimePoint locked_until;  // in the past: not locked
  std::optional<TimePoint> factor_locked_until;
  std::optional<std::string> suppression;   // why no mail is sent there
  std::optional<TimePoint> bounced_at;      // the last mail that came back
  std::optional<TimePoint> last_signin_at;  // as far as it is on record
  bool has_session = false;
};

// What is wrong with the account at `now`; the last two count for one made before `before`.
std::vector<Problem> problems_of(const ProblemUser& user, TimePoint now, TimePoint before);

// Returns at most `limit` accounts with this problem, or with any, oldest first, after `from`.
std::vector<ProblemUser> list_problem_users(db::Txn& txn, const SuperAdmin& admin,
                                            std::optional<Problem> kind, TimePoint now, TimePoint before,
                                            const std::optional<Keyset>& from, std::int64_t limit);
// Counts up to db::kCountedRows + 1.
std::int64_t count_problem_users(db::Txn& txn, const SuperAdmin& admin, std::optional<Problem> kind,
                                 TimePoint now, TimePoint before);

}  // namespace tenantd::store
