// What a stream's receiver gets: items of JSON, in the service's own form or as OCSF records
// (https://schema.ocsf.io), put together as each kind of receiver takes them.
#pragma once

#include <string>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/clients/s3.hpp"
#include "tenantd/net/outbound.hpp"
#include "workers/streaming_store.hpp"

namespace tenantd::service {

// One line each: the audit row, then its event; none that the stream does not carry. As OCSF one record for
// both, since they tell of one change.
std::vector<std::string> stream_items(const store::StreamClaim& claim, const store::StreamedRow& row);
// An OCSF 1.3 record of the class Entity Management (3004).
std::string ocsf_record(const store::StreamedRow& row);

// What is sent of some chains: names the same content each time that it is sent.
struct StreamBatch {
  std::vector<store::Advance> advances;
  std::vector<std::string> items;
  std::vector<std::string> syslog_ids;  // of each item: the action
  std::vector<TimePoint> times;         // of each item
  std::string signal_id;                // of the last item, for shared_signals
  std::size_t bytes = 0;
};
// In hexadecimal digits: of the stream, and of which rows stand in the batch.
std::string batch_id(const store::StreamKey& stream, const StreamBatch& batch);
// The same of one row of a stream.
std::string signal_id(const store::StreamKey& stream, const store::AuditRow& row);

// A POST of {"stream_id", "batch_id", "items"}, signed as Standard Webhooks says. Throws std::runtime_error
// if a secret cannot be opened by this key.
net::OutboundRequest https_batch(const Secret& seal_key, const store::StreamClaim& claim,
                                 const StreamBatch& batch, TimePoint at);
// A PUT of JSON Lines. The key names the hour and the rows: what is sent again replaces itself.
net::OutboundRequest s3_batch(const Secret& seal_key, const store::StreamClaim& claim,
                              const StreamBatch& batch, TimePoint at);
// RFC 5424 messages, each with its length in front (RFC 5425 section 4.3).
std::string syslog_batch(const StreamBatch& batch, const std::string& host);

}  // namespace tenantd::service
