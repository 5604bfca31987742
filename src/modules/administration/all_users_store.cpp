#include "modules/administration/all_users_store.hpp"

#include <algorithm>
#include <tuple>

#include "modules/administration/threats_store.hpp"
#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// The page is found first, and what stands elsewhere is looked up for the accounts on it alone.
#define TENANTD_ANY_USER(time, id, found, order)                                                    \
  "SELECT w.id, w.email, w.profile, w.status, w.is_super, w.email_verified_at, w.mfa_enabled_at, "  \
  "w.failed_signins, w.locked_until, w.created_at, w.place_time, w.place_id, "                      \
  "(SELECT f.locked_until FROM admin_factor f WHERE f.user_id = w.id), "                            \
  "(SELECT s.reason FROM admin_suppression s WHERE s.email = w.email), "                            \
  "(SELECT e.created_at FROM admin_event e WHERE e.user_id = w.id AND e.type = 'signin.succeeded' " \
  "ORDER BY e.id DESC LIMIT 1) FROM (SELECT u.id, u.email, u.profile, u.status, u.is_super, "       \
  "u.email_verified_at, u.mfa_enabled_at, u.failed_signins, u.locked_until, u.created_at, " time    \
  " AS place_time, " id " AS place_id FROM " found ") w ORDER BY " order
#define TENANTD_IN_TIME(time, id, found)                                                           \
  TENANTD_ANY_USER(time, id,                                                                       \
                   found time " <= ? AND (" time " < ? OR " id " < ?) ORDER BY " time " DESC, " id \
                              " DESC LIMIT ?",                                                     \
                   "w.place_time DESC, w.place_id DESC")
#define TENANTD_NAMED(email) email " > ? AND " email " >= ? AND " email " < ? "
#define TENANTD_BY_NAME(found, email) \
  TENANTD_ANY_USER("u.created_at", "u.id", found TENANTD_NAMED(email) "ORDER BY " email " LIMIT ?", "w.email")
#define TENANTD_ALL "admin_user u WHERE "
#define TENANTD_UNPROVEN "admin_user u WHERE u.email_verified_at IS NULL AND "
#define TENANTD_BOUNCING "admin_suppression s STRAIGHT_JOIN admin_user u ON u.email = s.email WHERE "
constexpr Sql kAll{"any_user.all", TENANTD_IN_TIME("u.created_at", "u.id", TENANTD_ALL)};
constexpr Sql kAllNamed{"any_user.named", TENANTD_BY_NAME(TENANTD_ALL, "u.email")};
constexpr Sql kUnproven{"any_user.unverified", TENANTD_IN_TIME("u.created_at", "u.id", TENANTD_UNPROVEN)};
constexpr Sql kUnprovenNamed{"any_user.unverified_named", TENANTD_BY_NAME(TENANTD_UNPROVEN, "u.email")};
constexpr Sql kSuppressed{"any_user.suppressed", TENANTD_IN_TIME("s.created_at", "s.id", TENANTD_BOUNCING)};
constexpr Sql kSuppressedNamed{"any_user.suppressed_named", TENANTD_BY_NAME(TENANTD_BOUNCING, "s.email")};
// An account that is locked in both ways stands in the list of the longer lock alone.
constexpr Sql kLocked{
    "any_user.locked",
    TENANTD_IN_TIME("u.locked_until", "u.id",
                    "admin_user u LEFT JOIN admin_factor f ON f.user_id = u.id "
                    "WHERE u.locked_until > ? AND COALESCE(f.locked_until, 0) <= u.locked_until "
                    "AND " TENANTD_NAMED("u.email") "AND ")};
constexpr Sql kFactorLocked{"any_user.factor_locked",
                            TENANTD_IN_TIME("f.locked_until", "f.user_id",
                                            "admin_factor f STRAIGHT_JOIN admin_user u ON u.id = f.user_id "
                                            "WHERE f.locked_until > ? AND u.locked_until < f.locked_until "
                                            "AND " TENANTD_NAMED("u.email") "AND ")};
#undef TENANTD_BOUNCING
#undef TENANTD_UNPROVEN
#undef TENANTD_ALL
#undef TENANTD_BY_NAME
#undef TENANTD_NAMED
#undef TENANTD_IN_TIME
#undef TENANTD_ANY_USER

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
    user.factor_locked_until = maybe_time(rows, 12);
    user.suppression = rows.maybe_text(13);
    user.last_signin_at = maybe_time(rows, 14);
    found.push_back(std::move(user));
  }
  return found;
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
  return find_page(txn, admin, filter, now, from, limit);
}

}  // namespace tenantd::store
