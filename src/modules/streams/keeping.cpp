#include "tenantd/modules/streams/keeping.hpp"

#include "modules/streams/streams_store.hpp"
#include "tenantd/effects/changes.hpp"
#include "tenantd/effects/changes_store.hpp"

namespace tenantd::service {
namespace {

json::Object stream_status(StreamStatus status) {
  return std::move(json::Object{}.set("status", kStreamStatusNames.at(static_cast<std::size_t>(status))));
}

}  // namespace

// Under the locks that whoever saves a stream takes, in that order, and only if there is anything to pause.
std::int64_t suspend_streams(const Work& work, const std::vector<StreamId>& ids) {
  if (ids.empty()) return 0;
  store::lock_changes(work.txn, std::nullopt);
  std::int64_t paused = 0;
  for (const auto& id : ids) {
    if (!store::pause_stream(work.txn, work.scope, id, work.context.now)) continue;
    ++paused;
    record(work, {"stream.suspended", "stream", id.bytes(), stream_status(StreamStatus::active),
                  stream_status(StreamStatus::paused)});
  }
  return paused;
}

}  // namespace tenantd::service
