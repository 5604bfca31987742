// What every service needs besides its input: settings, keys, the time, and who asks from where.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tenantd/config/settings.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/password.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/slow_turn.hpp"

namespace tenantd::shm {
class SessionCache;
}

namespace tenantd::service {

// Whether a share of something counted is left.
struct Allowance {
  bool allowed = true;
  std::int64_t limit = 0;  // shares in an hour
  std::int64_t wait = 0;   // seconds until the next one, 0 when allowed
  explicit operator bool() const { return allowed; }
};

struct Context {
  const Settings& settings;
  const crypto::KeyRing& keys;
  TimePoint now;
  std::string address;  // the client's
  std::string agent;    // as sent
  std::string request_id;
  const Principal* caller = nullptr;  // once it is known who calls; nullptr = nobody signed in
  std::function<void()> wake_courier;
  bool counts_mails = false;  // against their budgets
  // Counts an invitation by this person.
  std::function<Allowance(UserId inviter)> may_invite;
  // Takes a place for what SlowTurn is for, and gives it back when the result goes; empty where there are no
  // lanes.
  std::function<std::shared_ptr<const void>(SlowTurn::Kind, OrgId)> slow_turn;
  // Runs `work` in a unit of work of its own once the reply is sent, whatever the reply is: how long it takes
  // tells the caller nothing. It may refer to this context. Empty in programs that answer nobody.
  std::function<void(std::function<void(db::Txn&)> work)> after_reply = {};
  // Counts an account that wrong passwords have locked.
  std::function<void()> note_lock = {};
  // What this host remembers of tokens and clients; nullptr: everything is read.
  shm::SessionCache* sessions = nullptr;
  // True if the caller means this revision of what the request is about (RFC 9110, sections 13.1.1 and
  // 13.1.2); empty: whichever there is.
  std::function<bool(std::int64_t revision)> is_expected = {};
};

// To be asked of a row that nobody else can change any more. Throws ApiError(precondition_failed).
void require_expected(const Context& context, std::int64_t revision);

// What a change in an organization needs: the transaction it belongs to, who asks from where, and the proof
// of who acts there. It refers to all three, which must outlive it.
struct Work {
  db::Txn& txn;
  const Context& context;
  const TenantScope& scope;
};

// The fields of such a refusal besides Retry-After: pages of other origins may read them, and the documents
// name them.
struct RateLimitField {
  const char* name;
  const char* meaning;
};
inline constexpr std::array<RateLimitField, 3> kRateLimitFields{
    {{"RateLimit-Limit", "How many requests the limit allows in its time; only where a limit refuses"},
     {"RateLimit-Remaining", "How many are left of them; only where a limit refuses"},
     {"RateLimit-Reset", "Seconds until some are allowed again; only where a limit refuses"}}};

// Throws ApiError(rate_limited) with the fields that say when to come again, unless it is allowed.
void require(const Allowance& allowance, const std::string& text);

// The link of a mail to `page`. It carries the token in the fragment: no server, scanner or log on the way
// sees it.
std::string mail_link(const Context& context, const std::string& page, const Secret& token);
// A lifetime as mails say it: whole minutes, rounded up.
std::string mail_minutes(std::int64_t seconds);
// What a mail about an account says of the request: email, time, address, agent.
std::map<std::string, std::string> where_and_when(const Context& context, const UserRecord& user);

// "2026-03-01 12:30 UTC"
std::string format_utc(TimePoint time);

// What a password hash costs by the settings.
crypto::Argon2Params hash_cost(const Settings& settings);

// Hashes a new password after judging it. `pointer` names the body's field in the refusal; `known` are words
// the owner is known by. Throws ApiError(password_refused).
std::string hash_new_password(const Context& context, const std::string& typed, const std::string& pointer,
                              const std::vector<std::string>& known);
// True if the normalized password stands in the list of leaked ones that is in use.
bool is_breached(const Secret& password);

}  // namespace tenantd::service
