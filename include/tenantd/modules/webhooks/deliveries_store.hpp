// Deliveries to webhooks as the courier sees them: events that a webhook has not read, and rows that wait,
// claimed with a lease.
//
// A webhook reads the events of its organization in their order, at its own pace: webhook.cursor_seq is how
// far. What it wants becomes a row as its turn comes, so that a webhook has a bounded number of rows however
// many events there are; sent at least once. A row that is under way is due again when its lease ends. Works
// on the tables themselves: the connection's schema is "tenantd" and its account the courier's. Every
// function takes the time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/time.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/domain/webhook.hpp"

namespace tenantd::store {

// The context that a webhook's secret is sealed for (crypto::seal).
std::string webhook_secret_context(WebhookId id);

struct WebhookKey {
  OrgId org;
  WebhookId id;
  friend auto operator<=>(const WebhookKey&, const WebhookKey&) = default;
};

struct DeliveryClaim {
  WebhookKey webhook;
  EventId event;
  std::int64_t attempts = 0;  // before this one
  TimePoint pending_since;
  TimePoint lease_until;  // this claim's; proves to later statements that the row is still ours
};

// What there may be to do. One cheap statement, for the idle courier.
struct DeliveryWork {
  bool due = false;     // a delivery, maybe of a webhook that is paused
  bool unread = false;  // events, maybe such as no webhook wants
};
DeliveryWork find_delivery_work(db::Connection& db, TimePoint now);

// The active webhooks for which something is due. Reads one index entry a webhook that anything waits for.
std::vector<WebhookKey> webhooks_with_due(db::Connection& db, TimePoint now);

// The active webhooks with events that they have not read and room for deliveries of them.
std::vector<WebhookKey> webhooks_with_unread(db::Connection& db);
// Makes due rows of up to `most` unread events that the webhook wants and moves its cursor on; nothing if
// another courier does it at this moment. Inside the caller's transaction.
void take_events(db::Connection& db, const WebhookKey& webhook, std::int64_t most);
// Forgets that organizations had events, of which every active webhook has read all.
void forget_read_backlogs(db::Connection& db);

// Claims up to `limit` due rows of one webhook until `lease_until`, the longest due first, in the order of
// the events; rows locked by another courier are skipped. Inside the caller's transaction.
std::vector<DeliveryClaim> claim_deliveries(db::Connection& db, const WebhookKey& webhook, TimePoint now,
                                            TimePoint lease_until, std::int64_t limit);

// What is sent, and where to.
struct Dispatch {
  std::string url;
  std::string secret_sealed;
  std::optional<std::string> previous_secret_sealed;  // while it still signs
  std::int64_t seq = 0;
  std::string type;
  std::optional<UserId> actor;
  std::optional<EventId> subject;
  std::string data;  // JSON object
  TimePoint created_at;
  std::optional<std::string> traceparent = {};  // of the request that caused it
};
// Returns nullopt if the webhook is paused or gone.
std::optional<Dispatch> read_dispatch(db::Connection& db, const DeliveryClaim& claim, TimePoint now);

struct Answer {
  std::optional<int> response_status;  // nullopt = no reply
  std::int64_t duration_ms = 0;
  std::string error;         // empty = none
  Seconds asked_to_wait{0};  // by the receiver (Retry-After); not stored
};
// The receiver has it, whoever holds the row now.
void mark_delivered(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer);
// Comes up again at `next_attempt_at`. No effect if the lease ran out and another courier has the row.
void mark_postponed(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer,
                    TimePoint next_attempt_at);
// Not tried again unless somebody asks for it. Lease as above.
void mark_dead(db::Connection& db, const DeliveryClaim& claim, TimePoint now, const Answer& answer);
// Gives a claimed row back untried.
void release_delivery(db::Connection& db, const DeliveryClaim& claim, TimePoint now);

}  // namespace tenantd::store
