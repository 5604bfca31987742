// What Amazon SES tells of: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html, and the
// same as events of a configuration set.

#include "modules/mail_events/sns.hpp"
#include "tenantd/base/json_read.hpp"

namespace tenantd::service {
namespace {

using json::Value;

constexpr std::size_t kTextMax = 1'000'000;

const Value& member(const Value& object, const char* name) {
  static const Value kNone;
  const auto* found = json::find(object, name);
  return found == nullptr ? kNone : *found;
}

// One event a recipient of the array.
void add(std::vector<MailEvent>& events, const Value& recipients, const MailEvent& what) {
  if (!recipients.IsArray()) return;
  for (const auto& recipient : recipients.GetArray()) {
    auto event = what;
    event.email = json::text_of(recipient, "emailAddress");
    if (const auto said = json::text_of(recipient, "diagnosticCode"); !said.empty())
      event.detail += ": " + said;
    events.push_back(std::move(event));
  }
}

}  // namespace

std::vector<MailEvent> events_of_ses(const std::string& json) {
  std::vector<MailEvent> events;
  const auto found = json.size() <= kTextMax ? json::read_object(json) : std::nullopt;
  if (!found) return events;
  const auto& document = *found;
  auto type = json::text_of(document, "notificationType");
  if (type.empty()) type = json::text_of(document, "eventType");
  MailEvent event;
  event.provider_id = json::text_of(member(document, "mail"), "messageId");
  if (type == "Bounce") {
    const auto& bounce = member(document, "bounce");
    event.permanent = json::text_of(bounce, "bounceType") == "Permanent";
    event.detail = json::text_of(bounce, "bounceType") + '/' + json::text_of(bounce, "bounceSubType");
    add(events, member(bounce, "bouncedRecipients"), event);
  } else if (type == "Complaint") {
    const auto& complaint = member(document, "complaint");
    event.type = MailEvent::Type::complaint;
    event.detail = json::text_of(complaint, "complaintFeedbackType");
    add(events, member(complaint, "complainedRecipients"), event);
  }
  return events;
}

}  // namespace tenantd::service
