#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "smtp_connection.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/mail/transports.hpp"
#include "url.hpp"

namespace tenantd::mail {
namespace {

// Requires authentication, mechanism too weak, credentials invalid, encryption required for the mechanism
// (RFC 4954).
bool is_authentication_code(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

// Bad destination mailbox, mailbox moved, null MX (RFC 3463, 7505): there is nobody, and nobody will come. A
// bare 550 may as well mean that the server does not like us.
bool says_no_such_recipient(const SmtpReply& reply) {
  if (reply.code < 500 || reply.text.size() < 5) return false;
  const auto rest = std::string_view{reply.text}.substr(4);
  for (const std::string_view code : {"5.1.1", "5.1.6", "5.1.10"})
    if (rest == code || rest.starts_with(std::string{code} + ' ')) return true;
  return false;
}

// A try that took longer leaves no time for a second one: the lease of the mail counts on that.
constexpr std::int64_t kSmtpSoonUs = 1'000'000;

// What a refusal means for the mail.
Result judge(const SmtpReply& reply) {
  if (is_authentication_code(reply.code) || reply.code == 421) return {Outcome::retry, reply.text, true};
  return {reply.code >= 500 && reply.code <= 599 ? Outcome::refused : Outcome::retry, reply.text};
}

bool is_done(const SmtpReply& reply) { return reply.code / 100 == 2; }

// The message as it goes over the wire: a line that begins with a full stop gets another, and one alone ends
// it (RFC 5321 section 4.5.2).
std::string on_the_wire(std::string_view data) {
  std::string out;
  out.reserve(data.size() + 8);
  while (!data.empty()) {
    if (data.front() == '.') out += '.';
    const auto end = data.find('\n');
    const auto line = data.substr(0, end == std::string_view::npos ? data.size() : end + 1);
    out += line;
    data.remove_prefix(line.size());
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out + ".\r\n";
}

// One mail on a connection that may have had others before. Functions throw SmtpBroken.
class SmtpDelivery {
 public:
  SmtpDelivery(SmtpConnection& connection, const Message& message)
      : connection_(connection), message_(message) {}

  // `after_refusal`: the server may still hold the envelope of the mail before.
  Result run(bool after_refusal) {
    const auto replies = send_envelope(after_refusal);
    const bool invited = replies.size() == kCommands && replies.back().code == 354;
    const auto refusal = std::find_if_not(replies.begin(), replies.end() - 1, is_done);
    if (invited && refusal == replies.end() - 1) return give();
    // A server that asks for the message although it takes it for nobody gets an empty one, for nobody.
    if (invited) ask(".\r\n");
    Result result = judge(*refusal);
    result.no_such_recipient = refusal - replies.begin() == kRecipient && says_no_such_recipient(*refusal);
    return result;
  }

  // True once the server may have the mail.
  bool is_given() const { return is_given_; }

 private:
  static constexpr std::size_t kCommands = 3;
  static constexpr std::ptrdiff_t kRecipient = 1;  // of them

  SmtpReply ask(std::string_view bytes) {
    connection_.write(bytes);
    return connection_.read();
  }

  // Returns the replies to the commands of the envelope: up to the first refusal, or all of them where the
  // server takes them in one piece.
  std::vector<SmtpReply> send_envelope(bool after_refusal) {
    std::vector<std::string> commands{"MAIL FROM:<" + message_.sender + '>' + size_parameter() + "\r\n",
                                      "RCPT TO:<" + message_.recipient + ">\r\n", "DATA\r\n"};
    if (after_refusal) commands.insert(commands.begin(), "RSET\r\n");
    auto replies = connection_.offers("PIPELINING") ? ask_together(commands) : ask_in_turn(commands);
    if (!after_refusal) return replies;
    if (!is_done(replies.front())) throw SmtpBroken("no new mail is begun: " + replies.front().text);
    replies.erase(replies.begin());
    return replies;
  }

  std::vector<SmtpReply> ask_in_turn(const std::vector<std::string>& commands) {
    std::vector<SmtpReply> replies;
    for (const auto& command : commands) {
      replies.push_back(ask(command));
      if (!is_done(replies.back())) break;
    }
    return replies;
  }

  // One round trip (RFC 2920). After a 421 nothing more comes.
  std::vector<SmtpReply> ask_together(const std::vector<std::string>& commands) {
    std::string group;
    for (const auto& command : commands) group += command;
    connection_.write(group);
    std::vector<SmtpReply> replies;
    while (replies.size() < commands.size() && (replies.empty() || replies.back().code != 421))
      replies.push_back(connection_.read());
    return replies;
  }

  Result give() {
    is_given_ = true;
    const auto reply = ask(on_the_wire(message_.data));
    return is_done(reply) ? Result{Outcome::sent, reply.text} : judge(reply);
  }

  std::string size_parameter() const {
    return connection_.offers("SIZE") ? " SIZE=" + std::to_string(message_.data.size()) : std::string{};
  }

  SmtpConnection& connection_;
  const Message& message_;
  bool is_given_ = false;
};

class SmtpTransport final : public Transport {
 public:
  explicit SmtpTransport(SmtpOptions options) : options_(std::move(options)) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error("libcurl cannot start");
  }

  Result send(const Message& message) override {
    if (connection_ && !connection_->is_quiet()) idle();
    auto result = connection_ ? send_by_kept(message) : std::nullopt;
    if (!result) result = connect_and_send(message);
    result->provider = "smtp";
    result->provider_id = message.message_id;
    return *result;
  }

  void idle() override { connection_.reset(); }

 private:
  // nullopt if the connection soon ended without the mail: the server may end a kept one at any time, which
  // says nothing about a new one.
  std::optional<Result> send_by_kept(const Message& message) {
    const auto until_us = monotonic_microseconds() + kSmtpSoonUs;
    const auto is_late = [&] { return monotonic_microseconds() > until_us; };
    SmtpDelivery delivery{*connection_, message};
    try {
      connection_->allow(options_.timeout_seconds);
      auto result = settled(delivery.run(after_refusal_));
      if (!result.connection_failed || is_late()) return result;
    } catch (const SmtpBroken& problem) {
      idle();
      if (delivery.is_given() || is_late()) return Result{Outcome::retry, problem.what()};
    }
    return std::nullopt;
  }

  Result connect_and_send(const Message& message) {
    try {
      connection_ = std::make_unique<SmtpConnection>(options_);
    } catch (const SmtpBroken& problem) {
      return {Outcome::retry, problem.what(), true};
    }
    try {
      connection_->allow(options_.timeout_seconds);
      return settled(SmtpDelivery{*connection_, message}.run(false));
    } catch (const SmtpBroken& problem) {
      idle();
      return {Outcome::retry, problem.what()};
    }
  }

  Result settled(Result result) {
    after_refusal_ = result.outcome != Outcome::sent;
    if (result.connection_failed) idle();
    return result;
  }

  SmtpOptions options_;
  std::unique_ptr<SmtpConnection> connection_;
  bool after_refusal_ = false;  // of the connection's last mail
};

}  // namespace

SmtpOptions smtp_options(const Settings& settings) {
  const auto url = url_parts(settings.smtp_url);
  if (!url || (url->scheme != "smtp" && url->scheme != "smtps"))
    throw ConfigError("SMTP_URL must look like smtp://host:587 or smtps://host:465");
  if (url->has_credentials)
    throw ConfigError("SMTP_URL must not carry a user or password: use SMTP_USER and SMTP_PASSWORD");
  if (!settings.smtp_user.empty() && settings.smtp_password.empty())
    throw ConfigError("SMTP_USER is set, so SMTP_PASSWORD must be set too");
  if (!settings.smtp_ca_file.empty() && ::access(settings.smtp_ca_file.c_str(), R_OK) != 0)
    throw ConfigError("SMTP_CA_FILE names a file that cannot be read: " + settings.smtp_ca_file);

  const bool local = is_loopback(url->host);
  SmtpOptions options;
  options.url = settings.smtp_url;
  options.user = settings.smtp_user;
  options.password = settings.smtp_password;
  options.ca_file = settings.smtp_ca_file;
  options.require_tls = settings.smtp_starttls && !local;
  options.verify_peer = !local || !settings.smtp_ca_file.empty();
  options.timeout_seconds = settings.smtp_timeout_seconds;
  return options;
}

std::unique_ptr<Transport> make_smtp_transport(SmtpOptions options) {
  return std::make_unique<SmtpTransport>(std::move(options));
}

}  // namespace tenantd::mail
