// Delivers the outbox: claims due mails with a lease, sends each outside any transaction, records what became
// of it.
//
// A link that somebody waits for goes before an alert, that before an invitation, and so on; it does not wait
// for what was claimed before it. Among equals the organizations take turns.
//
// A suppressed address is sent nothing, and one that the server does not know is suppressed.
//
// Sent: the values are erased. Refused, or older than give_up: dead-lettered. Otherwise tried again, after
// first_retry doubling up to an hour, ±20 %. While the mail server cannot be reached the courier knocks once
// a minute at most with one mail; the first success makes all mails due that failed for that reason. Any
// number of couriers may run at once. A courier that dies loses nothing: its leases run out, and the mails go
// again under the same Message-ID. So do those that it sent in its last tenth of a second, 50 at most: that
// they are out is written together, once the transport has made them last.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/effects/outbox_store.hpp"
#include "tenantd/effects/wake_socket.hpp"
#include "tenantd/mail/transport.hpp"
#include "tenantd/modules/mail_events/suppressions_store.hpp"
#include "tenantd/workers/leased_queue.hpp"

namespace tenantd::service {

// What the courier has to say; the main writes it to the log. The first three concern one mail.
struct CourierEvent {
  enum class Kind {
    sent,
    postponed,
    dead,
    mail_server_lost,
    mail_server_back,
    provider_lost,  // its mails go by the fallback
    provider_back,
    database_lost,
    database_back
  };
  Kind kind;
  std::string mail_id;
  std::string template_name;
  std::string detail;
};

std::string_view courier_event_name(CourierEvent::Kind kind);
// True for what an operator may have to act on.
bool is_failure(CourierEvent::Kind kind);

struct CourierOptions {
  db::ConnectOptions database;
  Secret seal_key;
  std::string from;
  std::string public_url;
  std::string app_url;
  std::string wake_socket;   // empty = none
  Seconds lease{120};        // raised to twice the send timeout and 15 s if it is shorter
  Seconds send_timeout{30};  // of the provider and its fallback together
  Seconds give_up{172800};
  Seconds first_retry{10};
  // Suppresses the address of a mail that the server refused for good; empty = by the courier's connection.
  std::function<void(const store::Suppression&, const store::SentMail&)> suppress;
  std::function<TimePoint()> clock = now;
  std::function<void(const CourierEvent&)> on_event = [](const CourierEvent&) {};
  std::function<void()> on_tick = [] {};  // at least once a second and before each mail: the watchdog
  std::function<void()> on_ring = [] {};  // after each ring of the wake-up socket
};

// The options that the settings mean, without the seal key and the callbacks.
CourierOptions courier_options(const Settings& settings);

class Courier {
 public:
  // Throws std::runtime_error with one sentence if the wake-up socket cannot be made.
  Courier(CourierOptions options, std::unique_ptr<mail::Transport> transport);

  // Works until `stop`, then finishes the mail in hand and gives back the others. A lost database is waited
  // for.
  void run(const std::atomic<bool>& stop);

  // Delivers what is due and returns. Throws what the database throws.
  void drain(const std::atomic<bool>& stop);

 private:
  struct Verdict {
    store::OutboxRow row;
    mail::Result result;
    TimePoint at;
  };

  bool step(const std::atomic<bool>& stop);
  bool work(const std::atomic<bool>& stop, TimePoint due_by);
  void look_up_suppressed(const std::vector<store::OutboxRow>& rows);
  bool is_overtaken(const store::OutboxRow& row);
  void deliver(const store::OutboxRow& row);
  mail::Result try_to_send(const store::OutboxRow& row);
  mail::Result send(const mail::Message& message);
  void note_server(const mail::Result& result);
  void note_provider(const mail::Result& result);
  template <class Statement>
  void persist(Statement&& statement);
  void save_verdicts();
  void settle();
  void save_sent();
  void save_failed(const Verdict& verdict);
  void suppress(const store::OutboxRow& row, const std::string& why, TimePoint at);
  void report(CourierEvent::Kind kind, const std::string& detail,
              const store::OutboxRow* row = nullptr) const;

  CourierOptions options_;
  std::unique_ptr<mail::Transport> transport_;
  WakeSocket bell_;
  LeasedQueue queue_;
  std::deque<Verdict> unsaved_;  // told to the database together, and as soon as it listens
  std::int64_t keep_until_us_ = 0;
  std::int64_t next_look_us_ = 0;
  std::map<std::string, std::string> suppressed_;  // recipients of the mails in hand that get none

  store::Turns turns_;
  bool hasten_ = true;  // mails of an earlier courier may wait for the server's return
  bool server_lost_ = false;
  bool provider_lost_ = false;
  Seconds server_delay_{0};
  TimePoint server_retry_at_{};
};

}  // namespace tenantd::service
