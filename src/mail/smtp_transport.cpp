#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "tenantd/base/text.hpp"
#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/transports.hpp"
#include "url.hpp"

namespace tenantd::mail {
namespace {

constexpr std::size_t kReplyMax = 400;

// What was said on the wire during one send.
struct Dialogue {
  std::string_view unsent;       // of the message
  bool about_mail = false;       // MAIL FROM went out: replies from here on judge this mail
  bool about_recipient = false;  // RCPT TO was the last word
  bool over = false;             // QUIT went out: what comes now is a farewell
  bool reply_ended = true;
  std::string reply;  // the latest, all its lines

  int code() const {
    const auto number = reply.size() >= 3 ? parse_int(std::string_view{reply}.substr(0, 3)) : std::nullopt;
    return number ? static_cast<int>(*number) : 0;
  }
};

std::size_t read_message(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& unsent = static_cast<Dialogue*>(user)->unsent;
  const std::size_t taken = std::min(size * count, unsent.size());
  std::memcpy(buffer, unsent.data(), taken);
  unsent.remove_prefix(taken);
  return taken;
}

std::size_t drop(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// libcurl's own error text leaves the server's words out; here they pass by. Credentials do too and are not
// kept.
int listen(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  auto& dialogue = *static_cast<Dialogue*>(user);
  const std::string_view line{data, size};
  if (type == CURLINFO_HEADER_OUT && line.starts_with("MAIL FROM:")) dialogue.about_mail = true;
  if (type == CURLINFO_HEADER_OUT && !line.starts_with("QUIT"))
    dialogue.about_recipient = line.starts_with("RCPT TO:");
  if (type == CURLINFO_HEADER_OUT && line.starts_with("QUIT")) dialogue.over = true;
  if (type != CURLINFO_HEADER_IN || dialogue.over) return 0;
  if (dialogue.reply_ended) dialogue.reply.clear();
  dialogue.reply_ended = line.size() < 4 || line[3] != '-';
  if (dialogue.reply.size() < kReplyMax)
    dialogue.reply.append(dialogue.reply.empty() ? "" : " ").append(trim(line));
  return 0;
}

// Requires authentication, mechanism too weak, credentials invalid, encryption required for the mechanism
// (RFC 4954).
bool is_authentication_code(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

// Bad destination mailbox, mailbox moved, null MX (RFC 3463, 7505): there is nobody, and nobody will come. A
// bare 550 may as well mean that the server does not like us.
bool says_no_such_recipient(const Dialogue& dialogue) {
  if (!dialogue.about_recipient || dialogue.code() < 500 || dialogue.reply.size() < 5) return false;
  const auto rest = std::string_view{dialogue.reply}.substr(4);
  for (const std::string_view code : {"5.1.1", "5.1.6", "5.1.10"})
    if (rest == code || rest.starts_with(std::string{code} + ' ')) return true;
  return false;
}

Result judge(CURLcode status, const Dialogue& dialogue, const char* library_text) {
  const int code = dialogue.code();
  const std::string reply = shortened(one_line(dialogue.reply), kReplyMax);
  if (status == CURLE_OK) return {Outcome::sent, reply};
  const std::string why = *library_text != '\0' ? library_text : curl_easy_strerror(status);
  const std::string detail = code >= 400 ? reply : shortened(one_line(why), kReplyMax);
  if (!dialogue.about_mail || is_authentication_code(code) || code == 421)
    return {Outcome::retry, detail, true};
  if (code >= 500 && code <= 599) {
    Result refused{Outcome::refused, detail};
    refused.no_such_recipient = says_no_such_recipient(dialogue);
    return refused;
  }
  return {Outcome::retry, detail};
}

class SmtpTransport final : public Transport {
 public:
  explicit SmtpTransport(SmtpOptions options) : options_(std::move(options)) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error("libcurl cannot start");
  }
  ~SmtpTransport() override { idle(); }
  SmtpTransport(const SmtpTransport&) = delete;
  SmtpTransport& operator=(const SmtpTransport&) = delete;

  Result send(const Message& message) override {
    bool reused = false;
    Result result = send_once(message, reused);
    // A kept connection may have been closed by the server meanwhile; that says nothing about a new one.
    if (reused && result.outcome == Outcome::retry && result.connection_failed) {
      idle();
      result = send_once(message, reused);
    }
    result.provider = "smtp";
    result.provider_id = message.message_id;
    return result;
  }

  void idle() override {
    if (handle_ == nullptr) return;
    curl_easy_cleanup(handle_);
    handle_ = nullptr;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    const CURLcode status = curl_easy_setopt(handle_, option, value);
    if (status != CURLE_OK) throw std::runtime_error(std::string{"libcurl: "} + curl_easy_strerror(status));
  }

  // The handle keeps its connection; the options are set anew for each mail.
  void prepare(const Message& message, Dialogue& dialogue) {
    if (handle_ == nullptr) handle_ = curl_easy_init();
    if (handle_ == nullptr) throw std::runtime_error("libcurl has no memory");
    curl_easy_reset(handle_);
    set(CURLOPT_URL, options_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT, static_cast<long>(options_.timeout_seconds));
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.timeout_seconds));
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(options_.timeout_seconds));
    set(CURLOPT_USE_SSL, static_cast<long>(options_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, options_.verify_peer ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, options_.verify_peer ? 2L : 0L);
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (!options_.user.empty()) {
      set(CURLOPT_USERNAME, options_.user.c_str());
      set(CURLOPT_PASSWORD, options_.password.reveal().c_str());
    }
    set(CURLOPT_MAIL_FROM, message.sender.c_str());
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.data.size()));
    set(CURLOPT_READFUNCTION, read_message);
    set(CURLOPT_READDATA, &dialogue);
    set(CURLOPT_WRITEFUNCTION, drop);
    set(CURLOPT_VERBOSE, 1L);
    set(CURLOPT_DEBUGFUNCTION, listen);
    set(CURLOPT_DEBUGDATA, &dialogue);
  }

  Result send_once(const Message& message, bool& reused) {
    Dialogue dialogue;
    dialogue.unsent = message.data;
    prepare(message, dialogue);
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> recipients{
        curl_slist_append(nullptr, message.recipient.c_str()), curl_slist_free_all};
    if (!recipients) throw std::runtime_error("libcurl has no memory");
    set(CURLOPT_MAIL_RCPT, recipients.get());
    std::array<char, CURL_ERROR_SIZE> text{};
    set(CURLOPT_ERRORBUFFER, text.data());
    const CURLcode status = curl_easy_perform(handle_);
    const Result result = judge(status, dialogue, text.data());
    long opened = 0;
    curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &opened);
    reused = opened == 0 && status != CURLE_OPERATION_TIMEDOUT;
    curl_easy_reset(handle_);  // what it points to goes out of scope here
    return result;
  }

  SmtpOptions options_;
  CURL* handle_ = nullptr;
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
