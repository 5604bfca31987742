#include "modules/administration/problem_users_store.hpp"

#include <tuple>

#include "tenantd/db/counting.hpp"
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
// The first of all are among the first of each. What is asked for by none costs nothing: `AND FALSE` is no
// look at a table.
#define TENANTD_PART(from)                                                                          \
  "(SELECT DISTINCT u.id, u.email, u.status, u.created_at, u.email_verified_at, u.failed_signins, " \
  "u.locked_until FROM " from                                                                       \
  "AND ? AND u.created_at >= ? AND (u.created_at > ? OR u.id > ?) ORDER BY u.created_at, u.id LIMIT ?) "
constexpr Sql kProblems{
    "problem_users.list",
    "SELECT p.id, p.email, p.status, p.created_at, p.email_verified_at, p.failed_signins, p.locked_until, "
    "(SELECT f.locked_until FROM admin_factor f WHERE f.user_id = p.id), "
    "(SELECT s.reason FROM admin_suppression s WHERE s.email = p.email), "
    "(SELECT MAX(b.bounced_at) FROM admin_mail b WHERE b.recipient = p.email AND b.bounced_at > 0), "
    "(SELECT e.created_at FROM admin_event e WHERE e.user_id = p.id AND e.type = 'signin.succeeded' "
    "ORDER BY e.id DESC LIMIT 1), "
    "EXISTS (SELECT 1 FROM admin_session n WHERE n.user_id = p.id) "
    "FROM (" TENANTD_PART(TENANTD_LOCKED) "UNION " TENANTD_PART(TENANTD_FACTOR_LOCKED) "UNION " TENANTD_PART(
        TENANTD_SUPPRESSED) "UNION " TENANTD_PART(TENANTD_BOUNCED) "UNION " TENANTD_PART(TENANTD_UNVERIFIED)
        "UNION " TENANTD_PART(TENANTD_NEVER) "ORDER BY created_at, id LIMIT ?) p ORDER BY p.created_at, p.id"};
#undef TENANTD_PART

#define TENANTD_COUNTED(from) "(SELECT DISTINCT u.id FROM " from "AND ? LIMIT ?) "
constexpr Sql kCount{
    "problem_users.count",
    "SELECT COUNT(*) FROM (" TENANTD_COUNTED(TENANTD_LOCKED) "UNION " TENANTD_COUNTED(
        TENANTD_FACTOR_LOCKED) "UNION " TENANTD_COUNTED(TENANTD_SUPPRESSED) "UNION " TENANTD_COUNTED(
        TENANTD_BOUNCED) "UNION " TENANTD_COUNTED(TENANTD_UNVERIFIED) "UNION " TENANTD_COUNTED(TENANTD_NEVER)
        "LIMIT ?) problems"};
#undef TENANTD_COUNTED
#undef TENANTD_LOCKED
#undef TENANTD_FACTOR_LOCKED
#undef TENANTD_SUPPRESSED
#undef TENANTD_BOUNCED
#undef TENANTD_UNVERIFIED
#undef TENANTD_NEVER

std::vector<ProblemUser> read_problems(db::Rows rows) {
  std::vector<ProblemUser> found;
  while (rows.next()) {
    ProblemUser user;
    user.id = rows.id<UserId>(0);
    user.email = rows.text(1);
    user.status = static_cast<Status>(rows.integer(2));
    user.created_at = rows.time(3);
    user.email_verified_at = maybe_time(rows, 4);
    user.failed_signins = rows.integer(5);
    user.locked_until = rows.time(6);
    user.factor_locked_until = maybe_time(rows, 7);
    user.suppression = rows.maybe_text(8);
    user.bounced_at = maybe_time(rows, 9);
    user.last_signin_at = maybe_time(rows, 10);
    user.has_session = rows.flag(11);
    found.push_back(std::move(user));
  }
  return found;
}

// Runs `sql` with what `part(problem, time)` gives for each of its parts, in their order, and with `limit`.
template <class Part>
db::Rows query_parts(db::Txn& txn, const Sql& sql, TimePoint now, TimePoint before, std::int64_t limit,
                     Part part) {
  const auto parameters =
      std::tuple_cat(part(Problem::locked, now), part(Problem::locked, now), part(Problem::bouncing, now),
                     part(Problem::bouncing, now), part(Problem::unverified, before),
                     part(Problem::never_signed_in, before), std::tuple{limit});
  return std::apply([&](const auto&... each) { return txn.query(sql, each...); }, parameters);
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

std::vector<ProblemUser> list_problem_users(db::Txn& txn, const SuperAdmin& admin,
                                            std::optional<Problem> kind, TimePoint now, TimePoint before,
                                            const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter(admin);
  const Keyset start = from.value_or(Keyset{from_unix(-1), {}});
  return read_problems(query_parts(txn, kProblems, now, before, limit, [&](Problem problem, TimePoint time) {
    const bool wanted = !kind || *kind == problem;
    return std::tuple{time, wanted, start.time, start.time, UserId{start.id}, limit};
  }));
}

std::int64_t count_problem_users(db::Txn& txn, const SuperAdmin& admin, std::optional<Problem> kind,
                                 TimePoint now, TimePoint before) {
  txn.enter(admin);
  constexpr std::int64_t kMost = db::kCountedRows + 1;
  auto rows = query_parts(txn, kCount, now, before, kMost, [&](Problem problem, TimePoint time) {
    return std::tuple{time, !kind || *kind == problem, kMost};
  });
  rows.next();
  return rows.integer(0);
}

}  // namespace tenantd::store
