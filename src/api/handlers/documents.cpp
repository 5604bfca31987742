#include "tenantd/api/handlers/handlers.hpp"
#include "tenantd/api/openapi.hpp"

namespace tenantd::api::handlers {

// Made once a process, whose settings do not change.
Response openapi(const Request& request, Txn&) {
  static const std::string text = openapi_json(request.context.settings.public_url);
  Response response;
  response.body = text;
  response.header("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace tenantd::api::handlers
