#include "tenantd/workers/receiver_options.hpp"

#include "tenantd/db/server.hpp"

namespace tenantd::service {

ReceiverOptions receiver_options(const Settings& settings, std::size_t reply_bytes) {
  constexpr Seconds kMargin{15};  // claiming and recording
  ReceiverOptions options;
  options.database =
      db::connect_options(settings, settings.db_courier_user, settings.db_courier_password, "tenantd");
  options.policy = net::outbound_policy(settings);
  options.policy.seconds = settings.webhook_seconds;
  options.policy.bytes = reply_bytes;
  options.connections = settings.webhook_connections;
  options.lease = Seconds{settings.webhook_seconds} * 2 + kMargin;
  options.give_up = Seconds{settings.webhook_give_up_seconds};
  options.first_retry = Seconds{settings.webhook_retry_seconds};
  return options;
}

}  // namespace tenantd::service
