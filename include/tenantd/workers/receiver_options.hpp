// What the couriers are given alike that call receivers: webhooks, and OAuth clients.
#pragma once

#include <functional>

#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::service {

struct ReceiverOptions {
  db::ConnectOptions database;
  net::OutboundPolicy policy;
  std::int64_t connections = 16;
  Seconds lease{35};
  Seconds give_up{259200};
  Seconds first_retry{10};
  std::function<TimePoint()> clock = now;
};
// What the settings mean (WEBHOOK_…). `reply_bytes`: of a reply are read. Throws ConfigError.
ReceiverOptions receiver_options(const Settings& settings, std::size_t reply_bytes);

}  // namespace tenantd::service
