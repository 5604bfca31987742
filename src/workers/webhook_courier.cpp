#include "tenantd/workers/webhook_courier.hpp"

#include <algorithm>
#include <stdexcept>

#include "tenantd/base/log_line.hpp"
#include "tenantd/db/error.hpp"
#include "tenantd/db/server.hpp"
#include "tenantd/db/txn.hpp"
#include "workers/webhook_message.hpp"

namespace tenantd::service {
namespace {

using WebhookKind = WebhookEvent::Kind;

constexpr std::chrono::milliseconds kPoll{1000};
constexpr std::int64_t kPollUs = 1'000'000;
constexpr std::int64_t kFarewellUs = 5'000'000;
constexpr std::size_t kReplyBytes = 65536;  // read, so that the connection stays; nobody looks at them
constexpr int kGone = 410;
// A reply that takes longer holds a place that others could have: as one that fails.
constexpr std::int64_t kSlowMs = 1000;

// A reply that was cut for its length is one: its status has been read.
store::Answer answer_of(const net::OutboundPool::Outcome& outcome) {
  store::Answer answer;
  answer.duration_ms = outcome.milliseconds;
  if (outcome.error && outcome.error->kind != net::OutboundError::Kind::too_large) {
    answer.error = outcome.error->what();
    return answer;
  }
  answer.response_status = outcome.status;
  // Who asks for more than the longest delay of our own gets that.
  if (outcome.status == 429 || outcome.status == 503)
    answer.asked_to_wait = std::min(LeasedQueue::kRetryMax, Seconds{outcome.reply.retry_after.value_or(0)});
  if (outcome.status / 100 == 3)
    answer.error = "HTTP " + std::to_string(outcome.status) + "; redirects are not followed";
  else if (outcome.status / 100 != 2)
    answer.error = "HTTP " + std::to_string(outcome.status);
  return answer;
}

}  // namespace

std::string_view webhook_event_name(WebhookKind kind) {
  switch (kind) {
    case WebhookKind::delivered: return "webhook_delivered";
    case WebhookKind::postponed: return "webhook_postponed";
    case WebhookKind::dead: return "webhook_dead";
    case WebhookKind::database_lost: return "webhooks_database_lost";
    case WebhookKind::database_back: return "webhooks_database_back";
  }
  throw std::logic_error("no such webhook event");
}

bool is_failure(WebhookKind kind) {
  return kind != WebhookKind::delivered && kind != WebhookKind::database_back;
}

WebhookCourierOptions webhook_courier_options(const Settings& settings) {
  return {receiver_options(settings, kReplyBytes)};
}

WebhookCourier::WebhookCourier(WebhookCourierOptions options)
    : options_(std::move(options)),
      pool_(options_.policy),
      turns_(options_.connections),
      queue_(options_.database, options_.first_retry,
             {[this](const std::string& why) {
                options_.on_event({WebhookKind::database_lost, "", "", why, 0});
              },
              [this] {
                options_.on_event({WebhookKind::database_back, "", "", "", 0});
              }}) {}

void WebhookCourier::wake() noexcept {
  woken_ = true;
  pool_.wake();
}

void WebhookCourier::run(const std::atomic<bool>& stop) {
  while (!stop) {
    step();
    const bool more = !results_.empty() || (turns_.waiting() > 0 && free_connections() > 0);
    await(more && !queue_.is_lost() ? std::chrono::milliseconds{0} : kPoll);
  }
  say_farewell();
}

void WebhookCourier::drain(const std::atomic<bool>& stop) {
  // Only what is due now: a delivery postponed meanwhile is not waited for.
  const TimePoint due_by = options_.clock();
  int conflicts = 0;
  for (bool more = true; more && !stop;) {
    try {
      if (turns_.waiting() == 0) look(due_by);
      more = turns_.waiting() > 0;
      exchange(due_by);
    } catch (const db::ConnectionLost&) {
      throw;
    } catch (const db::RetryableError&) {
      if (++conflicts == db::kTransactionAttempts) throw;
      db::back_off(conflicts);
      more = true;
    }
    if (pool_.in_flight() > 0) await(kPoll);
    more = more || pool_.in_flight() + results_.size() > 0;
  }
  if (stop) say_farewell();
}

void WebhookCourier::step() {
  queue_.turn([&] {
    const TimePoint at = options_.clock();
    // Connections that are taken are given on by those that end.
    const bool due = woken_ || monotonic_microseconds() - looked_at_us_ >= kPollUs;
    if (due && free_connections() > 0) look(at);
    exchange(at);
    return true;
  });
}

void WebhookCourier::look(TimePoint due_by) {
  woken_ = false;
  looked_at_us_ = monotonic_microseconds();
  auto& db = queue_.database();
  const auto work = store::find_delivery_work(db, due_by);
  if (work.due)
    for (const auto& webhook : store::webhooks_with_due(db, due_by)) turns_.add(webhook);
  if (!work.unread) return;
  for (const auto& webhook : store::webhooks_with_unread(db)) turns_.add(webhook);
  store::forget_read_backlogs(db);
}

// What became of the finished ones and the next ones, by one commit.
void WebhookCourier::exchange(TimePoint due_by) {
  if (results_.empty() && (turns_.waiting() == 0 || free_connections() <= 0)) return;
  const TimePoint at = options_.clock();
  const auto sends = db::at_once(queue_.database(), [&](db::Connection& db) {
    for (const auto& result : results_) save(db, result, at);
    return claim_turns(db, due_by);
  });
  for (const auto& result : results_) tell(result, at);
  results_.clear();
  for (const auto& send : sends) begin(send);
}

// What is due first; then what the webhook has not read yet.
std::vector<store::DeliveryClaim> WebhookCourier::claim(db::Connection& db, const store::WebhookKey& webhook,
                                                        TimePoint due_by, TimePoint lease_until,
                                                        std::int64_t share) {
  auto claims = store::claim_deliveries(db, webhook, due_by, lease_until, share);
  const auto room = share - static_cast<std::int64_t>(claims.size());
  if (room <= 0) return claims;
  store::take_events(db, webhook, room);
  for (auto& taken : store::claim_deliveries(db, webhook, due_by, lease_until, room))
    claims.push_back(std::move(taken));
  return claims;
}

// Goes through the row once. A webhook that had more than its share comes to the end of the row; one that may
// have no more now returns when a delivery ends that takes its place.
std::vector<WebhookCourier::Send> WebhookCourier::claim_turns(db::Connection& db, TimePoint due_by) {
  const TimePoint at = options_.clock();
  std::vector<Send> sends;
  auto room = free_connections();
  for (auto left = turns_.waiting(); left > 0 && room > 0; --left) {
    const auto webhook = *turns_.next();
    const auto share = std::min(room, turns_.share(webhook));
    if (share <= 0) {
      turns_.hold_back(webhook);
      continue;
    }
    const auto claims = claim(db, webhook, due_by, at + options_.lease, share);
    std::int64_t wanted = 0;
    for (const auto& claim : claims) {
      auto dispatch = store::read_dispatch(db, claim, at);
      if (!dispatch) {
        store::release_delivery(db, claim, at);
        continue;
      }
      sends.push_back({claim, *std::move(dispatch)});
      ++wanted;
    }
    room -= wanted;
    if (wanted == 0) turns_.passed();
    if (wanted == share) turns_.add(webhook);
  }
  return sends;
}

void WebhookCourier::begin(const Send& send) {
  const auto fail = [&](const char* why) {
    turns_.ended(send.claim.webhook, true);
    results_.push_back({send.claim, {std::nullopt, 0, why}});
  };
  turns_.begun(send.claim.webhook);
  try {
    auto request = webhook_request(options_.seal_key, send.claim, send.dispatch, options_.clock());
    Flight flight{send.claim, send.dispatch.type, std::nullopt, {}, wall_microseconds()};
    if (send.dispatch.traceparent) flight.parent = trace::parse_traceparent(*send.dispatch.traceparent);
    if (flight.parent) {
      flight.place = {flight.parent->trace, trace::new_span_id(), flight.parent->sampled};
      request.headers.emplace_back("traceparent", trace::traceparent(flight.place));
    }
    pool_.start(++last_tag_, std::move(request));
    under_way_.emplace(last_tag_, std::move(flight));
  } catch (const std::runtime_error& problem) {
    // An URL that may not be called, or a key of another host: mended by its owner or the operator.
    fail(problem.what());
  }
}

void WebhookCourier::await(std::chrono::milliseconds longest) {
  for (const auto& outcome : pool_.wait(longest)) finish(outcome);
}

void WebhookCourier::finish(const net::OutboundPool::Outcome& outcome) {
  const auto found = under_way_.find(outcome.tag);
  results_.push_back({found->second.claim, answer_of(outcome)});
  const auto& [claim, answer] = results_.back();
  trace(found->second, answer);
  under_way_.erase(found);
  turns_.ended(claim.webhook, !answer.error.empty() || answer.duration_ms > kSlowMs);
  turns_.add(claim.webhook);
}

bool WebhookCourier::gives_up(const Result& result, TimePoint at) const {
  return result.answer.response_status == kGone || at - result.claim.pending_since >= options_.give_up;
}

void WebhookCourier::save(db::Connection& db, const Result& result, TimePoint at) {
  const auto& [claim, answer] = result;
  if (answer.error.empty()) {
    store::mark_delivered(db, claim, at, answer);
  } else if (gives_up(result, at)) {
    store::mark_dead(db, claim, at, answer);
  } else {
    store::mark_postponed(db, claim, at, answer,
                          at + std::max(queue_.retry_delay(claim.attempts), answer.asked_to_wait));
  }
}

void WebhookCourier::tell(const Result& result, TimePoint at) const {
  const auto& [claim, answer] = result;
  const auto kind = answer.error.empty()   ? WebhookKind::delivered
                    : gives_up(result, at) ? WebhookKind::dead
                                           : WebhookKind::postponed;
  const auto said =
      answer.error.empty() ? "HTTP " + std::to_string(answer.response_status.value_or(0)) : answer.error;
  options_.on_event({kind, claim.webhook.id.str(), claim.event.str(), said, answer.duration_ms});
}

void WebhookCourier::trace(const Flight& flight, const store::Answer& answer) const {
  if (!flight.place.sampled) return;
  watch::Span span;
  span.trace = flight.place.trace;
  span.id = flight.place.span;
  span.parent = flight.parent->span;
  span.name = "webhook.deliver";
  span.kind = watch::Span::Kind::client;
  span.began_us = flight.began_us;
  span.ended_us = flight.began_us + answer.duration_ms * 1000;
  span.failed = !answer.error.empty();
  span.attributes = {{"tenantd.webhook_id", flight.claim.webhook.id.str()},
                     {"tenantd.event_id", flight.claim.event.str()},
                     {"tenantd.event_type", flight.type},
                     {"tenantd.organization_id", flight.claim.webhook.org.str()},
                     {"tenantd.attempt", flight.claim.attempts + 1}};
  if (answer.response_status)
    span.attributes.emplace_back("http.response.status_code", std::int64_t{*answer.response_status});
  watch::SpanList list;
  list.add(span);
  options_.on_trace(list);
}

// What is under way may be finished for a while; what is not goes back as if it had not been tried.
void WebhookCourier::say_farewell() {
  const auto until = monotonic_microseconds() + kFarewellUs;
  while (pool_.in_flight() > 0 && monotonic_microseconds() < until) await(std::chrono::milliseconds{100});
  try {
    const TimePoint at = options_.clock();
    auto& db = queue_.database();
    for (const auto& [tag, flight] : under_way_) store::release_delivery(db, flight.claim, at);
    for (const auto& result : results_) {
      save(db, result, at);
      tell(result, at);
    }
  } catch (const std::exception& problem) {
    // Their leases run out.
    options_.on_event({WebhookKind::database_lost, "", "", reason(problem), 0});
  }
}

std::int64_t WebhookCourier::free_connections() const {
  return options_.connections - static_cast<std::int64_t>(pool_.in_flight());
}

}  // namespace tenantd::service
