// A request inside the API: what http received, its parsed body and query, and what services need.
#pragma once

#include "tenantd/api/json.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/http/message.hpp"

namespace tenantd::shm {
struct Metrics;
}

namespace tenantd::api {

class Schemas;

struct Request {
  const http::Request& http;
  const service::Context& context;
  const JsonValue& body;   // validated; null when the route takes none
  const JsonValue& query;  // validated and typed; an object, maybe empty
  std::optional<Session>
      session;  // on a route that anybody may call: the caller's, when a live one came along
  const shm::Metrics* metrics = nullptr;
  const Schemas* schemas = nullptr;  // for a body that holds what other rows take as theirs
  bool in_cookie = false;            // the reply's refresh token goes into a cookie: a page of our own asks
};

using Response = http::Response;

// 200, or `status`, with a JSON body.
Response reply(const JsonOut& json, int status = 200);
// 201 with Location.
Response created(const JsonOut& json, const std::string& location);
Response no_content();
// Token replies must not be stored (RFC 6749 section 5.1).
Response token_response(const JsonOut& json, int status = 200);

}  // namespace tenantd::api
