// The grammar of a message: addresses, header text, bodies (RFC 5322, 2045, 2047, 5321). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "tenantd/base/time.hpp"

namespace tenantd {
struct Settings;
}

namespace tenantd::mail {

// Returns `text` as one clean line: control characters, line separators and bidirectional overrides become
// blanks, bytes that are not UTF-8 become U+FFFD.
std::string one_line(std::string_view text);

// Returns `text`, cut after `limit` code points with an ellipsis when it is longer. `text` is well-formed
// UTF-8.
std::string shortened(std::string_view text, std::size_t limit);

// Returns the address as an SMTP envelope takes it: all ASCII, the domain in A-labels (IDNA2008, UTS 46).
// Throws std::invalid_argument, with a reason that does not repeat the address.
std::string envelope_address(std::string_view address);

// Returns a host or domain name in A-labels, lower case, or an empty text if it is no name.
std::string ascii_domain(std::string_view domain);

// "Name <address>" or a bare address. Throws std::invalid_argument like envelope_address.
struct Mailbox {
  std::string name;
  std::string address;
};
Mailbox parse_mailbox(std::string_view text);
// What mails call the service that sends as `from`: the name, or the address's domain.
std::string service_name(const Mailbox& from);
// The same of MAIL_FROM. It is the courier's to judge: what it would refuse to send as names nothing, and
// then it is "tenantd".
std::string service_name(const Settings& settings);

// Returns the value of a From header: a phrase, quoted or encoded as it needs, and the address.
std::string format_mailbox(const Mailbox& mailbox);

// The same in UTF-8 as it is, on one line: for who encodes it themselves.
std::string plain_mailbox(const Mailbox& mailbox);

// Who a mail is from that `service` sends for an organization: "Acme via Service". The name cannot pose as an
// address or as another mailbox: what could be read as one is blanked, and it is cut so that the service is
// always seen. The service's own mailbox if nothing is left of it.
Mailbox on_behalf_of(const Mailbox& service, std::string_view name);

// Returns `text` as an unstructured header's value: itself if it is short printable ASCII, else RFC 2047
// encoded words of at most 75 characters, cut between code points and folded. `used` = columns before it on
// the first line.
std::string header_text(std::string_view text, std::size_t used);

// RFC 5322 date in UTC: "Sat, 21 Nov 2026 03:31:40 +0000".
std::string format_date(TimePoint time);

// One MIME part: text of `type` ("text/plain") in UTF-8, CRLF lines, base64 at 76 columns.
std::string text_part(std::string_view type, std::string_view text);

}  // namespace tenantd::mail
