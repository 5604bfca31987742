#include "tenantd/workers/courier.hpp"

#include <algorithm>
#include <stdexcept>

#include "tenantd/crypto/keys.hpp"
#include "tenantd/crypto/random.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/db/txn.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::service {
namespace {

using MailKind = CourierEvent::Kind;

constexpr std::int64_t kMailBatch = 50;
// How long it may stay in memory that a mail is out. A courier that is killed meanwhile sends those mails
// again.
constexpr std::int64_t kVerdictsKeptUs = 100'000;
constexpr std::int64_t kLookAsideUs =
    50'000;                              // between two looks for a more urgent mail for which nobody rang
constexpr Seconds kMailLeaseMargin{15};  // claiming and recording
constexpr Seconds kKnockMax{60};         // between two attempts to reach the mail server
constexpr std::chrono::milliseconds kMailPoll{1000};

std::int64_t microseconds(Seconds s) { return std::chrono::microseconds{s}.count(); }

// A server may hang while the connection is made, and once more while it is given the mail.
Seconds longest_send(const CourierOptions& options) { return options.send_timeout * 2; }

bool forgets_reader(const store::OutboxRow& row) {
  const auto kind = mail::template_by_name(row.template_name);
  return kind && mail::forgets_its_reader(*kind);
}

// Servers name the address in what they say.
mail::Result without_reader(mail::Result result) {
  if (result.outcome == mail::Outcome::sent || result.connection_failed) return result;
  result.detail = "not kept: the mail's reader was erased";
  result.no_such_recipient = false;
  return result;
}

}  // namespace

std::string_view courier_event_name(MailKind kind) {
  switch (kind) {
    case MailKind::sent: return "mail_sent";
    case MailKind::postponed: return "mail_postponed";
    case MailKind::dead: return "mail_dead";
    case MailKind::mail_server_lost: return "mail_server_lost";
    case MailKind::mail_server_back: return "mail_server_back";
    case MailKind::provider_lost: return "mail_provider_lost";
    case MailKind::provider_back: return "mail_provider_back";
    case MailKind::database_lost: return "database_lost";
    case MailKind::database_back: return "database_back";
  }
  throw std::logic_error("no such courier event");
}

bool is_failure(MailKind kind) {
  return kind != MailKind::sent && kind != MailKind::mail_server_back && kind != MailKind::provider_back &&
         kind != MailKind::database_back;
}

CourierOptions courier_options(const Settings& settings) {
  CourierOptions options;
  options.database =
      db::connect_options(settings, settings.db_courier_user, settings.db_courier_password, "tenantd");
  options.from = settings.mail_from;
  options.public_url = settings.public_url;
  options.app_url = settings.app_url;
  options.wake_socket = settings.courier_socket;
  options.lease = Seconds{settings.mail_lease_seconds};
  const bool has_provider = settings.mail_transport == "ses" || settings.mail_transport == "resend";
  options.send_timeout =
      Seconds{settings.smtp_timeout_seconds + (has_provider ? settings.outbound_seconds : 0)};
  options.give_up = Seconds{settings.mail_give_up_seconds};
  options.first_retry = Seconds{settings.mail_retry_seconds};
  return options;
}

Courier::Courier(CourierOptions options, std::unique_ptr<mail::Transport> transport)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      bell_(options_.wake_socket),
      queue_(options_.database, options_.first_retry,
             {[this](const std::string& why) { report(MailKind::database_lost, why); },
              [this] { report(MailKind::database_back, ""); }}) {
  options_.lease = std::max(options_.lease, longest_send(options_) + kMailLeaseMargin);
}

void Courier::run(const std::atomic<bool>& stop) {
  while (!stop) {
    options_.on_tick();
    const bool more = step(stop);
    if (bell_.wait(more ? std::chrono::milliseconds{0} : kMailPoll)) options_.on_ring();
  }
  transport_->idle();
}

void Courier::drain(const std::atomic<bool>& stop) {
  // Only what is due now: a mail postponed meanwhile is not waited for.
  const TimePoint due_by = options_.clock();
  save_verdicts();
  while (!stop && work(stop, due_by)) {
  }
  transport_->idle();
}

