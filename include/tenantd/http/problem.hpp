// Problem documents (RFC 9457): the shape of every refusal, SCIM's own paths excepted.
#pragma once

#include <string_view>

#include "tenantd/http/message.hpp"

namespace tenantd::http {

// Returns an application/problem+json reply {type, title, status, detail, code, request_id}. `code` is stable
// snake_case; `title` and `detail` may be any text, also from a client: it is escaped here.
Response problem(int status, std::string_view code, std::string_view title, std::string_view detail,
                 std::string_view request_id);

// True of SCIM's own paths, which have errors of a form of their own (RFC 7644 section 3.12).
bool speaks_scim(std::string_view path);

// Returns the refusal of a request of `path`: a problem document, or on SCIM's own paths an error of SCIM,
// which has the problem document's members too, but a `status` that is a text.
Response refusal(std::string_view path, int status, std::string_view code, std::string_view title,
                 std::string_view detail, std::string_view request_id);

// Returns the reason phrase of `status` (RFC 9110 section 15), or "Status" for one it does not list.
std::string_view reason_phrase(int status);

}  // namespace tenantd::http
