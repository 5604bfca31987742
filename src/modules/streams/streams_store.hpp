// Streams of one organization, or of the whole system under the organization of zeros, as the API sees them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/domain/stream.hpp"
#include "tenantd/record/resource.hpp"
#include "tenantd/record/table.hpp"

namespace tenantd::store {

struct Stream {
  StreamId id;
  std::string name;
  StreamKind kind = StreamKind::https;
  std::string carries;  // comma-separated: audit, events; or signals
  StreamFormat format = StreamFormat::json;
  std::string url;
  std::optional<std::string> region;         // s3
  std::optional<std::string> access_key_id;  // s3
  std::optional<std::string> secret_key;     // s3: as a body brought it; never read back
  std::optional<std::string> audience;       // shared_signals
  std::optional<std::string> authorization;  // shared_signals: as secret_key
  StreamStart start = StreamStart::now;
  StreamStatus status = StreamStatus::active;
  std::optional<UserId> created_by;
  std::optional<UserId> kept_by;             // who answers for it: who made it, or saved it last
  std::optional<std::string> secret_sealed;  // written alone: for stream_secret_context()
  TimePoint next_attempt_at;                 // a change makes it due at once
  // What the courier says of it.
  std::int64_t failures = 0;
  std::optional<std::string> last_error;
  std::optional<TimePoint> delivered_at;
  std::int64_t revision = 1;
  TimePoint created_at, updated_at;
  // What its receiver lacks; filled by fill_lag().
  std::optional<std::int64_t> position;
  std::int64_t behind = 0;
  std::optional<TimePoint> since;

  bool carries_any(std::string_view what) const;
};

// The field list.
extern const record::Resource stream_list;
extern const record::Table<Stream> stream_table;

// Reads how far the streams of the scope are.
void fill_lag(db::Txn& txn, const TenantScope& scope, std::vector<Stream>& streams);
std::vector<Stream> list_streams(db::Txn& txn, const TenantScope& scope, const std::optional<Keyset>& from,
                                 std::int64_t limit);
std::int64_t count_streams(db::Txn& txn, const TenantScope& scope);
// With how far it is.
std::optional<Stream> find_stream(db::Txn& txn, const TenantScope& scope, StreamId id);

// The secret so far goes on signing beside the new one until `previous_until`.
void rotate_stream_secret(db::Txn& txn, const TenantScope& scope, StreamId id, const std::string& secret,
                          TimePoint previous_until, TimePoint now);
// The key of the store itself: there is one at a time.
void replace_stream_key(db::Txn& txn, const TenantScope& scope, StreamId id, const std::string& secret);

// False if it was not active.
bool pause_stream(db::Txn& txn, const TenantScope& scope, StreamId id, TimePoint now);

}  // namespace tenantd::store
