#include <string>

#include "smtp_connection.hpp"
#include "tenantd/mail/transports.hpp"

namespace tenantd::mail {
namespace {

Outcome outcome_of(const SmtpReply& reply) {
  if (reply.code / 100 == 2) return Outcome::sent;
  return reply.code >= 500 ? Outcome::refused : Outcome::retry;
}

}  // namespace

Result probe_smtp(const SmtpOptions& options, const std::string& from, const std::string& to) {
  try {
    SmtpConnection connection{options};
    connection.allow(options.timeout_seconds);
    for (const auto& command : {"MAIL FROM:<" + from + ">\r\n", "RCPT TO:<" + to + ">\r\n"}) {
      connection.write(command);
      const auto reply = connection.read();
      if (const auto outcome = outcome_of(reply); outcome != Outcome::sent) return {outcome, reply.text};
    }
    connection.write("RSET\r\n");
    connection.read();
    return {Outcome::sent, ""};
  } catch (const SmtpBroken& problem) {
    return {Outcome::retry, problem.what(), true};
  }
}

}  // namespace tenantd::mail
