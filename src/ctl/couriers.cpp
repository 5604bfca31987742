#include "tenantd/ctl/couriers.hpp"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "tenantd/base/log.hpp"
#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/live_keys.hpp"
#include "tenantd/ctl/checked_settings.hpp"
#include "tenantd/db/schema.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/hosts/deployment.hpp"
#include "tenantd/identity/proven_domains.hpp"
#include "tenantd/modules/documents/files.hpp"
#include "tenantd/modules/mail_events/mail_events.hpp"
#include "tenantd/watch/crash.hpp"
#include "tenantd/watch/exporter.hpp"
#include "tenantd/workers/courier.hpp"
#include "tenantd/workers/file_courier.hpp"
#include "tenantd/workers/logout_courier.hpp"
#include "tenantd/workers/stream_courier.hpp"
#include "tenantd/workers/webhook_courier.hpp"

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

void log_domain_error(const std::string& why) { log::warning("domain_check_failed", {{"detail", why}}); }

void log_logout_event(const service::LogoutEvent& event) {
  const auto level = service::is_failure(event.kind) ? log::Level::warning : log::Level::info;
  log::write(level, service::logout_event_name(event.kind),
             {{"client_id", event.client_id}, {"duration_ms", event.milliseconds}, {"detail", event.detail}});
}

void log_stream_event(const service::StreamEvent& event) {
  const auto level = service::is_failure(event.kind) ? log::Level::warning : log::Level::info;
  log::write(level, service::stream_event_name(event.kind),
             {{"stream_id", event.stream_id},
              {"items", event.items},
              {"duration_ms", event.milliseconds},
              {"detail", event.detail}});
}

void log_file_error(const std::string& why) { log::warning("file_removal_failed", {{"detail", why}}); }

service::WebhookCourierOptions webhook_options(const Settings& settings, const Secret& seal_key,
                                               watch::Handover& handover) {
  auto options = service::webhook_courier_options(settings);
  options.on_trace = [&handover](const watch::SpanList& list) { handover.spans(list); };
  options.seal_key = seal_key;
  options.on_event = log_webhook_event;
  return options;
}

service::LogoutCourierOptions logout_options(const Settings& settings, crypto::LiveKeys& keys) {
  auto options = service::logout_courier_options(settings);
  options.keys = [&keys] { return keys.current().keys; };
  options.on_event = log_logout_event;
  return options;
}

service::StreamCourierOptions stream_options(const Settings& settings, const Secret& seal_key,
                                             crypto::LiveKeys& keys) {
  auto options = service::stream_courier_options(settings);
  options.seal_key = seal_key;
  options.keys = [&keys] { return keys.current().keys; };
  options.on_event = log_stream_event;
  return options;
}

// As the courier's account, with an audit row in the same transaction.
auto suppressor(const Settings& settings, const crypto::KeyRing& keys) {
  const auto pool = std::make_shared<db::Pool>(
      db::connect_options(settings, settings.db_courier_user, settings.db_courier_password, "tenantd_app"),
      1);
  return [&settings, &keys, pool](const store::Suppression& suppression, const store::SentMail& mail) {
    const service::Context context{
        settings, keys, suppression.created_at, "", "tenantd-courier", "", nullptr, {}, {}, {}, {}};
    db::run_transaction(*pool, nullptr,
                        [&](db::Txn& txn) { service::suppress(txn, context, suppression, mail); });
  };
}

service::Courier make_courier(const Settings& settings, const crypto::KeyRing& keys, bool once,
                              service::WebhookCourier& webhooks) {
  auto options = service::courier_options(settings);
  options.seal_key = keys.seal_key();
  options.suppress = suppressor(settings, keys);
  options.on_event = log_event;
  options.on_tick = [] { sd_notify(0, "WATCHDOG=1"); };
  // The bell rings for both.
  options.on_ring = [&webhooks] { webhooks.wake(); };
  if (once) options.wake_socket.clear();
  return service::Courier{std::move(options), mail::make_transport(settings)};
}

