// Bytes to a server that answers with nothing: syslog over TLS (RFC 5425).
#pragma once

#include <string>
#include <string_view>

#include "tenantd/net/outbound.hpp"

namespace tenantd::net {

// Connects to "host:port" as the policy allows, with its certificate checked, sends all of `bytes` and ends
// its half of the connection; waits until the server has ended the other half. A server sees the end only
// behind all that was sent, so its own end says that it has read everything. The policy's seconds bound the
// whole. Throws OutboundError.
void send_over_tls(const OutboundPolicy& policy, const std::string& place, std::string_view bytes);

}  // namespace tenantd::net
