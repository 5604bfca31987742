// Streams: where audit rows and events are sent in their order, of an organization or of the whole system.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tenantd/base/id.hpp"

namespace tenantd {

using StreamId = Id<struct StreamTag>;

enum class StreamKind : std::int8_t { https, s3, syslog, shared_signals };
inline constexpr std::array<std::string_view, 4> kStreamKindNames{"https", "s3", "syslog", "shared_signals"};
enum class StreamFormat : std::int8_t { json, ocsf };
inline constexpr std::array<std::string_view, 2> kStreamFormatNames{"json", "ocsf"};
enum class StreamStart : std::int8_t { now, oldest };
inline constexpr std::array<std::string_view, 2> kStreamStartNames{"now", "oldest"};
// Paused: what happens meanwhile is sent afterwards.
enum class StreamStatus : std::int8_t { active, paused };
inline constexpr std::array<std::string_view, 2> kStreamStatusNames{"active", "paused"};

inline constexpr std::string_view kCarriesAudit = "audit";
inline constexpr std::string_view kCarriesEvents = "events";
// Of shared_signals, and nothing else: sessions that ended and credentials that changed.
inline constexpr std::string_view kCarriesSignals = "signals";

// Streams of the whole system stand under the organization of zeros.
inline constexpr OrgId kWholeSystem{};

namespace store {

// The context that a stream's secret is sealed for (crypto::seal).
inline std::string stream_secret_context(StreamId id) { return std::string{"stream:"}.append(id.raw()); }

}  // namespace store

}  // namespace tenantd
