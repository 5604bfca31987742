#include <criterion/criterion.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/check.hpp"
#include "support/processes.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/api/router.hpp"

using namespace tenantd;
using test::require;
using test::require_equal;

namespace {

std::string id_of(api::Method method, std::string_view path) {
  const auto found = api::Router{api::routes()}.find(method, path);
  require(found.route != nullptr, std::string{path});
  return api::operation_id(*found.route);
}

// "listMembers GET /api/v1/members", a line a row, in the order of the documents.
std::string listed() {
  std::string text;
  for (const auto& route : api::routes())
    text += api::operation_id(route) + ' ' + std::string{http::method_name(route.method)} + ' ' +
            std::string{route.path} + '\n';
  return text;
}

}  // namespace

Test(openapi, operation_ids_are_names_of_functions_and_differ) {
  constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::set<std::string> seen;
  for (const auto& route : api::routes()) {
    const auto id = api::operation_id(route);
    require(seen.insert(id).second, id + " names two rows");
    require(id.find_first_not_of(kLetters) == std::string::npos && id.front() >= 'a' && id.front() <= 'z',
            id);
  }
}

Test(openapi, an_operation_id_follows_from_method_and_path_or_from_the_rows_name) {
  using api::Method;
  require_equal(id_of(Method::GET, "/api/v1/members"), "listMembers");
  require_equal(id_of(Method::POST, "/api/v1/api-keys"), "createApiKey");
  require_equal(id_of(Method::DELETE_, "/api/v1/auth/identities/1"), "deleteIdentity");
  require_equal(id_of(Method::PUT, "/api/v1/members/1/role"), "updateMemberRole");
  require_equal(id_of(Method::POST, "/api/v1/organizations/1/transfer-ownership"),
                "transferOrganizationOwnership");
  require_equal(id_of(Method::POST, "/api/v1/webhooks/1/deliveries/2/replay"), "replayWebhookDelivery");
  require_equal(id_of(Method::GET, "/api/v1/products/export"), "exportProducts");
  require_equal(id_of(Method::GET, "/api/v1/users/me"), "getMe");
  require_equal(id_of(Method::POST, "/signin"), "loginAtSignin");
}

// Clients call functions by these names, and a name that changes breaks them. A new row adds its line to the
// file.
Test(openapi, operation_ids_do_not_change_unnoticed) {
  std::ifstream file{test::setting("TENANTD_TOP") + "/tests/api/operation_ids.txt"};
  std::set<std::string> kept;
  for (std::string line; std::getline(file, line);) kept.insert(line);
  std::istringstream now{listed()};
  std::string differs;
  for (std::string line; std::getline(now, line);)
    if (kept.erase(line) == 0) differs += "+ " + line + '\n';
  for (const auto& line : kept) differs += "- " + line + '\n';
  require_equal(differs, "", "tests/api/operation_ids.txt");
}
