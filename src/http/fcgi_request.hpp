// One request and its reply between libfcgi's structures and http's. No sockets, no threads.
#pragma once

#include <fcgiapp.h>

#include <cstdint>
#include <string>

#include "tenantd/http/message.hpp"

namespace tenantd::http {

// Fills `request` from an accepted `fcgi`: parameters in one pass, then the whole body. The input stream is
// read to its end even when the request is refused, so that a kept connection stays in step and nginx
// delivers the reply. Returns false if the connection broke before the request was complete: libfcgi takes a
// break between two parameters for their end, so what came must not be acted on.
// Throws BadRequest; request.request_id is set in any case.
bool read_request(FCGX_Request& fcgi, std::int64_t max_body, Request& request);

// Puts the reply into the output stream; FCGX_Finish_r sends it. `head` is scratch space. CR, LF and NUL are
// dropped from header names and values here, and nowhere else.
void write_response(FCGX_Request& fcgi, const Request& request, const Response& response, std::string& head);

}  // namespace tenantd::http
