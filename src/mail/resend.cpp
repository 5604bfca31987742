#include "provider.hpp"
#include "tenantd/base/json.hpp"

namespace tenantd::mail {
namespace {

// https://resend.com/docs/api-reference/emails/send-email
std::string resend_body(const Message& message) {
  json::Object headers;
  headers.set("Message-ID", '<' + message.message_id + '>')
      .set("Auto-Submitted", "auto-generated")
      .set("X-Auto-Response-Suppress", "All");
  json::Object body;
  body.set("from", message.from)
      .set("to", std::vector{message.recipient})
      .set("subject", message.subject)
      .set("html", message.html)
      .set("text", message.text)
      .set("headers", headers);
  return body.text();
}

Reading read_resend(const net::OutboundReply& reply) {
  if (reply.status < 300) return {member_text(reply.body, "id"), "", false};
  const auto name = member_text(reply.body, "name");
  const auto words = member_text(reply.body, "message");
  return {"", name + (words.empty() ? "" : ' ' + words), name == "invalid_from_address"};
}

class Resend final : public Provider {
 public:
  explicit Resend(ResendOptions options) : options_(std::move(options)), client_(options_.policy) {}

  Answer ask(const Message& message) override {
    net::OutboundRequest request;
    request.method = "POST";
    request.url = options_.url + "/emails";
    request.headers = {{"Authorization", "Bearer " + options_.api_key.reveal()},
                       {"Content-Type", "application/json"},
                       {"Idempotency-Key", message.message_id}};
    request.body = resend_body(message);
    return ask_provider("resend", client_, request, read_resend);
  }
  void idle() override { client_.idle(); }

 private:
  ResendOptions options_;
  net::Client client_;
};

}  // namespace

ResendOptions resend_options(const Settings& settings) {
  require_key("resend", "RESEND_API_KEY", settings.resend_api_key.reveal());
  ResendOptions options;
  options.url = settings.resend_url;
  while (options.url.ends_with('/')) options.url.pop_back();
  options.api_key = settings.resend_api_key;
  options.policy = provider_policy(settings, options.url, "RESEND_URL");
  return options;
}

std::unique_ptr<Provider> make_resend(ResendOptions options) {
  return std::make_unique<Resend>(std::move(options));
}

}  // namespace tenantd::mail
