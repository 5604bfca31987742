#include "modules/mail_events/outbox.hpp"

#include "tenantd/api/email_in.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/identity/accounts_store.hpp"

namespace tenantd::api::handlers {
namespace {

std::string_view state_name(store::MailState state) {
  switch (state) {
    case store::MailState::pending: return "pending";
    case store::MailState::sent: return "sent";
    case store::MailState::dead: return "dead";
  }
  return "";
}

void put_outbox_mail(JsonOut& json, const store::OutboxMail& mail) {
  const bool waits = mail.state == store::MailState::pending;
  json.begin_object()
      .field("id", mail.id)
      .field("org_id", mail.org)
      .field("template", mail.template_name)
      .field("email", mail.recipient)
      .field("status", state_name(mail.state))
      .field("attempts", mail.attempts)
      .field("error", mail.error)
      .field("next_attempt_at", waits ? std::optional{mail.next_attempt_at} : std::nullopt)
      .field("created_at", mail.created_at)
      .field("updated_at", mail.updated_at)
      .field("sent_at", mail.sent_at)
      .field("provider", mail.provider)
      .field("can_be_replayed", mail.can_be_replayed)
      .end_object();
}

Response mail_reply(const store::OutboxMail& mail, int status) {
  JsonOut json;
  put_outbox_mail(json, mail);
  return reply(json, status);
}

MailId mail_in_path(const Request& request) {
  const auto id = MailId::parse(request.http.path_value("mail_id"));
  if (!id) throw ApiError(ErrorCode::not_found);
  return *id;
}

// Not counted: the dashboard has the numbers.
Response list_outbox(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const Page page = page_of(request.query);
  const auto state =
      maybe_text(request.query, "status") == "pending" ? store::MailState::pending : store::MailState::dead;
  return page_reply(
      page, store::list_mails(txn, admin, state, page.from, page.limit + 1), put_outbox_mail,
      [](const store::OutboxMail& mail) {
        return store::Keyset{mail.next_attempt_at, mail.id.bytes()};
      },
      [] { return std::int64_t{0}; });
}

Response show_outbox_mail(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto mail = store::find_mail(txn, admin, mail_in_path(request));
  if (!mail) throw ApiError(ErrorCode::not_found);
  return mail_reply(*mail, 200);
}

Response replay_outbox_mail(const Request& request, const SuperAdmin& admin, Txn& txn) {
  return mail_reply(service::replay_mail(txn, request.context, admin, mail_in_path(request)), 202);
}

// To the caller unless the body names somebody else.
Email reader_of(const Request& request, const SuperAdmin& admin, Txn& txn) {
  if (maybe_text(request.body, "email")) return email_in(request.body, "email");
  const auto account = store::find_account(txn, admin.user());
  return Email::parse(account.value().user.email).value();
}

Response send_test_mail(const Request& request, const SuperAdmin& admin, Txn& txn) {
  const auto to = reader_of(request, admin, txn);
  return mail_reply(service::send_test_mail(txn, request.context, admin, to), 202);
}

constexpr auto kOutboxRows =
    section("Mail", {
                        {.method = GET,
                         .path = "/api/v1/admin/mail/outbox",
                         .handler = list_outbox,
                         .rate = Rate::read,
                         .query = "outbox_query",
                         .reply = ok("outbox_mails"),
                         .refuses = nothing,
                         .name = "listOutboxMails",
                         .summary = "Mails that were given up, or that wait, the newest first"},
                        {.method = GET,
                         .path = "/api/v1/admin/mail/outbox/{mail_id}",
                         .handler = show_outbox_mail,
                         .rate = Rate::read,
                         .reply = ok("outbox_mail"),
                         .refuses = {not_found},
                         .name = "getOutboxMail",
                         .summary = "What became of a mail"},
                        {.method = POST,
                         .path = "/api/v1/admin/mail/outbox/{mail_id}/replay",
                         .handler = replay_outbox_mail,
                         .rate = Rate::write,
                         .reply = accepted("outbox_mail"),
                         .refuses = {not_found, conflict},
                         .name = "replayOutboxMail",
                         .summary = "Send a mail that was given up once more"},
                        {.method = POST,
                         .path = "/api/v1/admin/mail/test",
                         .handler = send_test_mail,
                         .rate = Rate::write,
                         .body = "test_mail",
                         .reply = accepted("outbox_mail"),
                         .refuses = nothing,
                         .name = "sendTestMail",
                         .summary = "Send a test mail, to the caller unless the body names an address"},
                    });

}  // namespace

std::span<const Route> outbox_rows() { return kOutboxRows; }

}  // namespace tenantd::api::handlers
