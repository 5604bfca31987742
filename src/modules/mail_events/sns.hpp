// Messages of Amazon SNS, which brings what Amazon SES has to say.
//
// A message counts if it is signed by SNS
// (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html), of our topic, and less
// than an hour old. Whose the signing certificate is, is known by where it comes from: it is fetched over TLS
// from the one host that the settings name, as AWS's own libraries do. It names its issuer, but AWS does not
// send the certificates in between, so that no chain could be built.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tenantd/db/txn.hpp"
#include "tenantd/effects/context.hpp"
#include "tenantd/modules/mail_events/mail_events.hpp"

namespace tenantd::service {

struct SnsMessage {
  std::string type;  // Notification, SubscriptionConfirmation, UnsubscribeConfirmation
  std::string message_id;
  std::string topic_arn;
  std::optional<std::string> subject;
  std::string message;
  std::string timestamp;          // 2026-11-21T03:31:40.000Z
  std::string signature_version;  // 1: SHA-1, 2: SHA-256
  std::string signature;          // base64
  std::string signing_cert_url;
  std::string subscribe_url;
  std::string token;
};

// Takes what a notification reports, or confirms the subscription by calling SNS back. Waits for others: for
// the outbound lane. Throws ApiError: not_found if the settings name no topic; signature_invalid; unavailable
// if SNS itself does not answer, so that it tries again.
Taken take_sns_message(db::Txn& txn, const Context& context, const SnsMessage& message);

// What the text of an SES notification tells of; nothing if it is about something else, or is none.
std::vector<MailEvent> events_of_ses(const std::string& text);

}  // namespace tenantd::service
