#include "modules/administration/threats_store.hpp"

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

// All of it is in the index account_event_type. A sign-in's identity stands for what was typed, account or
// not.
#define TENANTD_GROUPED(address, user)                                                   \
  "SELECT " address ", " user                                                            \
  ", COUNT(*), COUNT(DISTINCT COALESCE(identity, user_id)), "                            \
  "COUNT(DISTINCT network), MIN(created_at), MAX(created_at), "                          \
  "SUBSTRING_INDEX(GROUP_CONCAT(DISTINCT HEX(user_id)), ',', 5) FROM admin_event WHERE " \
  "type = ? AND created_at >= ? "
#define TENANTD_LARGEST " ORDER BY 3 DESC, 6 LIMIT ?"
constexpr Sql kFailuresByNetwork{
    "threats.failures_by_network",
    TENANTD_GROUPED("MAX(address)", "NULL") "AND network IS NOT NULL GROUP BY network HAVING (COUNT(*) >= ? OR "
    "COUNT(DISTINCT COALESCE(identity, user_id)) >= ?)" TENANTD_LARGEST};
constexpr Sql kFailuresByAccount{
    "threats.failures_by_account",
    TENANTD_GROUPED("''", "MAX(user_id)") "GROUP BY COALESCE(identity, user_id) HAVING "
    "COUNT(DISTINCT network) >= ?" TENANTD_LARGEST};
constexpr Sql kSigninsByNetwork{
    "threats.signins_by_network",
    TENANTD_GROUPED("MAX(address)", "NULL") "AND network IS NOT NULL GROUP BY network HAVING "
    "COUNT(DISTINCT COALESCE(identity, user_id)) >= ?" TENANTD_LARGEST};
constexpr Sql kEventsByAccount{
    "threats.events_by_account",
    TENANTD_GROUPED(
        "''", "user_id") "AND user_id IS NOT NULL GROUP BY user_id HAVING COUNT(*) >= ?" TENANTD_LARGEST};
#undef TENANTD_GROUPED
#undef TENANTD_LARGEST
constexpr Sql kEmail{"threats.email", "SELECT email FROM admin_user WHERE id = ?"};

constexpr std::string_view kFailed = "signin.failed";
constexpr std::string_view kSucceeded = "signin.succeeded";

// "0190…,0191…": ids as hexadecimal digits.
std::vector<UserId> read_users(const std::string& list) {
  std::vector<UserId> users;
  for (const auto digits : split(list, ',')) {
    UuidBytes bytes{};
    if (digits.size() != 2 * bytes.size()) continue;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(hex_value(digits[2 * i]) * 16 + hex_value(digits[2 * i + 1]));
    users.emplace_back(bytes);
  }
  return users;
}

std::vector<EventGroup> read_groups(db::Rows rows) {
  std::vector<EventGroup> groups;
  while (rows.next())
    groups.push_back({rows.text(0), rows.maybe_id<UserId>(1), rows.integer(2), rows.integer(3),
                      rows.integer(4), rows.time(5), rows.time(6),
                      read_users(rows.maybe_text(7).value_or(""))});
  return groups;
}

}  // namespace

std::vector<EventGroup> failures_by_network(db::Txn& txn, const SuperAdmin& admin, TimePoint since,
                                            std::int64_t failures, std::int64_t accounts,
                                            std::int64_t limit) {
  txn.enter(admin);
  return read_groups(txn.query(kFailuresByNetwork, kFailed, since, failures, accounts, limit));
}

std::vector<EventGroup> failures_by_account(db::Txn& txn, const SuperAdmin& admin, TimePoint since,
                                            std::int64_t networks, std::int64_t limit) {
  txn.enter(admin);
  return read_groups(txn.query(kFailuresByAccount, kFailed, since, networks, limit));
}

std::vector<EventGroup> signins_by_network(db::Txn& txn, const SuperAdmin& admin, TimePoint since,
                                           std::int64_t accounts, std::int64_t limit) {
  txn.enter(admin);
  return read_groups(txn.query(kSigninsByNetwork, kSucceeded, since, accounts, limit));
}

std::vector<EventGroup> events_by_account(db::Txn& txn, const SuperAdmin& admin, std::string_view type,
                                          TimePoint since, std::int64_t least, std::int64_t limit) {
  txn.enter(admin);
  return read_groups(txn.query(kEventsByAccount, type, since, least, limit));
}

std::optional<std::string> find_email(db::Txn& txn, const SuperAdmin& admin, UserId user) {
  txn.enter(admin);
  auto rows = txn.query(kEmail, user);
  if (!rows.next()) return std::nullopt;
  return rows.text(0);
}

}  // namespace tenantd::store
