#include "documents.hpp"

#include "tenantd/api/openapi.hpp"
#include "tenantd/config/settings.hpp"
#include "usage.hpp"

namespace tenantd::ctl {

int openapi(const Arguments& arguments, std::ostream& out, std::ostream&) {
  expect_at_most(arguments, 0);
  out << api::indented(api::openapi_json(load_settings().public_url)) << '\n';
  return 0;
}

}  // namespace tenantd::ctl
