// Of which sign-ins an account's owner gets a mail: what the service says, what organizations ask for, and
// what the owner chose.
#pragma once

#include <optional>

#include "tenantd/config/settings.hpp"
#include "tenantd/domain/login_alert.hpp"
#include "tenantd/effects/context.hpp"

namespace tenantd::service {

// What the service's settings say of them.
struct AlertRules {
  explicit AlertRules(const Settings& settings);
  LoginAlert usual;  // for who has chosen nothing
  LoginAlert least;  // nobody gets fewer

  // `wanted`: the most that an organization of the account asks for. What the owner chose never takes away
  // from what either demands.
  LoginAlert in_force(LoginAlert wanted, const std::optional<LoginAlert>& chosen) const;
};

struct AlertChoice {
  std::optional<LoginAlert> chosen;  // by the owner
  LoginAlert wanted = LoginAlert::never;
};
AlertChoice alert_choice(db::Txn& txn, UserId user);

// Throws ApiError(validation_failed) where the service or an organization asks for more than `chosen`. The
// owner gets a mail about fewer.
AlertChoice choose_alerts(db::Txn& txn, const Context& context, const Session& session,
                          const std::optional<LoginAlert>& chosen);

}  // namespace tenantd::service
