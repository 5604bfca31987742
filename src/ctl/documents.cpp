#include "documents.hpp"

#include "tenantd/api/openapi.hpp"
#include "tenantd/api/postman.hpp"
#include "tenantd/config/settings.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

int openapi(const Arguments& arguments, std::ostream& out, std::ostream&) {
  expect_at_most(arguments, 0);
  out << api::indented(api::openapi_json(load_settings().public_url)) << '\n';
  return 0;
}

int postman(const Arguments& arguments, std::ostream& out, std::ostream&) {
  expect_at_most(arguments, 1);
  const bool environment = !arguments.empty() && arguments[0] == "--environment";
  if (!arguments.empty() && !environment) throw UsageError("unknown option \"" + arguments[0] + "\"");
  const auto json =
      environment ? api::postman_environment(load_settings().public_url) : api::postman_collection();
  out << api::indented(json) << '\n';
  return 0;
}

}  // namespace tenantd::ctl
