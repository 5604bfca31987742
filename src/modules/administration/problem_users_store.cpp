#include "modules/administration/problem_users_store.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// Where each problem is found: from an index, by one time.
#define TENANTD_LOCKED "admin_user u WHERE u.locked_until > ? "
#define TENANTD_FACTOR_LOCKED \
  "admin_factor f STRAIGHT_JOIN admin_user u ON u.id = f.user_id WHERE f.locked_until > ? "
#define TENANTD_SUPPRESSED \
  "admin_suppression s STRAIGHT_JOIN admin_user u ON u.email = s.email WHERE s.created_at <= ? "
#define TENANTD_BOUNCED \
  "admin_mail b STRAIGHT_JOIN admin_user u ON u.email = b.recipient WHERE b.bounced_at <= ? "
#define TENANTD_UNVERIFIED "admin_user u WHERE u.email_verified_at IS NULL AND u.created_at <= ? "
// Looked up account by account, until the page is full: the optimizer would collect every sign-in there ever
// was.
#define TENANTD_NEVER                                                                                        \
  "admin_user u WHERE u.created_at <= ? AND (SELECT e.id FROM admin_event e WHERE e.user_id = u.id AND "     \
  "e.type = 'signin.succeeded' LIMIT 1) IS NULL AND (SELECT s.user_id FROM admin_session s WHERE s.user_id " \
  "= "                                                                                                       \
  "u.id LIMIT 1) IS NULL "
#define TENANTD_LIST(from)                                                                         \
  "SELECT DISTINCT u.id, u.email, u.status, u.created_at, u.email_verified_at, u.failed_signins, " \
  "u.locked_until FROM " from                                                                      \
  "AND u.created_at >= ? AND (u.created_at > ? OR u.id > ?) ORDER BY u.created_at, u.id LIMIT ?"

struct Source {
  Problem problem;
  Sql list;
  bool past;  // the time is `before`, else `now`
};
constexpr std::array kSources = {
    Source{Problem::locked, {"problem_users.locked", TENANTD_LIST(TENANTD_LOCKED)}, false},
    Source{Problem::locked, {"problem_users.factor_locked", TENANTD_LIST(TENANTD_FACTOR_LOCKED)}, false},
    Source{Problem::bouncing, {"problem_users.suppressed", TENANTD_LIST(TENANTD_SUPPRESSED)}, false},
    Source{Problem::bouncing, {"problem_users.bounced", TENANTD_LIST(TENANTD_BOUNCED)}, false},
    Source{Problem::unverified, {"problem_users.unverified", TENANTD_LIST(TENANTD_UNVERIFIED)}, true},
    Source{Problem::never_signed_in, {"problem_users.never", TENANTD_LIST(TENANTD_NEVER)}, true},
};
#undef TENANTD_LIST

constexpr Sql kCount{"problem_users.count", "SELECT COUNT(*) FROM (SELECT u.id FROM " TENANTD_LOCKED
                                            "AND ? UNION SELECT u.id FROM " TENANTD_FACTOR_LOCKED
                                            "AND ? UNION SELECT u.id FROM " TENANTD_SUPPRESSED
                                            "AND ? UNION SELECT u.id FROM " TENANTD_BOUNCED
                                            "AND ? UNION SELECT u.id FROM " TENANTD_UNVERIFIED
                                            "AND ? UNION SELECT u.id FROM " TENANTD_NEVER "AND ?) problems"};
#undef TENANTD_LOCKED
#undef TENANTD_FACTOR_LOCKED
#undef TENANTD_SUPPRESSED
#undef TENANTD_BOUNCED
#undef TENANTD_UNVERIFIED
#undef TENANTD_NEVER

constexpr Sql kDetails{"problem_users.details",
                       "SELECT (SELECT locked_until FROM admin_factor WHERE user_id = ?), "
                       "(SELECT reason FROM admin_suppression WHERE email = ?), "
                       "(SELECT MAX(bounced_at) FROM admin_mail WHERE recipient = ? AND bounced_at > 0), "
                       "(SELECT created_at FROM admin_event WHERE user_id = ? AND type = 'signin.succeeded' "
                       "ORDER BY id DESC LIMIT 1), "
                       "EXISTS (SELECT 1 FROM admin_session WHERE user_id = ?)"};

auto key(const ProblemUser& user) { return std::tie(user.created_at, user.id); }

void add(std::vector<ProblemUser>& found, db::Rows rows) {
  while (rows.next()) {
    ProblemUser user;
    user.id = rows.id<UserId>(0);
    user.email = rows.text(1);
    user.status = static_cast<Status>(rows.integer(2));
    user.created_at = rows.time(3);
    user.email_verified_at = maybe_time(rows, 4);
    user.failed_signins = rows.integer(5);
    user.locked_until = rows.time(6);
    found.push_back(std::move(user));
  }
}

void read_details(db::Txn& txn, ProblemUser& user) {
  auto rows = txn.query(kDetails, user.id, user.email, user.email, user.id, user.id);
  rows.next();
  user.factor_locked_until = maybe_time(rows, 0);
  user.suppression = rows.maybe_text(1);
  user.bounced_at = maybe_time(rows, 2);
  user.last_signin_at = maybe_time(rows, 3);
  user.has_session = rows.flag(4);
}

}  // namespace

std::vector<Problem> problems_of(const ProblemUser& user, TimePoint now, TimePoint before) {
  std::vector<Problem> problems;
  if (user.locked_until > now || (user.factor_locked_until && *user.factor_locked_until > now))
    problems.push_back(Problem::locked);
  if (user.suppression || user.bounced_at) problems.push_back(Problem::bouncing);
  const bool old = user.created_at <= before;
  if (old && !user.email_verified_at) problems.push_back(Problem::unverified);
  if (old && !user.last_signin_at && !user.has_session) problems.push_back(Problem::never_signed_in);
  return problems;
}

// The first `limit` of all are among the first of each source.
std::vector<ProblemUser> list_problem_users(db::Txn& txn, const SuperAdmin& admin,
                                            std::optional<Problem> kind, TimePoint now, TimePoint before,
                                            const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter(admin);
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  std::vector<ProblemUser> found;
  for (const auto& source : kSources)
    if (!kind || *kind == source.problem)
      add(found, txn.query(source.list, source.past ? before : now, start.time, start.time, UserId{start.id},
                           limit));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return key(a) < key(b); });
  found.erase(
      std::unique(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
      found.end());
  if (static_cast<std::int64_t>(found.size()) > limit) found.resize(static_cast<std::size_t>(limit));
  for (auto& user : found) read_details(txn, user);
  return found;
}

std::int64_t count_problem_users(db::Txn& txn, const SuperAdmin& admin, std::optional<Problem> kind,
                                 TimePoint now, TimePoint before) {
  txn.enter(admin);
  const auto wanted = [&](Problem problem) { return !kind || *kind == problem; };
  const bool locked = wanted(Problem::locked);
  const bool bouncing = wanted(Problem::bouncing);
  auto rows = txn.query(kCount, now, locked, now, locked, now, bouncing, now, bouncing, before,
                        wanted(Problem::unverified), before, wanted(Problem::never_signed_in));
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
