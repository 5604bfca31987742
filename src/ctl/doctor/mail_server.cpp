// Whether the mail server takes what the courier sends.
#include "checks.hpp"
#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/transports.hpp"

namespace tenantd::ctl {
namespace {

constexpr Subject kMail{
    "mail", "No invitation, reset or alert reaches anybody.",
    "see SMTP_URL, SMTP_USER, SMTP_PASSWORD and MAIL_FROM in tenantd.env; tenantctl mail test "
    "ADDRESS"};
constexpr std::int64_t kPatience = 10;

// Whoever receives mail for a domain takes it for its postmaster (RFC 5321 section 4.5.1).
std::string judge_smtp(const Settings& settings) {
  auto options = mail::smtp_options(settings);
  options.timeout_seconds = std::min(options.timeout_seconds, kPatience);
  const auto from = mail::envelope_address(mail::parse_mailbox(settings.mail_from).address);
  const auto to = "postmaster" + from.substr(from.rfind('@'));
  const auto result = mail::probe_smtp(options, from, to);
  if (result.outcome != mail::Outcome::sent)
    throw Fault(settings.smtp_url + " does not take a mail from " + from + " to " + to + ": " +
                result.detail);
  return settings.smtp_url + " takes a mail from " + from + " to " + to;
}

std::string judge_mail(const Settings& settings) {
  if (settings.mail_transport == "smtp") return judge_smtp(settings);
  if (settings.mail_transport == "file")
    return "mails become files in " + settings.mail_dir + ", and go nowhere";
  throw Unchecked(settings.mail_transport + " is asked only by sending", "tenantctl mail test ADDRESS");
}

}  // namespace

void examine_mail(const Examination& of) {
  of.report.check(kMail, [&] { return judge_mail(of.settings); });
}

}  // namespace tenantd::ctl
