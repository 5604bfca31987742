#include "smtp_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

#include "tenantd/base/text.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/mail/mime.hpp"

namespace tenantd::mail {
namespace {

constexpr std::size_t kSmtpReplyMax = 400;         // code points that are kept
constexpr std::size_t kSmtpReplyBytes = 64 << 10;  // of a server that does not end its reply
constexpr std::int64_t kSmtpFarewellSeconds = 1;

std::string shown(std::string_view reply) { return shortened(one_line(reply), kSmtpReplyMax); }

bool is_last(std::string_view line) { return line.size() < 4 || line[3] != '-'; }

int code_of(std::string_view reply) {
  const auto number = reply.size() >= 3 ? parse_int(reply.substr(0, 3)) : std::nullopt;
  return number ? static_cast<int>(*number) : 0;
}

}  // namespace

SmtpConnection::SmtpConnection(const SmtpOptions& options) : handle_(curl_easy_init(), curl_easy_cleanup) {
  if (!handle_) throw std::runtime_error("libcurl has no memory");
  connect(options);
}

SmtpConnection::~SmtpConnection() {
  if (is_broken_) return;
  try {
    allow(kSmtpFarewellSeconds);
    write("QUIT\r\n");
    read();
  } catch (const SmtpBroken&) {
    // It is left in any case.
  }
}

template <class Value>
void SmtpConnection::set(CURLoption option, Value value) {
  const CURLcode status = curl_easy_setopt(handle_.get(), option, value);
  if (status != CURLE_OK) throw std::runtime_error(std::string{"libcurl: "} + curl_easy_strerror(status));
}

// libcurl's own error text leaves the server's words out; here they pass by, as do the extensions.
// Credentials do too and are not kept.
int SmtpConnection::listen(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  auto& greeting = *static_cast<Greeting*>(user);
  const std::string_view line = trim({data, size});
  // What was offered before TLS counts no more.
  if (type == CURLINFO_HEADER_OUT && line.starts_with("EHLO")) greeting.extensions.clear();
  if (type != CURLINFO_HEADER_IN) return 0;
  if (greeting.reply_ended) greeting.reply.clear();
  greeting.reply_ended = is_last(line);
  if (greeting.reply.size() < kSmtpReplyMax)
    greeting.reply.append(greeting.reply.empty() ? "" : " ").append(line);
  if (line.starts_with("250") && line.size() > 4) {
    const auto offered = line.substr(4);
    greeting.extensions.push_back(ascii_lower(offered.substr(0, offered.find(' '))));
  }
  return 0;
}

void SmtpConnection::connect(const SmtpOptions& options) {
  std::array<char, CURL_ERROR_SIZE> text{};
  set(CURLOPT_URL, options.url.c_str());
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT, static_cast<long>(options.timeout_seconds));
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.timeout_seconds));
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(options.timeout_seconds));
  set(CURLOPT_USE_SSL, static_cast<long>(options.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, options.verify_peer ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, options.verify_peer ? 2L : 0L);
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user.empty()) {
    set(CURLOPT_USERNAME, options.user.c_str());
    set(CURLOPT_PASSWORD, options.password.reveal().c_str());
  }
  set(CURLOPT_VERBOSE, 1L);
  set(CURLOPT_DEBUGFUNCTION, listen);
  set(CURLOPT_DEBUGDATA, &greeting_);
  set(CURLOPT_ERRORBUFFER, text.data());
  const CURLcode status = curl_easy_perform(handle_.get());
  set(CURLOPT_ERRORBUFFER, nullptr);  // it goes out of scope here
  if (status != CURLE_OK)
    broke(code_of(greeting_.reply) >= 400 ? greeting_.reply
          : text[0] != '\0'               ? text.data()
                                          : curl_easy_strerror(status));
  if (curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket_) != CURLE_OK ||
      socket_ == CURL_SOCKET_BAD)
    broke("the connection is gone");
}

bool SmtpConnection::offers(std::string_view extension) const {
  const auto name = ascii_lower(extension);
  return std::find(greeting_.extensions.begin(), greeting_.extensions.end(), name) !=
         greeting_.extensions.end();
}

void SmtpConnection::broke(const std::string& why) {
  is_broken_ = true;
  throw SmtpBroken(shown(why));
}

void SmtpConnection::allow(std::int64_t seconds) {
  until_us_ = monotonic_microseconds() + seconds * 1'000'000;
}

void SmtpConnection::wait_for(short what) {
  const auto left_us = until_us_ - monotonic_microseconds();
  if (left_us <= 0) broke("the mail server is silent");
  pollfd watched{socket_, what, 0};
  ::poll(&watched, 1, static_cast<int>(left_us / 1000 + 1));
}

void SmtpConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode status = curl_easy_send(handle_.get(), bytes.data(), bytes.size(), &sent);
    if (status != CURLE_OK && status != CURLE_AGAIN) broke(curl_easy_strerror(status));
    bytes.remove_prefix(sent);
    if (sent == 0) wait_for(POLLOUT);
  }
}

// Takes what has come. False if nothing has.
bool SmtpConnection::fill() {
  std::array<char, 4096> bytes;
  std::size_t got = 0;
  const CURLcode status = curl_easy_recv(handle_.get(), bytes.data(), bytes.size(), &got);
  if (status == CURLE_AGAIN) return false;
  if (status != CURLE_OK) broke(curl_easy_strerror(status));
  if (got == 0) broke("the mail server hung up");
  unread_.append(bytes.data(), got);
  return true;
}

bool SmtpConnection::is_quiet() {
  try {
    return !is_broken_ && unread_.empty() && !fill();
  } catch (const SmtpBroken&) {
    return false;
  }
}

std::string SmtpConnection::line() {
  std::size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    if (unread_.size() > kSmtpReplyBytes) broke("the mail server's reply has no end");
    if (!fill()) wait_for(POLLIN);
  }
  std::string found{trim(std::string_view{unread_}.substr(0, end))};
  unread_.erase(0, end + 1);
  return found;
}

SmtpReply SmtpConnection::read() {
  std::string text;
  for (std::size_t bytes = 0;;) {
    const auto next = line();
    bytes += next.size() + 1;
    if (bytes > kSmtpReplyBytes) broke("the mail server's reply has no end");
    if (text.size() < kSmtpReplyMax) text.append(text.empty() ? "" : " ").append(next);
    if (is_last(next)) return {code_of(text), shown(text)};
  }
}

}  // namespace tenantd::mail
