#include "tenantd/identity/setup.hpp"

#include "identity/members/new_user.hpp"
#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/identity/encode.hpp"

namespace tenantd::api::handlers {
namespace {

bool has_name(const JsonValue& body) {
  return !maybe_text(body, "first_name").value_or("").empty() ||
         !maybe_text(body, "last_name").value_or("").empty();
}

Response set_up(const Request& request, Txn& txn) {
  const service::SetUp form{text(request.body, "setup_token"), email_in(request.body, "email"),
                            text(request.body, "password"),
                            has_name(request.body) ? named_profile(request.body) : "{}"};
  auto response = token_reply(service::set_up(txn, request.context, form));
  response.status = 201;
  return response.header("Location", "/api/v1/users/me");
}

constexpr auto kSetupRows =
    section("Sign-up, sign-in, tokens",
            {
                {.method = POST,
                 .path = "/setup",
                 .also_at = {"/api/v1/setup"},
                 .handler = set_up,
                 .pair = Pair::answered,
                 .rate = Rate::password,
                 .body = "setup",
                 .reply = made("token"),
                 .refuses = {setup_done, token_invalid, email_taken, password_refused},
                 .name = "createFirstSuperAdmin",
                 .summary = "Make the first super-admin, by the link that `tenantctl setup-link` prints"},
            });

}  // namespace

std::span<const Route> setup_rows() { return kSetupRows; }

}  // namespace tenantd::api::handlers