// Each kind has a thread of its own: neither a receiver nor a store nor a mail server that hangs holds up the
// others. It takes no signals, which must interrupt the one that waits for the bell.
std::future<void> start(std::function<void()> work, bool once, std::atomic<bool>& stopping) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  auto ended = std::async(std::launch::async, [work = std::move(work), &stopping, once] {
    try {
      work();
    } catch (...) {
      if (!once) stopping = true;  // not half a courier: whoever started it starts another
      throw;
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return ended;
}

// The keys of this database; nothing is claimed with others, nor from a schema of another release. Waits for
// a database that is away, or not migrated yet, until `stopping`, or throws (`once`).
std::optional<crypto::KeyRing> await_keys(const Settings& settings, bool once, std::atomic<bool>& stopping) {
  static_cast<void>(crypto::KeyRing::load(settings.keys_dir));
  for (bool is_told = false; !stopping; is_told = true) {
    try {
      db::Connection connection{
          db::connect_options(settings, settings.db_courier_user, settings.db_courier_password, "tenantd")};
      db::require_schema(connection);
      return hosts::checked_keys(settings, connection);
    } catch (const ApiError& e) {
      if (once) throw;
      if (!is_told) log::warning("database_lost", {{"detail", e.log_detail()}});
    }
    sd_notify(0, "WATCHDOG=1");
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
  return std::nullopt;
}

}  // namespace

void check_couriers(const Settings& settings) {
  check_settings(settings);
  watch::check_export(settings);
  mail::make_transport(settings);
  service::webhook_courier_options(settings);
  service::logout_courier_options(settings);
  service::stream_courier_options(settings);
  service::check_file_settings(settings);
  service::check_wake_socket(settings.courier_socket);
}

void run_couriers(bool once, std::atomic<bool>& stopping) {
  const Settings settings = load_settings();
  check_couriers(settings);
  if (!settings.clock_offset_file.empty()) use_offset_file(settings.clock_offset_file);
  watch::tell_of_crashes("courier", settings.sentry_dsn.reveal().empty() ? "" : settings.export_socket);
  if (!once) sd_notify(0, "READY=1");
  const auto keys = await_keys(settings, once, stopping);
  if (!keys) return;
  watch::Handover handover{settings.otlp_endpoint.empty() ? "" : watch::handover_socket(settings)};
  service::WebhookCourier webhooks{webhook_options(settings, keys->seal_key(), handover)};
  crypto::LiveKeys live_keys{settings.keys_dir};
  service::LogoutCourier logouts{logout_options(settings, live_keys)};
  service::StreamCourier streams{stream_options(settings, keys->seal_key(), live_keys)};
  service::Courier courier = make_courier(settings, *keys, once, webhooks);
  std::optional<service::FileCourier> files;
  if (settings.file_store == "s3") files.emplace(settings, log_file_error);
  service::DomainCourier domains{settings, *keys, log_domain_error};
  auto domains_ended = start([&] { once ? domains.drain() : domains.run(stopping); }, once, stopping);
  auto ended = start([&] { once ? webhooks.drain(stopping) : webhooks.run(stopping); }, once, stopping);
  auto logouts_ended = start([&] { once ? logouts.drain(stopping) : logouts.run(stopping); }, once, stopping);
  auto streams_ended = start([&] { once ? streams.drain(stopping) : streams.run(stopping); }, once, stopping);
  std::future<void> files_ended;
  if (files) files_ended = start([&] { once ? files->drain() : files->run(stopping); }, once, stopping);
  try {
    once ? courier.drain(stopping) : courier.run(stopping);
  } catch (...) {
    stopping = true;  // or the other thread would be waited for
    throw;
  }
  sd_notify(0, "STOPPING=1");
  webhooks.wake();
  ended.get();
  logouts_ended.get();
  streams.wake();
  streams_ended.get();
  if (files) files_ended.get();
  domains_ended.get();
}

}  // namespace tenantd::ctl
