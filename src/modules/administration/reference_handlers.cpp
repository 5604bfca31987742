#include "tenantd/api/openapi.hpp"
#include "tenantd/api/rows.hpp"

namespace tenantd::api::handlers {
namespace {

// Made once a process, whose settings do not change.
Response openapi(const Request& request, Txn&) {
  static const std::string text = openapi_json(request.context.settings.public_url);
  Response response;
  response.body = text;
  response.header("Cache-Control", "public, max-age=300");
  return response;
}

constexpr auto kReferenceRows =
    section("Health and discovery", {
                                        {.method = GET,
                                         .path = "/api/v1/openapi.json",
                                         .handler = openapi,
                                         .rate = Rate::read,
                                         .reply = ok("openapi"),
                                         .refuses = nothing,
                                         .name = "getOpenapi",
                                         .summary = "This description of the API (OpenAPI 3.1)"},
                                    });

}  // namespace

std::span<const Route> reference_rows() { return kReferenceRows; }

}  // namespace tenantd::api::handlers
