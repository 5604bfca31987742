#include "modules/mail_events/sns.hpp"
#include "tenantd/api/encode.hpp"
#include "tenantd/api/rows.hpp"
#include "tenantd/domain/error.hpp"
#include "tenantd/modules/mail_events/mail_events.hpp"

namespace tenantd::api::handlers {
namespace {

Response taken_reply(const service::Taken& taken) {
  JsonOut json;
  json.begin_object()
      .field("suppressed", taken.suppressed)
      .field("noted", taken.noted)
      .field("ignored", taken.ignored)
      .end_object();
  return reply(json);
}

service::MailEvent event_of(const JsonValue& item) {
  service::MailEvent event;
  if (text(item, "type") == "complaint") event.type = service::MailEvent::Type::complaint;
  event.email = text(item, "email");
  event.provider_id = maybe_text(item, "provider_id").value_or("");
  event.detail = maybe_text(item, "detail").value_or("");
  if (const auto* permanent = member(item, "permanent")) event.permanent = permanent->GetBool();
  return event;
}

service::SnsMessage message_of(const JsonValue& body) {
  const auto given = [&](const char* name) { return maybe_text(body, name).value_or(""); };
  service::SnsMessage message;
  message.type = text(body, "Type");
  message.message_id = text(body, "MessageId");
  message.topic_arn = text(body, "TopicArn");
  message.subject = maybe_text(body, "Subject");
  message.message = text(body, "Message");
  message.timestamp = text(body, "Timestamp");
  message.signature_version = text(body, "SignatureVersion");
  message.signature = text(body, "Signature");
  message.signing_cert_url = text(body, "SigningCertURL");
  message.subscribe_url = given("SubscribeURL");
  message.token = given("Token");
  return message;
}

void admit_mail_events(const http::Request& request, const service::Context& context) {
  const auto& secret = context.settings.mail_events_secret;
  if (secret.empty()) throw ApiError(ErrorCode::not_found);
  if (!service::is_signed_event(secret, request.signature, request.body, context.now))
    throw ApiError(ErrorCode::signature_invalid);
}

// Whether the message is signed only the message tells, in its members.
void admit_ses_events(const http::Request&, const service::Context& context) {
  if (context.settings.ses_topic_arn.empty()) throw ApiError(ErrorCode::not_found);
}

Response take_mail_events(const Request& request, Txn& txn) {
  service::Taken taken;
  for (const auto& item : member(request.body, "events")->GetArray())
    service::take_mail_event(txn, request.context, "generic", event_of(item), taken);
  return taken_reply(taken);
}

Response take_ses_events(const Request& request, Txn& txn) {
  return taken_reply(service::take_sns_message(txn, request.context, message_of(request.body)));
}

Response list_suppressions(const Request& request, const SuperAdmin&, Txn& txn) {
  const Page page = page_of(request.query);
  return page_reply(
      page, store::list_suppressions(txn, page.from, page.limit + 1),
      [](JsonOut& json, const auto& row) {
        json.begin_object()
            .field("email", row.email)
            .field("reason", row.reason)
            .field("detail", row.detail)
            .field("source", row.source)
            .field("created_at", row.created_at)
            .end_object();
      },
      [](const auto& row) {
        return store::Keyset{row.created_at, row.id.bytes()};
      },
      [&] { return total_up_to(store::count_suppressions(txn)); });
}

Response delete_suppression(const Request& request, const SuperAdmin&, Txn& txn) {
  service::lift_suppression(txn, request.context, request.http.path_value("email"));
  return no_content();
}

constexpr auto kMailEventsRows =
    section("Mail", {
                        {.method = POST,
                         .path = "/api/v1/mail/events",
                         .handler = take_mail_events,
                         .gate = admit_mail_events,
                         .rate = Rate::write,
                         .body = "mail_events",
                         .reply = ok("mail_events_taken"),
                         .refuses = {signature_invalid, not_found},
                         .name = "reportMailEvents",
                         .summary = "Report bounces and complaints; signed by X-Signature"},
                        {.method = POST,
                         .path = "/api/v1/mail/events/ses",
                         .handler = take_ses_events,
                         .gate = admit_ses_events,
                         .rate = Rate::outbound,
                         .body = "sns_message",
                         .also = AlsoTakes::text,
                         .reply = ok("mail_events_taken"),
                         .refuses = {signature_invalid, not_found},
                         .name = "reportSesEvents",
                         .summary = "Bounces and complaints of Amazon SES, as Amazon SNS sends them"},
                        {.method = GET,
                         .path = "/api/v1/admin/mail/suppressions",
                         .handler = list_suppressions,
                         .rate = Rate::read,
                         .query = "page_query",
                         .reply = ok("suppressions"),
                         .refuses = nothing,
                         .summary = "Addresses that get no mail, newest first"},
                        {.method = DELETE_,
                         .path = "/api/v1/admin/mail/suppressions/{email}",
                         .handler = delete_suppression,
                         .rate = Rate::write,
                         .reply = done(),
                         .refuses = {not_found},
                         .summary = "Let an address get mail again"},
                    });

}  // namespace

std::span<const Route> mail_events_rows() { return kMailEventsRows; }

}  // namespace tenantd::api::handlers
