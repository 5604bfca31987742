// The two transports by their own options; make_transport (transport.hpp) chooses between them by the
// settings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tenantd/base/secret.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/mail/transport.hpp"

namespace tenantd::mail {

// Each mail becomes <time>-<message id>.eml in `dir`, which is made with mode 0700. send() writes it under a
// temporary name; settle() flushes what was written to the disk and gives the files their names. Sent twice
// it is still one file.
std::unique_ptr<Transport> make_file_transport(std::string dir);

struct SmtpOptions {
  std::string url;  // smtp://host:port (STARTTLS) or smtps://host:port
  std::string user;
  Secret password;
  std::string ca_file;  // empty = the system's
  bool require_tls = true;
  bool verify_peer = true;
  std::int64_t timeout_seconds = 30;  // bound on one send, connecting included
};

// Returns what the settings mean. A loopback host needs no TLS, and its certificate is checked only if
// SMTP_CA_FILE names an authority: nobody stands between, and a local Postfix has a self-signed one. Throws
// ConfigError for an URL that is not smtp:// or smtps://, that carries a password, or a CA file that cannot
// be read.
SmtpOptions smtp_options(const Settings& settings);

// Keeps its connection between mails, and sends the commands of one in a piece where the server offers
// PIPELINING (RFC 2920). 5xx to MAIL, RCPT or DATA is `refused`; everything else that fails is
// `retry`, failed authentication (530, 534, 535, 538) included, since that is the operator's to mend and no
// fault of the mail.
std::unique_ptr<Transport> make_smtp_transport(SmtpOptions options);

// Asks the server whether it would take a mail of this sender for this recipient: up to RCPT, without one.
// `sent`: it would.
Result probe_smtp(const SmtpOptions& options, const std::string& from, const std::string& to);

}  // namespace tenantd::mail
