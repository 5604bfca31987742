// Second factors: a time-based one-time password and recovery codes. Secrets are sealed, codes hashed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

struct Totp {
  std::optional<std::string> secret_sealed;   // in force
  std::optional<std::string> pending_sealed;  // waits for its first code
  TimePoint locked_until;
};
std::optional<Totp> find_totp(db::Txn& txn, UserId user);

// A secret that waits for its first code, in the place of another that does.
void put_pending_totp(db::Txn& txn, UserId user, const std::string& sealed, TimePoint now);
// Puts the pending secret in force, its first code's step used up. False if it is no longer `pending_sealed`.
bool confirm_totp(db::Txn& txn, UserId user, const std::string& pending_sealed, std::int64_t step,
                  TimePoint now);
// Removes the factor with its recovery codes.
void delete_totp(db::Txn& txn, UserId user);

// Counts one code before it is evaluated, over all workers. False while locked. The code that reaches
// `failures` locks for `lock`.
bool reserve_code(db::Txn& txn, UserId user, std::int64_t failures, Seconds lock, TimePoint now);
// The code was right: uses up its step, and every step before it, and forgets the failures. False if the step
// was used already.
bool use_step(db::Txn& txn, UserId user, const std::string& secret_sealed, std::int64_t step);
// Uses up a recovery code. False if there is none.
bool use_recovery_code(db::Txn& txn, UserId user, const std::string& hash);

// Forgets the wrong codes, and the lock they brought.
void clear_code_failures(db::Txn& txn, UserId user);

void replace_recovery_codes(db::Txn& txn, UserId user, const std::vector<std::string>& hashes, TimePoint now);
std::int64_t count_recovery_codes(db::Txn& txn, UserId user);

}  // namespace tenantd::store
