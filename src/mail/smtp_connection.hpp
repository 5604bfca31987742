// A connection to a mail server: made, secured and signed in by libcurl, which then lends it for the commands
// of any number of mails. For this room only.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tenantd/mail/transports.hpp"

namespace tenantd::mail {

// What the server said to one command: all lines of it on one, shortened, without controls.
struct SmtpReply {
  int code = 0;
  std::string text;
};

// The connection could not be made, broke, or was silent for too long.
class SmtpBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SmtpConnection {
 public:
  // Throws SmtpBroken with the server's words, or libcurl's if it said nothing.
  explicit SmtpConnection(const SmtpOptions& options);
  // Takes leave, unless it broke.
  ~SmtpConnection();
  SmtpConnection(const SmtpConnection&) = delete;
  SmtpConnection& operator=(const SmtpConnection&) = delete;

  // True if the server named the extension in its last greeting.
  bool offers(std::string_view extension) const;
  // False once the server hung up or spoke unasked, which it does to say that it will.
  bool is_quiet();

  // From now on what is written and read has `seconds` altogether. Both throw SmtpBroken.
  void allow(std::int64_t seconds);
  void write(std::string_view bytes);
  SmtpReply read();

 private:
  struct Greeting {
    std::string reply;  // the latest while the connection is made, all its lines
    bool reply_ended = true;
    std::vector<std::string> extensions;
  };

  static int listen(CURL* handle, curl_infotype type, char* data, std::size_t size, void* user);
  void connect(const SmtpOptions& options);
  template <class Value>
  void set(CURLoption option, Value value);
  void wait_for(short what);
  bool fill();
  std::string line();
  [[noreturn]] void broke(const std::string& why);

  Greeting greeting_;
  std::unique_ptr<CURL, void (*)(CURL*)> handle_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  std::int64_t until_us_ = 0;  // monotonic
  std::string unread_;
  bool is_broken_ = false;
};

}  // namespace tenantd::mail
