// What Amazon SES tells of: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html, and the
// same as events of a configuration set.
#include <rapidjson/document.h>

#include "modules/mail_events/sns.hpp"

namespace tenantd::service {
namespace {

using rapidjson::Value;

constexpr std::size_t kTextMax = 1'000'000;

const Value& member(const Value& object, const char* name) {
  static const Value kNone;
  if (!object.IsObject()) return kNone;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? kNone : found->value;
}

std::string text(const Value& object, const char* name) {
  const auto& value = member(object, name);
  return value.IsString() ? std::string{value.GetString(), value.GetStringLength()} : "";
}

// One event a recipient of the array.
void add(std::vector<MailEvent>& events, const Value& recipients, const MailEvent& what) {
  if (!recipients.IsArray()) return;
  for (const auto& recipient : recipients.GetArray()) {
    auto event = what;
    event.email = text(recipient, "emailAddress");
    if (const auto said = text(recipient, "diagnosticCode"); !said.empty()) event.detail += ": " + said;
    events.push_back(std::move(event));
  }
}

}  // namespace

std::vector<MailEvent> events_of_ses(const std::string& json) {
  std::vector<MailEvent> events;
  rapidjson::Document document;
  if (json.size() > kTextMax) return events;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return events;
  auto type = text(document, "notificationType");
  if (type.empty()) type = text(document, "eventType");
  MailEvent event;
  event.provider_id = text(member(document, "mail"), "messageId");
  if (type == "Bounce") {
    const auto& bounce = member(document, "bounce");
    event.permanent = text(bounce, "bounceType") == "Permanent";
    event.detail = text(bounce, "bounceType") + '/' + text(bounce, "bounceSubType");
    add(events, member(bounce, "bouncedRecipients"), event);
  } else if (type == "Complaint") {
    const auto& complaint = member(document, "complaint");
    event.type = MailEvent::Type::complaint;
    event.detail = text(complaint, "complaintFeedbackType");
    add(events, member(complaint, "complainedRecipients"), event);
  }
  return events;
}

}  // namespace tenantd::service
