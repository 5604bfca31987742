// Mail providers that are spoken to over HTTPS, with or without an SMTP server to fall back to.
//
// A provider's answer is about the mail (refused, as an SMTP 5xx is) or about the provider: unreachable, out
// of order, out of quota, our credentials not taken. Then the mail goes by SMTP in the same attempt, if there
// is a fallback. A request that the provider may have received before it fell silent can so become two mails:
// they have one Message-ID, by which a receiver drops the second, unless the provider puts its own in its
// place (SES does).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tenantd/base/secret.hpp"
#include "tenantd/base/time.hpp"
#include "tenantd/config/settings.hpp"
#include "tenantd/mail/transport.hpp"
#include "tenantd/net/outbound.hpp"

namespace tenantd::mail {

// What a provider said, and what it means for this mail and for the next ones.
struct Answer {
  Result result;
  bool another_may_take_it = false;  // another server, now: it is no fault of the mail
  bool down = false;                 // nor would it take others
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual Answer ask(const Message& message) = 0;
  virtual void idle() = 0;
};

// Amazon SES, API version 2, with the whole message as it would go by SMTP.
struct SesOptions {
  std::string url;  // https://email.REGION.amazonaws.com
  net::AwsCredentials credentials;
  net::OutboundPolicy policy;
};
std::unique_ptr<Provider> make_ses(SesOptions options);

// Resend. The Message-ID is also the Idempotency-Key: sent again within a day, it is no second mail.
struct ResendOptions {
  std::string url;  // https://api.resend.com
  Secret api_key;
  net::OutboundPolicy policy;
};
std::unique_ptr<Provider> make_resend(ResendOptions options);

// What the settings mean. Throw ConfigError for a key that is missing, or a URL that is neither https: nor
// http: to this host. The URL is the operator's own word: it may lead anywhere, OUTBOUND_ALLOW or not.
SesOptions ses_options(const Settings& settings);
ResendOptions resend_options(const Settings& settings);

// For how long a provider that is down is not asked, where there is a fallback. (Without one, the courier
// itself knocks seldom.)
inline constexpr Seconds kProviderRest{60};

// `fallback` may be nullptr. `clock`: monotonic microseconds.
std::unique_ptr<Transport> make_provider_transport(
    std::unique_ptr<Provider> provider, std::unique_ptr<Transport> fallback,
    std::function<std::int64_t()> clock = monotonic_microseconds);

}  // namespace tenantd::mail
