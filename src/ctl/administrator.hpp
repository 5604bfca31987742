// Whoever administers the database, as the commands that the service's own account may not run act.
#pragma once

#include "tenantd/crypto/keys.hpp"
#include "tenantd/ctl/commands.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/hosts/outsider.hpp"

namespace tenantd::ctl {

struct Administrator {
  // Throws where the database cannot be reached, or the keys are not the installation's.
  explicit Administrator(const Settings& s)
      : settings(s), pool(administrator_account(s), 1), keys(hosts::checked_keys(s, *pool.acquire())) {}

  const Settings& settings;
  db::Pool pool;
  crypto::KeyRing keys;
  hosts::Outsider hosts{hosts::Outsider::Wait::at_once};
  service::Context context{settings, keys, now(), "", "tenantctl", "", nullptr, {}, {}, {}, {}};
};

}  // namespace tenantd::ctl
