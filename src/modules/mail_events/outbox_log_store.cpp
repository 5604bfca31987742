#include "modules/mail_events/outbox_log_store.hpp"

#include "tenantd/effects/rows.hpp"

namespace tenantd::store {
namespace {

using db::Sql;

#define TENANTD_OUTBOX_MAIL                                                                             \
  "SELECT id, org_id, template, recipient, status, attempts, last_error, next_attempt_at, created_at, " \
  "updated_at, sent_at, provider, has_values FROM admin_mail WHERE "
// What was never to be sent has a time of 0.
constexpr Sql kMails{
    "outbox_mail.list", TENANTD_OUTBOX_MAIL
    "status = ? AND next_attempt_at > 0 AND next_attempt_at <= ? AND (next_attempt_at < ? OR "
    "id < ?) ORDER BY next_attempt_at DESC, id DESC LIMIT ?"};
constexpr Sql kMail{"outbox_mail.find", TENANTD_OUTBOX_MAIL "id = ? AND next_attempt_at > 0"};
#undef TENANTD_OUTBOX_MAIL
constexpr Sql kReplayMail{"outbox_mail.replay", "CALL replay_mail(?, ?)"};

OutboxMail read_outbox_mail(const db::Rows& rows) {
  OutboxMail mail;
  mail.id = rows.id<MailId>(0);
  mail.org = rows.maybe_id<OrgId>(1);
  mail.template_name = rows.text(2);
  mail.recipient = rows.text(3);
  mail.state = static_cast<MailState>(rows.integer(4));
  mail.attempts = rows.integer(5);
  mail.error = rows.maybe_text(6);
  mail.next_attempt_at = rows.time(7);
  mail.created_at = rows.time(8);
  mail.updated_at = rows.time(9);
  mail.sent_at = maybe_time(rows, 10);
  mail.provider = rows.maybe_text(11);
  mail.can_be_replayed = mail.state == MailState::dead && rows.flag(12);
  return mail;
}

}  // namespace

std::vector<OutboxMail> list_mails(db::Txn& txn, const SuperAdmin& admin, MailState state,
                                   const std::optional<Keyset>& from, std::int64_t limit) {
  txn.enter(admin);
  const auto start = from.value_or(Keyset::newest());
  auto rows = txn.query(kMails, state, start.time, start.time, MailId{start.id}, limit);
  std::vector<OutboxMail> found;
  while (rows.next()) found.push_back(read_outbox_mail(rows));
  return found;
}

std::optional<OutboxMail> find_mail(db::Txn& txn, const SuperAdmin& admin, MailId id) {
  txn.enter(admin);
  auto rows = txn.query(kMail, id);
  return rows.next() ? std::optional{read_outbox_mail(rows)} : std::nullopt;
}

bool replay_mail(db::Txn& txn, const SuperAdmin& admin, MailId id, TimePoint now) {
  txn.enter(admin);
  return txn.call_locked(
      kReplayMail, [](db::Rows& rows) { return rows.next() && rows.integer(0) == 1; }, id, now);
}

}  // namespace tenantd::store
