// A proof of who is signed in: that it is wanted, and given.
#pragma once

#include <string>

#include "support/check.hpp"
#include "support/fixtures.hpp"

namespace tenantd::test {

inline constexpr const char* kStepUp = "/api/v1/auth/step-up";
inline constexpr int kTooOld = 600;  // seconds

inline bool wants_proof(const Response& reply) {
  return reply.header("www-authenticate").find("insufficient_user_authentication") != std::string::npos;
}

inline void expect_wants_proof(const Response& reply) {
  expect_problem(reply, 403, "reauthentication_required");
  require(wants_proof(reply), reply.describe());
  require(reply.header("www-authenticate").find("max_age=\"600\"") != std::string::npos, reply.describe());
}

inline Response show(const Account& account, std::initializer_list<std::pair<std::string_view, Field>> what) {
  return account.client().post(kStepUp, object(what));
}

// Any row that wants one, which its caller may call, and which does nothing yet.
inline Response try_row(const Account& account) { return account.client().post("/api/v1/api-keys", "{}"); }

}  // namespace tenantd::test
