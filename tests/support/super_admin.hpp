// The instance's super-admin, made at its first start.
#pragma once

#include "support/fixtures.hpp"
#include "support/processes.hpp"

namespace tenantd::test {

// Signs in anew each time. Of a private stack: one that was started with kSuperAdmin among its settings.
inline Account signed_in_super_admin(const std::string& email = setting("SUPER_ADMIN_EMAIL"),
                                     const std::string& password = setting("SUPER_ADMIN_PASSWORD")) {
  return account_of(expect(sign_in(email, password), 200), email, password);
}

}  // namespace tenantd::test
