// The outbox as the courier sees it: rows that wait for delivery, claimed with a lease.
//
// Written in the transaction of the change that the mail tells of; delivered at least once, afterwards. Works
// on the table itself: the connection's schema is "tenantd" and its account the courier's. Every function
// takes the time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/base/id.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/db/connection.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::store {

enum class OutboxStatus : std::int64_t { pending = 0, sent = 1, dead = 2 };

// The context that a row's values are sealed for (crypto::seal): a value copied to another row does not open
// there.
std::string outbox_context(MailId id);

struct OutboxRow {
  MailId id;
  std::string template_name;
  std::string recipient;
  std::string sender_name;  // the organization's; empty = the service's
  std::optional<std::string> values_sealed;
  std::int64_t attempts = 0;
  TimePoint created_at;
  TimePoint lease_until;     // this claim's; proves to later statements that the row is still ours
  std::optional<OrgId> org;  // that it is sent for
  std::int64_t rank = 0;     // mail::rank_of its template
};

// Whose turn it is: the organization that was served last, of each rank. One courier's own.
struct Turns {
  std::array<std::optional<OrgId>, mail::kRanks> last;
};

// True if a mail is due that goes before those of `rank`. One cheap statement.
bool has_more_urgent_mail(db::Connection& db, std::int64_t rank, TimePoint now);

// Claims up to `limit` due rows until `lease_until`: by rank, among equals from each organization in turn,
// and of one organization the longest due first. Rows locked by another courier are skipped. What is read
// does not grow with what waits; where nothing is due, it is one statement.
std::vector<OutboxRow> claim_due_mail(db::Connection& db, Turns& turns, TimePoint now, TimePoint lease_until,
                                      std::int64_t limit);

// A mail that is out.
struct SentRow {
  MailId id;
  TimePoint at;
  std::string provider;     // who took it
  std::string provider_id;  // what the provider calls it, or empty
};

// Erases the values of mails that are out, with one statement.
void mark_mails_sent(db::Connection& db, const std::vector<SentRow>& mails);

// Comes up again at `next_attempt_at`. No effect if the lease ran out and another courier has the row.
void mark_mail_retry(db::Connection& db, const OutboxRow& row, TimePoint now, TimePoint next_attempt_at,
                     std::string_view error, bool connection_failed);

// Never tried again; the sealed values stay, so that an operator can set the row to pending. Lease as above.
// `bounced`: because its address leads nowhere.
void mark_mail_dead(db::Connection& db, const OutboxRow& row, TimePoint now, std::string_view error,
                    bool bounced = false);

// Gives rows of one claim back untried.
void release_mails(db::Connection& db, const std::vector<OutboxRow>& rows, TimePoint now);

// Makes every mail due that last failed because the server could not be reached. Returns how many.
std::int64_t hasten_mail_after_outage(db::Connection& db, TimePoint now);

}  // namespace tenantd::store