// Returns true if there may be more to do at once.
bool Courier::step(const std::atomic<bool>& stop) {
  return queue_.turn([&] {
    save_verdicts();
    return work(stop, options_.clock());
  });
}

// A statement that met another's lock was undone by the server: again, or the claimed rows behind it would
// wait for the end of their lease.
template <class Statement>
void Courier::persist(Statement&& statement) {
  for (int attempt = 1;; ++attempt) {
    try {
      return statement();
    } catch (const db::ConnectionLost&) {
      throw;
    } catch (const db::RetryableError&) {
      if (attempt == db::kTransactionAttempts) throw;
      db::back_off(attempt);
    }
  }
}

bool Courier::work(const std::atomic<bool>& stop, TimePoint due_by) {
  const TimePoint at = options_.clock();
  // The second condition: a clock that was set back must not hold the mail.
  if (at < server_retry_at_ && server_retry_at_ <= at + LeasedQueue::kRetryMax * 2) return false;
  // Beyond this, a send might outlast the lease.
  const auto last_start = monotonic_microseconds() + microseconds(options_.lease - longest_send(options_));
  const auto rows = store::claim_due_mail(queue_.database(), turns_, due_by, at + options_.lease,
                                          server_lost_ ? 1 : kMailBatch);
  if (rows.empty()) {
    transport_->idle();
    return false;
  }
  look_up_suppressed(rows);
  next_look_us_ = monotonic_microseconds() + kLookAsideUs;
  auto row = rows.begin();
  while (row != rows.end() && !stop && options_.clock() >= server_retry_at_ &&
         monotonic_microseconds() < last_start && (row == rows.begin() || !is_overtaken(*row)))
    deliver(*row++);
  save_verdicts();
  persist([&] { store::release_mails(queue_.database(), {row, rows.end()}, options_.clock()); });
  return true;
}

// Here and not where the mail was ordered: there nobody is to learn which addresses are known to be dead.
void Courier::look_up_suppressed(const std::vector<store::OutboxRow>& rows) {
  std::vector<std::string> recipients;
  for (const auto& row : rows) recipients.push_back(row.recipient);
  suppressed_ = store::suppressions_of(queue_.database(), recipients);
}

// True if a mail waits that goes before this one.
bool Courier::is_overtaken(const store::OutboxRow& row) {
  const bool rang = bell_.rang();
  if (rang) options_.on_ring();
  if (row.rank == 0 || (!rang && monotonic_microseconds() < next_look_us_)) return false;
  next_look_us_ = monotonic_microseconds() + kLookAsideUs;
  return store::has_more_urgent_mail(queue_.database(), row.rank, options_.clock());
}

void Courier::deliver(const store::OutboxRow& row) {
  options_.on_tick();
  if (unsaved_.empty()) keep_until_us_ = monotonic_microseconds() + kVerdictsKeptUs;
  auto result = forgets_reader(row) ? without_reader(try_to_send(row)) : try_to_send(row);
  unsaved_.push_back({row, std::move(result), options_.clock()});
  if (monotonic_microseconds() >= keep_until_us_) save_verdicts();
}

mail::Result Courier::try_to_send(const store::OutboxRow& row) {
  if (const auto found = suppressed_.find(row.recipient); found != suppressed_.end())
    return {mail::Outcome::refused, "suppressed: " + found->second};
  mail::Message message;
  try {
    const auto kind = mail::template_by_name(row.template_name);
    if (!kind) throw std::runtime_error("this release has no mail template " + row.template_name);
    if (!row.values_sealed) throw std::runtime_error("the mail's values are gone");
    const auto json = crypto::unseal(options_.seal_key, *row.values_sealed, store::outbox_context(row.id));
    const mail::Mail mail{*kind, row.recipient, mail::values_from_json(json)};
    message = mail::render(mail, row.id.str(), options_.from, options_.public_url, row.created_at,
                           row.sender_name, options_.app_url);
  } catch (const std::invalid_argument& problem) {
    return {mail::Outcome::refused, problem.what()};
  } catch (const std::runtime_error& problem) {
    // A key or template of another release: mended by the operator, so the mail waits.
    return {mail::Outcome::retry, problem.what()};
  }
  mail::Result result = send(message);
  note_server(result);
  note_provider(result);
  return result;
}

