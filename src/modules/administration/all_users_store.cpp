#include "modules/administration/all_users_store.hpp"

#include <algorithm>
#include <tuple>

#include "modules/administration/threats_store.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_ANY_USER                                                                           \
  "SELECT u.id, u.email, u.profile, u.status, u.is_super, u.email_verified_at, u.mfa_enabled_at, " \
  "u.failed_signins, u.locked_until, u.created_at, "
#define TENANTD_BEFORE(time, id) \
  time " <= ? AND (" time " < ? OR " id " < ?) ORDER BY " time " DESC, " id " DESC LIMIT ?"
#define TENANTD_NAMED(email) email " > ? AND " email " >= ? AND " email " < ? "
#define TENANTD_BY_NAME(email) TENANTD_NAMED(email) "ORDER BY " email " LIMIT ?"
#define TENANTD_UNPROVEN "u.email_verified_at IS NULL AND "
#define TENANTD_BOUNCING "FROM admin_suppression s STRAIGHT_JOIN admin_user u ON u.email = s.email WHERE "
constexpr Sql kAll{"any_user.all", TENANTD_ANY_USER
                   "u.created_at, u.id FROM admin_user u WHERE " TENANTD_BEFORE("u.created_at", "u.id")};
constexpr Sql kAllNamed{"any_user.named", TENANTD_ANY_USER
                        "u.created_at, u.id FROM admin_user u WHERE " TENANTD_BY_NAME("u.email")};
constexpr Sql kUnproven{
    "any_user.unverified", TENANTD_ANY_USER
    "u.created_at, u.id FROM admin_user u WHERE " TENANTD_UNPROVEN TENANTD_BEFORE("u.created_at", "u.id")};
constexpr Sql kUnprovenNamed{
    "any_user.unverified_named", TENANTD_ANY_USER
    "u.created_at, u.id FROM admin_user u WHERE " TENANTD_UNPROVEN TENANTD_BY_NAME("u.email")};
constexpr Sql kSuppressed{"any_user.suppressed", TENANTD_ANY_USER
                          "s.created_at, s.id " TENANTD_BOUNCING TENANTD_BEFORE("s.created_at", "s.id")};
constexpr Sql kSuppressedNamed{"any_user.suppressed_named", TENANTD_ANY_USER
                               "u.created_at, u.id " TENANTD_BOUNCING TENANTD_BY_NAME("s.email")};
// An account that is locked in both ways stands in the list of the longer lock alone.
constexpr Sql kLocked{"any_user.locked", TENANTD_ANY_USER
                      "u.locked_until, u.id FROM admin_user u LEFT JOIN admin_factor f ON f.user_id = u.id "
                      "WHERE u.locked_until > ? AND COALESCE(f.locked_until, 0) <= u.locked_until "
                      "AND " TENANTD_NAMED("u.email") "AND " TENANTD_BEFORE("u.locked_until", "u.id")};
constexpr Sql kFactorLocked{
    "any_user.factor_locked", TENANTD_ANY_USER
    "f.locked_until, u.id FROM admin_factor f STRAIGHT_JOIN admin_user u ON u.id = f.user_id "
    "WHERE f.locked_until > ? AND u.locked_until < f.locked_until "
    "AND " TENANTD_NAMED("u.email") "AND " TENANTD_BEFORE("f.locked_until", "f.user_id")};
#undef TENANTD_BOUNCING
#undef TENANTD_UNPROVEN
#undef TENANTD_BY_NAME
#undef TENANTD_NAMED
#undef TENANTD_BEFORE
#undef TENANTD_ANY_USER
constexpr Sql kAnyUserDetails{
    "any_user.details",
    "SELECT (SELECT locked_until FROM admin_factor WHERE user_id = ?), "
    "(SELECT reason FROM admin_suppression WHERE email = ?), "
    "(SELECT created_at FROM admin_event WHERE user_id = ? AND type = 'signin.succeeded' "
    "ORDER BY id DESC LIMIT 1)"};

// What no address comes after.
constexpr const char* kLastLetter = "\xF4\x8F\xBF\xBF";

std::vector<AnyUser> read_users(db::Rows rows) {
  std::vector<AnyUser> found;
  while (rows.next()) {
    AnyUser user;
    user.id = rows.id<UserId>(0);
    user.email = rows.text(1);
    user.profile = rows.text(2);
    user.status = static_cast<Status>(rows.integer(3));
    user.is_super = rows.flag(4);
    user.email_verified_at = maybe_time(rows, 5);
    user.mfa_enabled = !rows.is_null(6);
    user.failed_signins = rows.integer(7);
    user.locked_until = rows.time(8);
    user.created_at = rows.time(9);
    user.place = {rows.time(10), rows.id<UserId>(11).bytes()};
    found.push_back(std::move(user));
  }
  return found;
}

void read_user_details(db::Txn& txn, AnyUser& user) {
  auto rows = txn.query(kAnyUserDetails, user.id, user.email, user.id);
  rows.next();
  user.factor_locked_until = maybe_time(rows, 0);
  user.suppression = rows.maybe_text(1);
  user.last_signin_at = maybe_time(rows, 2);
}

std::vector<AnyUser> in_time(db::Txn& txn, const Sql& sql, const Keyset& start, std::int64_t limit) {
  return read_users(txn.query(sql, start.time, start.time, UserId{start.id}, limit));
}

std::vector<AnyUser> locked_users(db::Txn& txn, const std::string& prefix, TimePoint now, const Keyset& start,
                                  std::int64_t limit) {
  const auto ask = [&](const Sql& sql) {
    return read_users(txn.query(sql, now, "", prefix, prefix + kLastLetter, start.time, start.time,
                                UserId{start.id}, limit));
  };
  auto found = ask(kLocked);
  const auto by_codes = ask(kFactorLocked);
  found.insert(found.end(), by_codes.begin(), by_codes.end());
  std::sort(found.begin(), found.end(), [](const AnyUser& a, const AnyUser& b) {
    return std::tie(a.place.time, a.place.id) > std::tie(b.place.time, b.place.id);
  });
  if (static_cast<std::int64_t>(found.size()) > limit)
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
  return found;
}

const Sql& in_time_of(const std::optional<UserState>& state) {
  if (!state) return kAll;
  return *state == UserState::unverified ? kUnproven : kSuppressed;
}

const Sql& by_name_of(const std::optional<UserState>& state) {
  if (!state) return kAllNamed;
  return *state == UserState::unverified ? kUnprovenNamed : kSuppressedNamed;
}

std::vector<AnyUser> find_page(db::Txn& txn, const SuperAdmin& admin, const AnyUserFilter& filter,
                               TimePoint now, const std::optional<Keyset>& from, std::int64_t limit) {
  const auto start = from.value_or(Keyset::newest());
  if (filter.state == UserState::locked) return locked_users(txn, filter.prefix, now, start, limit);
  if (filter.prefix.empty()) return in_time(txn, in_time_of(filter.state), start, limit);
  // The cursor names an account, and the list goes on behind its address.
  const auto after = from ? find_email(txn, admin, UserId{from->id}) : std::string{};
  if (!after) return {};
  return read_users(
      txn.query(by_name_of(filter.state), *after, filter.prefix, filter.prefix + kLastLetter, limit));
}

}  // namespace

std::vector<AnyUser> list_any_users(db::Txn& txn, const SuperAdmin& admin, const AnyUserFilter& filter,
                                    TimePoint now, const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter(admin);
  auto found = find_page(txn, admin, filter, now, from, limit);
  for (auto& user : found) read_user_details(txn, user);
  return found;
}

}  // namespace tenantd::store
