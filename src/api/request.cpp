#include "tenantd/api/request.hpp"

namespace tenantd::api {

Response reply(const JsonOut& json, int status) {
  Response response;
  response.status = status;
  response.body = json.text();
  return response;
}

Response created(const JsonOut& json, const std::string& location) {
  Response response = reply(json, 201);
  response.header("Location", location);
  return response;
}

Response no_content() {
  Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

Response token_response(const JsonOut& json, int status) {
  Response response = reply(json, status);
  response.header("Cache-Control", "no-store");
  return response;
}

}  // namespace tenantd::api
