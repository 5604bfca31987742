#include "tenantd/mail/transport.hpp"

#include <stdexcept>

#include "tenantd/mail/mime.hpp"
#include "tenantd/mail/providers.hpp"
#include "tenantd/mail/transports.hpp"

namespace tenantd::mail {
namespace {

std::unique_ptr<Transport> with_fallback(const Settings& settings, std::unique_ptr<Provider> provider) {
  const bool wanted = settings.mail_fallback && !settings.smtp_url.empty();
  return make_provider_transport(std::move(provider),
                                 wanted ? make_smtp_transport(smtp_options(settings)) : nullptr);
}

}  // namespace

std::unique_ptr<Transport> make_transport(const Settings& settings) {
  try {
    parse_mailbox(settings.mail_from);
  } catch (const std::invalid_argument& problem) {
    throw ConfigError("MAIL_FROM must be an address or \"Name <address>\": " + std::string{problem.what()});
  }
  if (settings.mail_transport == "smtp") return make_smtp_transport(smtp_options(settings));
  if (settings.mail_transport == "ses") return with_fallback(settings, make_ses(ses_options(settings)));
  if (settings.mail_transport == "resend")
    return with_fallback(settings, make_resend(resend_options(settings)));
  if (settings.mail_transport != "file")
    throw ConfigError("MAIL_TRANSPORT must be smtp, ses, resend or file, not \"" + settings.mail_transport +
                      "\"");
  if (settings.mail_dir.empty()) throw ConfigError("MAIL_DIR must name a folder when MAIL_TRANSPORT is file");
  return make_file_transport(settings.mail_dir);
}

}  // namespace tenantd::mail
