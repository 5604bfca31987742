// tenantctl privacy: what is kept of a person, and its end.
#pragma once

#include "usage.hpp"

namespace tenantd::ctl {

extern const char* const kPrivacyPage;
int privacy(const Arguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace tenantd::ctl
