#include "workers/streaming_store.hpp"

#include <map>

#include "tenantd/base/text.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

constexpr std::size_t kStreamErrorMax = 500;  // stream.last_error

constexpr Sql kStreamsWithWork{
    "stream.with_work",
    "SELECT s.org_id, s.id FROM stream s "
    "STRAIGHT_JOIN stream_position p ON p.stream_org = s.org_id AND p.stream_id = s.id AND p.org_id = "
    "s.org_id "
    "STRAIGHT_JOIN change_head h ON h.org_id = p.org_id AND h.audit_seq > p.seq "
    "STRAIGHT_JOIN organization o ON o.id = s.org_id AND o.status = 0 "
    "WHERE s.status = 0 AND s.next_attempt_at <= ? AND s.lease_until <= ? AND s.org_id <> REPEAT('\\0', 16) "
    "ORDER BY s.next_attempt_at LIMIT 1000"};
constexpr Sql kSystemStreamsWithWork{
    "stream.system_with_work",
    "SELECT s.org_id, s.id FROM stream s "
    "WHERE s.org_id = REPEAT('\\0', 16) AND s.status = 0 AND s.next_attempt_at <= ? AND s.lease_until <= ? "
    "AND EXISTS (SELECT 1 FROM change_head h LEFT JOIN stream_position p "
    "ON p.stream_org = s.org_id AND p.stream_id = s.id AND p.org_id = h.org_id "
    "WHERE h.audit_seq > COALESCE(p.seq, 0))"};
constexpr Sql kFindStreamDue{
    "stream.find_due",
    "SELECT kind, carries, format, url, region, access_key_id, secret_sealed, "
    "IF(previous_until > ?, previous_secret_sealed, NULL), failures, audience FROM stream "
    "WHERE org_id = ? AND id = ? AND status = 0 AND next_attempt_at <= ? AND lease_until <= ? "
    "FOR UPDATE SKIP LOCKED"};
constexpr Sql kLeaseStream{
    "stream.lease", "UPDATE stream SET lease_until = ?, next_attempt_at = ? WHERE org_id = ? AND id = ?"};
constexpr Sql kStreamPlaces{
    "stream.places",
    "SELECT h.org_id, COALESCE(p.seq, 0), h.audit_seq FROM change_head h LEFT JOIN stream_position p "
    "ON p.stream_org = ? AND p.stream_id = ? AND p.org_id = h.org_id "
    "WHERE h.org_id > ? AND h.audit_seq > COALESCE(p.seq, 0) ORDER BY h.org_id LIMIT ?"};
constexpr Sql kSystemPlace{
    "stream.system_place",
    "SELECT h.org_id, COALESCE(p.seq, 0), h.audit_seq FROM change_head h LEFT JOIN stream_position p "
    "ON p.stream_org = ? AND p.stream_id = ? AND p.org_id = h.org_id "
    "WHERE h.org_id = REPEAT('\\0', 16) AND h.audit_seq > COALESCE(p.seq, 0)"};
constexpr Sql kStreamPlace{
    "stream.place",
    "SELECT h.org_id, p.seq, h.audit_seq FROM stream_position p JOIN change_head h ON h.org_id = p.org_id "
    "WHERE p.stream_org = ? AND p.stream_id = ? AND p.org_id = ? AND h.audit_seq > p.seq"};
constexpr Sql kStreamRows{"stream.rows", "SELECT " TENANTD_AUDIT_COLUMNS
                                         " FROM audit_log WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?"};
constexpr Sql kStreamEvents{
    "stream.events",
    "SELECT e.id, e.seq, e.type, e.actor_id, e.subject_id, e.data, e.created_at FROM audit_log a "
    "STRAIGHT_JOIN event e ON e.org_id = a.org_id AND e.id = a.id "
    "WHERE a.org_id = ? AND a.seq > ? AND a.seq <= ?"};
constexpr Sql kBeginPosition{"stream.begin_position",
                             "INSERT IGNORE INTO stream_position (stream_org, stream_id, org_id, seq) "
                             "VALUES (?, ?, ?, ?)"};
constexpr Sql kMovePosition{"stream.move_position",
                            "UPDATE stream_position SET seq = ? WHERE stream_org = ? AND stream_id = ? "
                            "AND org_id = ? AND seq = ?"};
constexpr Sql kStreamDelivered{"stream.delivered",
                               "UPDATE stream SET lease_until = 0, next_attempt_at = ?, failures = 0, "
                               "last_error = NULL, delivered_at = ? "
                               "WHERE org_id = ? AND id = ? AND lease_until = ?"};
constexpr Sql kStreamFailed{
    "stream.failed",
    "UPDATE stream SET lease_until = 0, next_attempt_at = ?, failures = failures + 1, last_error = ? "
    "WHERE org_id = ? AND id = ? AND lease_until = ?"};
