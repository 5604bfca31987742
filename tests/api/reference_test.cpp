// The documents about the API, as the service and tenantctl give them, in the hands of the tools that read
// them.
#include <criterion/criterion.h>

#include <algorithm>

#include "support/check.hpp"
#include "support/fixtures.hpp"
#include "support/instance_lock.hpp"
#include "support/node.hpp"
#include "support/processes.hpp"
#include "tenantd/api/openapi.hpp"

using namespace tenantd::test;

Test(reference, the_service_describes_itself_to_anybody_and_for_caches) {
  const auto reply = Client{}.get("/api/v1/openapi.json");
  expect(reply, 200);
  require_equal(reply.header("cache-control"), "public, max-age=300");
  require_equal(reply.header("content-type"), "application/json");
  require_equal(reply.body, tenantd::api::openapi_json(setting("PUBLIC_URL")));
  require_equal(reply.text("/servers/0/url"), setting("PUBLIC_URL"));
}

// Redocly's own recommended rules; a warning is a fault. One rule is left out: by it /projects/{id}/documents
// and /projects/documents/{id} could be one path, of a document whose id is the word "documents", which no
// UUID is.
Test(reference, the_description_lints_clean, .timeout = 120) {
  const auto path = printed({"openapi"}, "openapi.json");
  const auto linted = run_program(
      {node_program("redocly"), "lint", "--max-problems=20", "--skip-rule=no-ambiguous-paths", path},
      {"REDOCLY_TELEMETRY=off", "NO_UPDATE_NOTIFIER=1", "HOME=" + run_dir()});
  require_equal(linted.status, 0, linted.output);
  require(linted.output.find("warning") == std::string::npos, linted.output);
}

// The second run begins with the environment that the first one left, as in Postman itself.
Test(reference, the_collection_runs_green_twice_in_a_row) {
  share_instance();
  const auto collection = printed({"postman"}, "collection.json");
  const auto environment = printed({"postman", "--environment"}, "environment.json");
  for (int run = 1; run <= 2; ++run) {
    const auto ran = run_program(
        {node_program("newman"), "run", collection, "--environment", environment, "--env-var",
         "base_url=" + setting("TENANTD_URL"), "--export-environment", environment, "--color", "off"},
        {"HOME=" + run_dir()}, std::chrono::seconds{240});
    const auto tail = ran.output.substr(ran.output.size() - std::min<std::size_t>(ran.output.size(), 4000));
    require_equal(ran.status, 0, "run " + std::to_string(run) + ":\n" + tail);
  }
}
