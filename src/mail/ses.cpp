#include <algorithm>
#include <array>

#include "provider.hpp"
#include "tenantd/base/json.hpp"
#include "tenantd/base/text.hpp"

namespace tenantd::mail {
namespace {

// What SES says with the status of a bad request although the account is at fault, or its quota.
constexpr std::array kOperators = {"AccountSuspendedException", "LimitExceededException",
                                   "MailFromDomainNotVerifiedException", "SendingPausedException",
                                   "TooManyRequestsException"};

// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
std::string ses_body(const Message& message) {
  const auto in = [](const char* name, const auto& inner) { return json::Object{}.set(name, inner); };
  json::Object body;
  body.set("FromEmailAddress", message.sender)
      .set("Destination", in("ToAddresses", std::vector{message.recipient}))
      .set("Content", in("Raw", in("Data", base64_encode(message.data))));
  return body.text();
}

// "MessageRejected:http://internal…" and "com.amazonaws…#MessageRejected" are spellings of one name.
std::string type_of(const net::OutboundReply& reply) {
  auto type = reply.error_type.empty() ? member_text(reply.body, "__type") : reply.error_type;
  type = type.substr(0, type.find(':'));
  return type.substr(type.find('#') == std::string::npos ? 0 : type.find('#') + 1);
}

Reading read_ses(const net::OutboundReply& reply) {
  if (reply.status < 300) return {member_text(reply.body, "MessageId"), "", false};
  const auto type = type_of(reply);
  auto words = member_text(reply.body, "message");
  if (words.empty()) words = member_text(reply.body, "Message");
  // An address or domain that may not send, or, while the account is in the sandbox, not be sent to.
  const bool unverified = type == "MessageRejected" && words.find("not verified") != std::string::npos;
  const bool operators =
      unverified || std::find(kOperators.begin(), kOperators.end(), type) != kOperators.end();
  return {"", type + (words.empty() ? "" : ' ' + words), operators};
}

class Ses final : public Provider {
 public:
  explicit Ses(SesOptions options) : options_(std::move(options)), client_(options_.policy) {}

  Answer ask(const Message& message) override {
    net::OutboundRequest request;
    request.method = "POST";
    request.url = options_.url + "/v2/email/outbound-emails";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = ses_body(message);
    request.aws = options_.credentials;
    return ask_provider("ses", client_, request, read_ses);
  }
  void idle() override { client_.idle(); }

 private:
  SesOptions options_;
  net::Client client_;
};

}  // namespace

SesOptions ses_options(const Settings& settings) {
  require_key("ses", "SES_ACCESS_KEY_ID", settings.ses_access_key_id);
  require_key("ses", "SES_SECRET_ACCESS_KEY", settings.ses_secret_access_key.reveal());
  const auto& region = settings.ses_region;
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (region.empty() || !std::all_of(region.begin(), region.end(), is_plain))
    throw ConfigError("SES_REGION must look like eu-central-1, not \"" + region + "\"");
  SesOptions options;
  options.url = settings.ses_url.empty() ? "https://email." + region + ".amazonaws.com" : settings.ses_url;
  while (options.url.ends_with('/')) options.url.pop_back();
  options.credentials = {region, "ses", settings.ses_access_key_id, settings.ses_secret_access_key};
  options.policy = provider_policy(settings, options.url, "SES_URL");
  return options;
}

std::unique_ptr<Provider> make_ses(SesOptions options) { return std::make_unique<Ses>(std::move(options)); }

}  // namespace tenantd::mail
