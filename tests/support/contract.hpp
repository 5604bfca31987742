// Every reply that the suite receives is held to what the documents say of its path: its status, its headers
// and its body, by the schemas that the service itself shows.
#pragma once

#include <string>

#include "support/api_client.hpp"

namespace tenantd::test {

// Throws, naming the row of the route table and the place in the reply, unless the reply to this request is
// one that is documented. `target`: the request's, as sent; empty if it is not known.
void require_documented(const std::string& method, const std::string& target, const Response& reply);

}  // namespace tenantd::test