mail::Result Courier::send(const mail::Message& message) {
  try {
    return transport_->send(message);
  } catch (const std::exception& problem) {
    return {mail::Outcome::retry, problem.what(), true};
  }
}

// Keeps count of whether the mail server can be reached.
void Courier::note_server(const mail::Result& result) {
  if (result.connection_failed) {
    const Seconds longest = std::max(kKnockMax, options_.first_retry);
    server_delay_ = std::min(longest, std::max(options_.first_retry, server_delay_ * 2));
    server_retry_at_ = options_.clock() + queue_.jittered(server_delay_);
    hasten_ = true;
    if (!server_lost_) report(MailKind::mail_server_lost, result.detail);
    server_lost_ = true;
    return;
  }
  if (server_lost_) report(MailKind::mail_server_back, result.detail);
  server_lost_ = false;
  server_delay_ = Seconds{0};
  server_retry_at_ = TimePoint{};
}

// The fallback takes its mails meanwhile, so that nobody would notice.
void Courier::note_provider(const mail::Result& result) {
  const bool lost = !result.detour.empty();
  if (lost == provider_lost_ || (!lost && result.connection_failed)) return;
  report(lost ? MailKind::provider_lost : MailKind::provider_back, lost ? result.detour : result.detail);
  provider_lost_ = lost;
}

void Courier::save_verdicts() {
  settle();
  save_sent();
  while (!unsaved_.empty()) {
    save_failed(unsaved_.front());
    unsaved_.pop_front();
  }
}

// What the transport took and could not make last is not out.
void Courier::settle() {
  if (unsaved_.empty()) return;
  const auto failure = transport_->settle();
  if (!failure) return;
  for (auto& verdict : unsaved_)
    if (verdict.result.outcome == mail::Outcome::sent) verdict.result = *failure;
  note_server(*failure);
}

// Those that are out, with one statement.
void Courier::save_sent() {
  const auto failed = std::stable_partition(unsaved_.begin(), unsaved_.end(), [](const Verdict& verdict) {
    return verdict.result.outcome == mail::Outcome::sent;
  });
  if (failed == unsaved_.begin()) return;
  std::vector<store::SentRow> sent;
  for (auto verdict = unsaved_.begin(); verdict != failed; ++verdict)
    sent.push_back({verdict->row.id, verdict->at, verdict->result.provider, verdict->result.provider_id});
  persist([&] { store::mark_mails_sent(queue_.database(), sent); });
  for (auto verdict = unsaved_.begin(); verdict != failed; ++verdict)
    report(MailKind::sent, verdict->result.detail, &verdict->row);
  unsaved_.erase(unsaved_.begin(), failed);
  if (hasten_) persist([&] { store::hasten_mail_after_outage(queue_.database(), options_.clock()); });
  hasten_ = false;
}

void Courier::save_failed(const Verdict& verdict) {
  const auto& row = verdict.row;
  const auto& result = verdict.result;
  const TimePoint at = options_.clock();
  if (result.outcome == mail::Outcome::refused || at - row.created_at >= options_.give_up) {
    if (result.no_such_recipient) suppress(row, result.detail, at);
    persist(
        [&] { store::mark_mail_dead(queue_.database(), row, at, result.detail, result.no_such_recipient); });
    report(MailKind::dead, result.detail, &row);
  } else {
    const TimePoint next =
        result.connection_failed ? server_retry_at_ : at + queue_.retry_delay(row.attempts);
    persist([&] {
      store::mark_mail_retry(queue_.database(), row, at, std::max(next, at), result.detail,
                             result.connection_failed);
    });
    report(MailKind::postponed, result.detail, &row);
  }
}

void Courier::suppress(const store::OutboxRow& row, const std::string& why, TimePoint at) {
  const store::Suppression suppression{
      crypto::new_id<store::SuppressionId>(), row.recipient, "bounce", why, "smtp", at};
  suppressed_.emplace(row.recipient, suppression.reason);
  if (options_.suppress) return options_.suppress(suppression, {row.id, true, row.org});
  persist([&] { store::suppress(queue_.database(), suppression); });
}

void Courier::report(MailKind kind, const std::string& detail, const store::OutboxRow* row) const {
  options_.on_event({kind, row ? row->id.str() : "", row ? row->template_name : "", detail});
}

}  // namespace tenantd::service
