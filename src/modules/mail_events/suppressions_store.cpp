#include "tenantd/modules/mail_events/suppressions_store.hpp"
#include "tenantd/db/counting.hpp"

#include "tenantd/base/json.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr Sql kReasons{"suppression.reasons",
                       "SELECT s.email, s.reason FROM JSON_TABLE(?, '$[*]' COLUMNS "
                       "(email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$')) asked "
                       "STRAIGHT_JOIN suppression s ON s.email = asked.email"};
constexpr Sql kInsert{
    "suppression.insert",
    "INSERT IGNORE INTO suppression (email, id, reason, detail, source, created_at, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"};
#define TENANTD_SUPPRESSION "SELECT id, email, reason, detail, source, created_at FROM suppression "
constexpr Sql kList{"suppression.list", TENANTD_SUPPRESSION "ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kListFrom{"suppression.list_from", TENANTD_SUPPRESSION
                        "WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?"};
constexpr Sql kLock{"suppression.lock", TENANTD_SUPPRESSION "WHERE email = ? FOR UPDATE"};
#undef TENANTD_SUPPRESSION
constexpr Sql kCount{"suppression.count", TENANTD_COUNT_SOME("suppression")};
constexpr Sql kDelete{"suppression.delete", "DELETE FROM suppression WHERE email = ?"};

// All providers by name, so that the index serves.
constexpr Sql kSent{
    "sent_mail.find",
    "SELECT id, bounced_at, org_id, forgotten FROM sent_mail WHERE provider = ? AND provider_id = ?"};
constexpr Sql kSentByAny{
    "sent_mail.find_by_any",
    "SELECT id, bounced_at, org_id, forgotten FROM sent_mail WHERE provider IN ('smtp', 'ses', 'resend', "
    "'file') AND provider_id = ? LIMIT 1"};
constexpr Sql kBounced{"sent_mail.bounced",
                       "UPDATE sent_mail SET bounced_at = ?, last_error = ?, updated_at = ? "
                       "WHERE id = ? AND bounced_at IS NULL"};
constexpr Sql kNote{
    "sent_mail.note",
    "UPDATE sent_mail SET last_error = ?, updated_at = ? WHERE id = ? AND bounced_at IS NULL"};

constexpr Sql kOrganization{"suppression.organization", "SELECT 1 FROM organization WHERE id = ?"};

Suppression read(const db::Rows& rows) {
  return {rows.id<SuppressionId>(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4), rows.time(5)};
}

// `target`: a connection of the courier's, or a transaction of the application's.
template <class Target>
bool insert(Target& target, const Suppression& s) {
  return target.execute(kInsert, s.email, s.id, s.reason, s.detail, s.source, s.created_at, s.created_at) > 0;
}

}  // namespace

std::map<std::string, std::string> suppressions_of(db::Connection& db,
                                                   const std::vector<std::string>& emails) {
  json::Writer asked;
  asked.value(emails);
  auto rows = db.query(kReasons, asked.text());
  std::map<std::string, std::string> reasons;
  while (rows.next()) reasons.emplace(rows.text(0), rows.text(1));
  return reasons;
}

void suppress(db::Connection& db, const Suppression& suppression) { insert(db, suppression); }

bool insert_suppression(db::Txn& txn, const Suppression& suppression) { return insert(txn, suppression); }

std::vector<Suppression> list_suppressions(db::Txn& txn, const std::optional<Keyset>& from,
                                           std::int64_t limit) {
  auto rows =
      from ? txn.query(kListFrom, from->time, SuppressionId{from->id}, limit) : txn.query(kList, limit);
  std::vector<Suppression> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

std::int64_t count_suppressions(db::Txn& txn) {
  auto rows = txn.query(kCount);
  rows.next();
  return rows.integer(0);
}

std::optional<Suppression> lock_suppression(db::Txn& txn, std::string_view email) {
  auto rows = txn.lock(kLock, email);
  return rows.next() ? std::optional{read(rows)} : std::nullopt;
}

void delete_suppression(db::Txn& txn, std::string_view email) { txn.execute(kDelete, email); }

bool has_organization(db::Txn& txn, OrgId org) {
  const auto before = txn.scope();
  txn.enter({org, std::nullopt, false});
  const bool found = txn.query(kOrganization, org).next();
  txn.enter(before);
  return found;
}

std::optional<SentMail> find_sent_mail(db::Txn& txn, std::string_view provider,
                                       const std::string& provider_id) {
  auto rows = provider.empty() ? txn.query(kSentByAny, provider_id) : txn.query(kSent, provider, provider_id);
  if (!rows.next()) return std::nullopt;
  return SentMail{rows.id<MailId>(0), !rows.is_null(1), rows.maybe_id<OrgId>(2), rows.flag(3)};
}

bool mark_mail_bounced(db::Txn& txn, MailId id, TimePoint at, std::string_view detail) {
  return txn.execute(kBounced, at, detail, at, id) > 0;
}

void note_on_mail(db::Txn& txn, MailId id, TimePoint at, std::string_view detail) {
  txn.execute(kNote, detail, at, id);
}

}  // namespace tenantd::store
