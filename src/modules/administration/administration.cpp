#include "modules/administration/administration.hpp"

#include "modules/administration/maintenance_store.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/identity/account_events.hpp"
#include "tenantd/identity/accounts_store.hpp"
#include "tenantd/identity/factors_store.hpp"

namespace tenantd::service {
namespace {

constexpr std::int64_t kDay = 86400;

std::int64_t day_of(TimePoint time) { return unix_seconds(time) / kDay; }

// Adds what was counted on each day to the days it was counted on.
void put(std::vector<GrowthDay>& days, const std::vector<store::CountedDay>& counts,
         std::int64_t GrowthDay::*number) {
  for (const auto& count : counts)
    days.at(static_cast<std::size_t>(count.day - days.front().day)).*number = count.count;
}

// The lock that holds at `now`, for those who read of it later.
std::optional<TimePoint> lock_at(TimePoint now, const std::optional<TimePoint>& until) {
  return until && *until > now ? until : std::nullopt;
}

}  // namespace

void unlock_account(db::Txn& txn, const Context& context, const SuperAdmin& admin, UserId user) {
  // A session in the wrong hands must not buy itself new guesses at its owner's password.
  if (user == admin.user()) throw ApiError(ErrorCode::forbidden, "Nobody unlocks the own account");
  const auto security = store::find_account_security(txn, user);
  if (!security) throw ApiError(ErrorCode::not_found);
  const auto factor = store::find_totp(txn, user);
  store::clear_attempts(txn, user);
  store::clear_code_failures(txn, user);
  record_account_event(txn, context, user, "account.unlocked", {}, admin.user());
  Change change{"account.unlocked", "user", user.bytes()};
  change.before.set("failed_signins", security->failed_signins)
      .set("locked_until", lock_at(context.now, security->locked_until))
      .set("second_factor_locked_until", factor ? lock_at(context.now, factor->locked_until) : std::nullopt);
  change.after.set("failed_signins", 0)
      .set("locked_until", nullptr)
      .set("second_factor_locked_until", nullptr);
  record_for_system(txn, context, change);
}

std::int64_t request_cleanup(db::Txn& txn, const Context& context, const SuperAdmin& admin) {
  const auto id = store::request_sweep(txn, admin, context.now);
  Change change{"maintenance.cleanup_requested", "sweep_request"};
  change.after.set("id", id);
  record_for_system(txn, context, change);
  txn.after_commit([path = context.settings.sweeper_socket] { ring(path); });
  return id;
}

std::vector<GrowthDay> growth(db::Txn& txn, const SuperAdmin& admin, TimePoint from, TimePoint to) {
  std::vector<GrowthDay> days;
  for (auto day = day_of(from); day <= day_of(to); ++day) days.push_back({day});
  const auto first = from_unix(days.front().day * kDay);
  const auto last = from_unix((days.back().day + 1) * kDay - 1);
  put(days, store::count_sign_ups(txn, admin, first, last), &GrowthDay::sign_ups);
  put(days, store::count_new_tenants(txn, admin, first, last), &GrowthDay::tenants);
  put(days, store::count_active_users(txn, admin, first, last), &GrowthDay::active_users);
  return days;
}

}  // namespace tenantd::service
