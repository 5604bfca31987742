// The outbox as super-admins see it: what waits, what was given up, and what became of one mail. Never what a
// mail says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/domain/scope.hpp"
#include "tenantd/effects/keyset.hpp"

namespace tenantd::store {

// As the column has it.
enum class MailState : std::int8_t { pending = 0, sent = 1, dead = 2 };

struct OutboxMail {
  MailId id;
  std::optional<OrgId> org;  // that it is sent for
  std::string template_name;
  std::string recipient;
  MailState state = MailState::pending;
  std::int64_t attempts = 0;
  std::optional<std::string> error;  // of the last attempt
  TimePoint next_attempt_at;         // of a dead one: when it was tried last, about
  TimePoint created_at, updated_at;
  std::optional<TimePoint> sent_at;
  std::optional<std::string> provider;  // that took it
  bool can_be_replayed = false;
};

// Returns at most `limit` mails of one state, those that were due last first, after `from` (next_attempt_at,
// id). Mails that were never to be sent are not among them.
std::vector<OutboxMail> list_mails(db::Txn& txn, const SuperAdmin& admin, MailState state,
                                   const std::optional<Keyset>& from, std::int64_t limit);
std::optional<OutboxMail> find_mail(db::Txn& txn, const SuperAdmin& admin, MailId id);
// Due now, as if it had never been tried. False if it is not dead any more, or if nothing is left of it.
bool replay_mail(db::Txn& txn, const SuperAdmin& admin, MailId id, TimePoint now);

}  // namespace tenantd::store
