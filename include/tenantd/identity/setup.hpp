// The first super-admin, made in the browser by whoever runs the server.
#pragma once

#include <string>

#include "tenantd/domain/email.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/identity/sessions.hpp"

namespace tenantd::service {

struct SetUp {
  std::string token;
  Email email;
  std::string password;
  std::string profile = "{}";  // JSON object
};
// Account, its personal organization, the rank, a session: all or nothing; the link is used up. Who holds the
// link runs the server, so that the address counts as verified. Throws ApiError: setup_done (there is a
// super-admin), token_invalid, password_refused, email_taken.
TokenReply set_up(db::Txn& txn, const Context& context, const SetUp& form);

// A link for tenantctl to print; those of before are dead. Throws ApiError(setup_done).
std::string make_setup_link(db::Txn& txn, const Context& context);

}  // namespace tenantd::service
