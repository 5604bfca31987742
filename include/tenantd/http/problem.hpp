// Problem documents (RFC 9457): the one shape of every refusal.
#pragma once

#include <string_view>

#include "tenantd/http/message.hpp"

namespace tenantd::http {

// Returns an application/problem+json reply {type, title, status, detail, code, request_id}. `code` is stable
// snake_case; `title` and `detail` may be any text, also from a client: it is escaped here.
Response problem(int status, std::string_view code, std::string_view title, std::string_view detail,
                 std::string_view request_id);

// Returns the reason phrase of `status` (RFC 9110 section 15), or "Status" for one it does not list.
std::string_view reason_phrase(int status);

}  // namespace tenantd::http
