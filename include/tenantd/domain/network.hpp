// Which addresses count as one place on the network.
#pragma once

#include <string>

namespace tenantd {

// Returns 4 bytes for an IPv4 address, also one in IPv6 form, and 8 for an IPv6 address: its host owns a /64
// at least. Empty for anything else.
std::string network_of(const std::string& address);

}  // namespace tenantd
