// Streams as the courier sees them: leased, and read from where their receivers have acknowledged.
//
// The order is that of the chains (audit_log.seq). Whoever writes a row of a chain holds the chain's head
// until the commit, and numbers follow one another without gaps: a row that can be read has no row before it
// that cannot. So no transaction that commits late is passed over, and "behind seq" is all that a position
// has to say. An event has the id of its audit row, and comes with it. Works on the tables themselves, as
// deliveries_store.hpp does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/connection.hpp"
#include "tenantd/domain/stream.hpp"
#include "tenantd/effects/audit_rows.hpp"

namespace tenantd::store {

struct StreamKey {
  OrgId org;  // zeros: of the whole system
  StreamId id;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

struct StreamClaim {
  StreamKey stream;
  StreamKind kind = StreamKind::https;
  bool audit = false;
  bool events = false;
  StreamFormat format = StreamFormat::json;
  std::string url;
  std::string region;
  std::string access_key_id;
  std::string audience;  // shared_signals
  std::optional<std::string> secret_sealed;
  std::optional<std::string> previous_secret_sealed;  // while it still signs
  std::int64_t failures = 0;                          // before this attempt
  TimePoint lease_until;  // this claim's; proves to later statements that the stream is still ours
};

// The active streams that are due and have rows to send. Reads a row for each active stream of an
// organization, and with `system` one for each organization.
std::vector<StreamKey> streams_with_work(db::Connection& db, TimePoint now, bool system);
// Leases the stream until `lease_until`; nullopt if it is not due, is paused or gone, or another courier has
// it. Inside the caller's transaction.
std::optional<StreamClaim> claim_stream(db::Connection& db, const StreamKey& stream, TimePoint now,
                                        TimePoint lease_until);

// Where one chain goes on for a stream.
struct StreamPlace {
  OrgId org;
  std::int64_t seq = 0;   // acknowledged
  std::int64_t head = 0;  // newest
};
// Up to `limit` chains with rows that the stream has not sent, those behind `after` first.
std::vector<StreamPlace> places_of(db::Connection& db, const StreamKey& stream, const OrgId& after,
                                   std::int64_t limit);

// The same of the chain that belongs to no organization, which no id comes before: one or none.
std::vector<StreamPlace> system_place_of(db::Connection& db, const StreamKey& stream);

struct StreamedEvent {
  std::int64_t seq = 0;
  std::string type;
  std::optional<UserId> actor;
  std::optional<EventId> subject;
  std::string data;  // a JSON object
  TimePoint created_at;
};
struct StreamedRow {
  AuditRow row;
  std::optional<StreamedEvent> event;
};
// Up to `limit` rows of a chain behind `after`, oldest first.
std::vector<StreamedRow> read_streamed(db::Connection& db, OrgId org, std::int64_t after, std::int64_t limit,
                                       bool with_events);

// From where to where one chain was sent.
struct Advance {
  OrgId org;
  std::int64_t from = 0;
  std::int64_t to = 0;
};
// The receiver has acknowledged: the positions move, and the stream is due again. False, and nothing moves,
// if the lease ran out and another courier has the stream: it sends the rows once more.
bool acknowledge(db::Connection& db, const StreamClaim& claim, const std::vector<Advance>& advances,
                 TimePoint now);
// Comes up again then. No effect if another courier has it.
void postpone_stream(db::Connection& db, const StreamClaim& claim, const std::string& error,
                     TimePoint next_attempt_at);
// Gives it back untried, for then.
void release_stream(db::Connection& db, const StreamClaim& claim, TimePoint next_attempt_at);

}  // namespace tenantd::store
