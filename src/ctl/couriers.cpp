#include "tenantd/ctl/couriers.hpp"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <future>

#include "tenantd/base/log.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/ctl/checked_settings.hpp"
#include "tenantd/service/courier.hpp"
#include "tenantd/service/webhook_courier.hpp"

namespace tenantd::ctl {
namespace {

void log_event(const service::CourierEvent& event) {
  const auto level = service::is_failure(event.kind) ? log::Level::warning : log::Level::info;
  // The mail's id and template are empty for what concerns a server.
  log::write(level, service::courier_event_name(event.kind),
             {{"mail_id", event.mail_id}, {"template", event.template_name}, {"detail", event.detail}});
}

void log_webhook_event(const service::WebhookEvent& event) {
  const auto level = service::is_failure(event.kind) ? log::Level::warning : log::Level::info;
  log::write(level, service::webhook_event_name(event.kind),
             {{"webhook_id", event.webhook_id},
              {"event_id", event.event_id},
              {"duration_ms", event.milliseconds},
              {"detail", event.detail}});
}

service::WebhookCourierOptions webhook_options(const Settings& settings, const Secret& seal_key) {
  auto options = service::webhook_courier_options(settings);
  options.seal_key = seal_key;
  options.on_event = log_webhook_event;
  return options;
}

service::Courier make_courier(const Settings& settings, const Secret& seal_key, bool once,
                              service::WebhookCourier& webhooks) {
  auto options = service::courier_options(settings);
  options.seal_key = seal_key;
  options.on_event = log_event;
  // The bell rings for both.
  options.on_tick = [&webhooks] {
    sd_notify(0, "WATCHDOG=1");
    webhooks.wake();
  };
  if (once) options.wake_socket.clear();
  return service::Courier{std::move(options), mail::make_transport(settings)};
}

// Webhooks are delivered by a thread of their own: neither a receiver nor a mail server that hangs holds up
// the other. It takes no signals, which must interrupt the one that waits for the bell.
std::future<void> start(service::WebhookCourier& webhooks, bool once, std::atomic<bool>& stopping) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto ended = std::async(std::launch::async, [&webhooks, &stopping, once] {
    try {
      once ? webhooks.drain(stopping) : webhooks.run(stopping);
    } catch (...) {
      if (!once) stopping = true;  // not half a courier: whoever started it starts another
      throw;
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return ended;
}

}  // namespace

void run_couriers(bool once, std::atomic<bool>& stopping) {
  const Settings settings = load_checked_settings();
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  const Secret seal_key = crypto::KeyRing::load(settings.keys_dir).seal_key();
  service::WebhookCourier webhooks{webhook_options(settings, seal_key)};
  service::Courier courier = make_courier(settings, seal_key, once, webhooks);
  auto ended = start(webhooks, once, stopping);
  if (!once) sd_notify(0, "READY=1");
  try {
    once ? courier.drain(stopping) : courier.run(stopping);
  } catch (...) {
    stopping = true;  // or the other thread would be waited for
    throw;
  }
  sd_notify(0, "STOPPING=1");
  webhooks.wake();
  ended.get();
}

}  // namespace tenantd::ctl
