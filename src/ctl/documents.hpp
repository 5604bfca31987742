// The commands that print the documents about the API.
#pragma once

#include "tenantd/ctl/commands.hpp"

namespace tenantd::ctl {

int openapi(const Arguments& arguments, std::ostream& out, std::ostream& err);
int postman(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
