// What a host says to all others on the nearer channel (channel.hpp): that the log has moved, what it counts
// of limits, and what it has heard of theirs. Nothing of it is a secret, and nothing names a person.
//
// Whoever can write to the channel is not believed: a message carries a code (HMAC-SHA-256) by a key of the
// deployment, its host, and a number that goes up. One that is repeated is not taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenantd/base/secret.hpp"
#include "tenantd/hosts/limit_exchange.hpp"

namespace tenantd::hosts {

struct Message {
  HostId from;
  std::int64_t number = 0;
  bool log_moved = false;
  LimitReport report;                                  // round 0 = none
  std::vector<std::pair<HostId, std::int64_t>> heard;  // the newest round of each host
};

std::string seal_message(const Message& message, const Secret& key);
// nullopt if nobody who has the key wrote it.
std::optional<Message> open_message(std::string_view bytes, const Secret& key);

}  // namespace tenantd::hosts
