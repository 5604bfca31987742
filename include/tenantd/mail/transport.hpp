// Rendering and sending one message. A transport is used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/mail/mail.hpp"

namespace tenantd::mail {

// A complete RFC 5322 message (CRLF lines) and its envelope.
struct Message {
  std::string sender;      // envelope, bare address
  std::string recipient;   // envelope, bare address
  std::string message_id;  // no angle brackets; stable for one outbox row, so that receivers drop duplicates
  std::string data;
  TimePoint date{};  // of the Date header; names the file transport's files
  // The same once more, for providers that build the message themselves. UTF-8.
  std::string from = {};  // name and address
  std::string subject = {};
  std::string text = {};
  std::string html = {};
};

// Renders `mail` from its three templates: multipart/alternative, text and HTML, base64 UTF-8, RFC 2047
// headers. HTML values are escaped; CR, LF and other controls in any value become a blank before they reach a
// header. The same arguments give the same bytes, so a second attempt is the same message. Throws
// std::runtime_error if the template or its link is missing, and std::invalid_argument for an address that
// cannot be put into an envelope: CR, LF, NUL, blanks, angle brackets, a part before the @ that is not ASCII,
// a domain that is none. `sender_name`: of the organization on whose behalf it goes, as its people typed it,
// or empty. `app_url`: where people sign in; without it no mail has a button that only leads there.
Message render(const Mail& mail, const std::string& id, const std::string& from,
               const std::string& public_url, TimePoint date, const std::string& sender_name = {},
               const std::string& app_url = {});

enum class Outcome { sent, retry, refused };  // refused = permanent (5xx)

struct Result {
  Outcome outcome;
  std::string detail;  // the server's reply or the library's word, for the outbox row and the log
  // The server was not reached, not trusted, or did not let us in: no fault of this mail.
  bool connection_failed = false;
  std::string provider = {};  // who took it: smtp, file, ses, resend
  std::string provider_id =
      {};  // what they call it, in printable ASCII; of a server that has no name for it, the Message-ID
  std::string detour = {};         // why the provider did not take it, where the fallback was asked
  bool no_such_recipient = false;  // refused, because the address leads nowhere: nor will the next mail
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result send(const Message& message) = 0;
  // Makes last what send() called `sent` since the last call, all of it together; until then a power cut may
  // take it back. Returns nullopt, or what became of all of it instead.
  virtual std::optional<Result> settle() { return std::nullopt; }
  // Says that nothing is waiting: a connection kept for the next mail is closed.
  virtual void idle() {}
};

// The transport that MAIL_TRANSPORT names, with its fallback. Throws ConfigError.
std::unique_ptr<Transport> make_transport(const Settings& settings);

}  // namespace tenantd::mail
