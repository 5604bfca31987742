#include "workers/ending_keys_store.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_DUE \
  "expires_at > ? AND expires_at <= ? AND expires_at - LEAST(?, (expires_at - created_at) DIV 4) <= ?"
constexpr Sql kEndingAt{"ending_keys.organizations",
                        "SELECT org_id FROM tenantd.api_key WHERE of_organization = 1 AND warned_at IS NULL "
                        "AND " TENANTD_DUE " AND org_id > ? GROUP BY org_id ORDER BY org_id LIMIT ?"};
constexpr Sql kEndingOf{
    "ending_keys.keys",
    "SELECT id, name, prefix, account_id, account_name, kept_by, expires_at FROM key_ending "
    "WHERE org_id = ? AND " TENANTD_DUE " ORDER BY expires_at, id LIMIT ?"};
#undef TENANTD_DUE
constexpr Sql kTakeKey{"ending_keys.take",
                       "UPDATE tenantd.api_key SET warned_at = ? WHERE org_id = ? AND id = ? "
                       "AND warned_at IS NULL"};
constexpr Sql kKeyReaders{
    "ending_keys.readers",
    "SELECT user_id, email FROM key_reader WHERE org_id = ? AND (? IS NULL OR user_id = ?) "
    "AND (role_expires_at IS NULL OR role_expires_at > ?) "
    "ORDER BY created_at, user_id LIMIT ?"};

}  // namespace

std::vector<OrgId> organizations_with_ending_keys(db::Txn& txn, const ReporterScope&, Seconds before,
                                                  TimePoint now, OrgId after) {
  auto rows = txn.query(kEndingAt, now, now + before, before.count(), now, after, kOrganizationBatch);
  std::vector<OrgId> found;
  while (rows.next()) found.push_back(rows.id<OrgId>(0));
  return found;
}

std::vector<EndingKey> take_ending_keys(db::Txn& txn, const ReporterScope&, OrgId org, Seconds before,
                                        TimePoint now) {
  std::vector<EndingKey> found;
  auto rows = txn.query(kEndingOf, org, now, now + before, before.count(), now, kEndingKeysBatch);
  while (rows.next()) {
    EndingKey key{rows.id<ApiKeyId>(0), rows.text(1),       rows.text(2), {},
                  rows.maybe_text(4),   rows.id<UserId>(5), rows.time(6)};
    if (const auto account = rows.maybe_id<EventId>(3)) key.account_id = account->str();
    found.push_back(std::move(key));
  }
  std::erase_if(found, [&](const EndingKey& key) { return txn.execute(kTakeKey, now, org, key.id) != 1; });
  return found;
}

std::vector<Reader> key_readers_of(db::Txn& txn, const ReporterScope&, OrgId org, std::optional<UserId> one,
                                   TimePoint now) {
  auto rows = txn.query(kKeyReaders, org, one, one, now, kMostReaders);
  std::vector<Reader> found;
  while (rows.next()) found.push_back({rows.id<UserId>(0), rows.text(1), {}});
  return found;
}

}  // namespace tenantd::store
