// Streams: made, changed, ended, given another secret. An organization's by its members who hold
// streams:manage; those of the whole system by super-admins, under the organization of zeros.
#pragma once

#include <functional>
#include <string>

#include "modules/streams/streams_store.hpp"
#include "tenantd/base/secret.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// Of an organization, and of the whole system.
inline constexpr std::int64_t kMostStreams = 10;

struct MadeStream {
  store::Stream stream;
  Secret secret;  // "whsec_…"; empty for a stream that signs nothing
};

// Resolves the URL's host: for the outbound lane. `stream`: as a body filled it. Throws ApiError:
// validation_failed (what its fields say together cannot be), url_refused, limit_reached, unavailable.
MadeStream make_stream(const Work& work, store::Stream stream);
// `url`: the one that the change names, if any. Throws ApiError: not_found, precondition_failed, and as
// make_stream.
store::Stream change_stream(const Work& work, StreamId id, const std::optional<std::string>& url,
                            const std::function<void(store::Stream&)>& edit);
// Throws ApiError(not_found).
void remove_stream(const Work& work, StreamId id);
// Throws ApiError: not_found, conflict (it signs nothing).
MadeStream rotate_stream_secret(const Work& work, StreamId id);
// Writes a row "stream.test" that comes to the receiver in its place. Throws ApiError: not_found, conflict
// (it is paused), rate_limited.
void test_stream(const Work& work, StreamId id);

}  // namespace tenantd::service
