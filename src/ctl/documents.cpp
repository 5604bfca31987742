#include "documents.hpp"

#include "options.hpp"
#include "tenantd/api/openapi.hpp"
#include "tenantd/api/postman.hpp"
#include "tenantd/config/settings.hpp"

namespace tenantd::ctl {

int openapi(const Arguments& arguments, std::ostream& out, std::ostream&) {
  read_options(arguments, {});
  out << json::indented(api::openapi_json(load_settings().public_url)) << '\n';
  return 0;
}

int postman(const Arguments& arguments, std::ostream& out, std::ostream&) {
  bool environment = false;
  read_options(arguments, {{"--environment", environment}});
  const auto json =
      environment ? api::postman_environment(load_settings().public_url) : api::postman_collection();
  out << json::indented(json) << '\n';
  return 0;
}

}  // namespace tenantd::ctl
