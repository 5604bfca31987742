// Codes that are mailed: of each kind an account has one, the newest.
#pragma once

#include <optional>
#include <string>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/txn.hpp"

namespace tenantd::store {

enum class CodePurpose : std::int8_t { sign_in = 0, step_up = 1 };

struct MailedCode {
  UserId user;
  std::string code;  // an HMAC
};

// In the place of the one that there was. For an id that is no account nothing is stored, at the same cost;
// nor where the account has another address by now.
void put_mailed_code(db::Txn& txn, UserId user, const std::string& address, CodePurpose purpose,
                     const std::string& browser, const std::string& code, TimePoint now,
                     TimePoint expires_at);
// Counts a try before it is evaluated, over all workers. nullopt: this browser has no code, or it is over, or
// was tried `most` times.
std::optional<MailedCode> try_mailed_code(db::Txn& txn, CodePurpose purpose, const std::string& browser,
                                          std::int64_t most, TimePoint now);
// Uses it up: of two, one. False too if another has taken its place.
bool use_mailed_code(db::Txn& txn, UserId user, CodePurpose purpose, const std::string& code);
void delete_mailed_codes(db::Txn& txn, UserId user);

// True if so many wrong guesses have come lately that none more is looked at, wherever it comes from.
bool is_account_locked(db::Txn& txn, UserId user, TimePoint now);

}  // namespace tenantd::store
