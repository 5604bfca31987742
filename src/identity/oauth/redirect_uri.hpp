// Where clients may have a browser sent: https, or http on the person's own machine.
#pragma once

#include <string_view>

namespace tenantd::service {

// What is wrong with an address that a client registers; empty: nothing is. It is compared byte for byte
// later, so that it has one spelling: visible ASCII without a comma, a lower-case host, no user, no fragment.
std::string_view fault_of_redirect_uri(std::string_view uri, std::size_t count = 1);

// True if `asked` is `registered`, letter for letter. On a loopback address that is registered without a port
// any port is the same (RFC 8252 section 7.3): a program learns its own when it starts.
bool is_same_redirect_uri(std::string_view registered, std::string_view asked);

}  // namespace tenantd::service
