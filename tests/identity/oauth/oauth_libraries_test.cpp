// Libraries that know nothing of this service sign people in by it (tests/node/oauth_clients.mjs), and the
// conformance suite of the Model Context Protocol judges it (tests/node/mcp_conformance.mjs).
#include <criterion/criterion.h>

#include "support/check.hpp"
#include "support/oauth.hpp"
#include "support/processes.hpp"

using namespace tenantd::test;

namespace {

// Clients whose client_id is the address of a document are not taken: the suite warns of that, and fails
// nobody.
constexpr const char* kContent =
    "authorization-code-grant SUCCESS\n"
    "authorization-server-metadata SUCCESS\n"
    "authorization-server-metadata-cimd WARNING: Authorization server metadata does not include "
    "\"client_id_metadata_document_supported\"\n";

std::string issuer() { return Client{}.get("/.well-known/openid-configuration").text("/issuer"); }

Finished conform(const Account& who, const OauthClient& client, const std::string& resource = "") {
  std::vector<std::string> command{"node", setting("TENANTD_TOP") + "/tests/node/mcp_conformance.mjs",
                                   issuer(), client.id, who.access_token};
  if (!resource.empty()) command.push_back(resource);
  return run_program(command, {}, std::chrono::seconds{100});
}

OauthClient program_on_a_device(const Account& owner) {
  return register_client(owner, {{"redirect_uris", R"(["http://127.0.0.1/callback"])"},
                                 {"token_endpoint_auth_method", R"("none")"}});
}

}  // namespace

Test(oauth_libraries, openid_client_and_oauth4webapi_sign_in_refresh_and_log_out, .timeout = 240) {
  const auto owner = sign_up();
  const auto client = register_client(owner);
  const auto finished = run_program({"node", setting("TENANTD_TOP") + "/tests/node/oauth_clients.mjs",
                                     issuer(), client.id, client.secret, owner.access_token},
                                    {}, std::chrono::seconds{200});
  require_equal(finished.status, 0, finished.output);
}

Test(oauth_libraries, the_conformance_suite_of_mcp_is_content_with_the_authorization_server, .timeout = 240) {
  const auto owner = sign_up();
  const auto client = program_on_a_device(owner);
  const auto api = conform(owner, client);
  require_equal(api.output, kContent, "for the API of this service");
  require_equal(api.status, 0, api.output);
  const auto resource = "https://" + fresh_name("mcp") + ".example.com/mcp";
  register_client(owner, {{"redirect_uris", "[]"}, {"resource", Field{resource}.json()}});
  const auto server = conform(owner, client, resource);
  require_equal(server.output, kContent, "for an MCP server");
  require_equal(server.status, 0, server.output);
}

Test(oauth_libraries, the_conformance_suite_of_mcp_is_told_that_a_server_is_not_known, .timeout = 240) {
  const auto owner = sign_up();
  const auto told = conform(owner, program_on_a_device(owner), "https://nobody.example.com/mcp");
  cr_assert_eq(told.status, 1, "%s", told.output.c_str());
  constexpr auto refused = "authorization-code-grant FAILURE: Authorization error: invalid_target";
  cr_assert(told.output.starts_with(refused), "%s", told.output.c_str());
}