constexpr Sql kStreamReleased{"stream.released",
                              "UPDATE stream SET lease_until = 0, next_attempt_at = ? "
                              "WHERE org_id = ? AND id = ? AND lease_until = ?"};

std::vector<StreamKey> read_stream_keys(db::Rows rows) {
  std::vector<StreamKey> found;
  while (rows.next()) found.push_back({rows.id<OrgId>(0), rows.id<StreamId>(1)});
  return found;
}

std::vector<StreamPlace> read_places(db::Rows rows) {
  std::vector<StreamPlace> found;
  while (rows.next()) found.push_back({rows.id<OrgId>(0), rows.integer(1), rows.integer(2)});
  return found;
}

bool carries(const std::string& list, std::string_view what) {
  for (const auto each : split(list, ','))
    if (each == what) return true;
  return false;
}

}  // namespace

std::vector<StreamKey> streams_with_work(db::Connection& db, TimePoint now, bool system) {
  auto found = read_stream_keys(db.query(kStreamsWithWork, now, now));
  if (system)
    for (const auto& key : read_stream_keys(db.query(kSystemStreamsWithWork, now, now))) found.push_back(key);
  return found;
}

std::optional<StreamClaim> claim_stream(db::Connection& db, const StreamKey& stream, TimePoint now,
                                        TimePoint lease_until) {
  auto rows = db.query(kFindStreamDue, now, stream.org, stream.id, now, now);
  if (!rows.next()) return std::nullopt;
  StreamClaim claim;
  claim.stream = stream;
  claim.kind = static_cast<StreamKind>(rows.integer(0));
  claim.audit = carries(rows.text(1), kCarriesAudit);
  claim.events = carries(rows.text(1), kCarriesEvents);
  claim.format = static_cast<StreamFormat>(rows.integer(2));
  claim.url = rows.text(3);
  claim.region = rows.maybe_text(4).value_or("");
  claim.access_key_id = rows.maybe_text(5).value_or("");
  claim.secret_sealed = rows.maybe_text(6);
  claim.previous_secret_sealed = rows.maybe_text(7);
  claim.failures = rows.integer(8);
  claim.audience = rows.maybe_text(9).value_or("");
  claim.lease_until = lease_until;
  db.execute(kLeaseStream, lease_until, lease_until, stream.org, stream.id);
  return claim;
}

std::vector<StreamPlace> places_of(db::Connection& db, const StreamKey& stream, const OrgId& after,
                                   std::int64_t limit) {
  return read_places(stream.org == kWholeSystem ? db.query(kStreamPlaces, stream.org, stream.id, after, limit)
                                                : db.query(kStreamPlace, stream.org, stream.id, stream.org));
}

std::vector<StreamPlace> system_place_of(db::Connection& db, const StreamKey& stream) {
  return read_places(db.query(kSystemPlace, stream.org, stream.id));
}

std::vector<StreamedRow> read_streamed(db::Connection& db, OrgId org, std::int64_t after, std::int64_t limit,
                                       bool with_events) {
  std::vector<StreamedRow> found;
  for (auto& row : read_audit_rows(db.query(kStreamRows, org, after, limit)))
    found.push_back({std::move(row), std::nullopt});
  if (!with_events || found.empty()) return found;
  std::map<EventId, StreamedEvent> events;
  auto rows = db.query(kStreamEvents, org, after, found.back().row.seq);
  while (rows.next())
    events.emplace(rows.id<EventId>(0), StreamedEvent{rows.integer(1), rows.text(2), rows.maybe_id<UserId>(3),
                                                      rows.maybe_id<EventId>(4), rows.text(5), rows.time(6)});
  for (auto& each : found)
    if (auto event = events.find(each.row.id); event != events.end()) each.event = std::move(event->second);
  return found;
}

bool acknowledge(db::Connection& db, const StreamClaim& claim, const std::vector<Advance>& advances,
                 TimePoint now) {
  const auto& [org, id] = claim.stream;
  if (db.execute(kStreamDelivered, now, now, org, id, claim.lease_until) != 1) return false;
  for (const auto& advance : advances) {
    if (advance.from == 0) db.execute(kBeginPosition, org, id, advance.org, std::int64_t{0});
    db.execute(kMovePosition, advance.to, org, id, advance.org, advance.from);
  }
  return true;
}

void postpone_stream(db::Connection& db, const StreamClaim& claim, const std::string& error,
                     TimePoint next_attempt_at) {
  db.execute(kStreamFailed, next_attempt_at, cut_bytes(error, kStreamErrorMax), claim.stream.org,
             claim.stream.id, claim.lease_until);
}

void release_stream(db::Connection& db, const StreamClaim& claim, TimePoint next_attempt_at) {
  db.execute(kStreamReleased, next_attempt_at, claim.stream.org, claim.stream.id, claim.lease_until);
}

}  // namespace tenantd::store
